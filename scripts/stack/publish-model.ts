import type { Contracts } from '../../workers/chain/contracts.ts';
import type { LoadedModel } from '../../workers/inference/model-runner.ts';
import type { ContentId } from '../../workers/protocol/content-id.ts';
import type { ModelId } from '../../workers/protocol/ids.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import type { ArtifactStore } from '../../workers/store/artifact-store.ts';
import { examineModel } from '../model/examine-model.ts';
import { planOf } from '../model/model-plan.ts';
import { buildModelSpec, DECLARED_BY_DEFAULT } from '../model/model-spec.ts';
import { registerModel } from '../model/register-model.ts';
import type { Account } from './accounts.ts';
import type { DeployedContracts } from './deploy-contracts.ts';
import type { LocalChain } from './local-chain.ts';

export interface PublishedModel {
  readonly modelId: ModelId;
  readonly spec: ModelSpec;
  readonly loaded: LoadedModel;
  /** Of the model's file. */
  readonly contentId: ContentId;
  /** What the registry says: false while no plan is registered, so that nobody can put an answer on trial. */
  readonly triable: boolean;
}

export interface PublishModelOptions {
  readonly file: string;
  readonly publisher: Account;
  readonly feeBps: number;
  /** Bounds of every input element; unbounded by default. */
  readonly domain?: { readonly lo: number; readonly hi: number };
  /** False registers it without a plan, so that nobody can put an answer on trial. Default true: with one, if it compiles. */
  readonly plan?: boolean;
}

/** A `Stack` is one. */
export interface PublishModelDeps {
  readonly chain: LocalChain;
  readonly contracts: Contracts;
  readonly deployed: DeployedContracts;
  readonly store: ArtifactStore;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** What `./dev model register` does: examines a model, puts its file into the publisher's store, and registers it. */
export async function publishModel(
  { file, publisher, feeBps, domain, plan = true }: PublishModelOptions,
  { chain, contracts, deployed, store, clock, signal = new AbortController().signal }: PublishModelDeps,
): Promise<PublishedModel> {
  const examined = await examineModel({ file }, { clock, logger: silentLogger });
  const declared = { ...DECLARED_BY_DEFAULT, ...domain, publisher: publisher.address, publisherFeeBps: feeBps };
  const spec = buildModelSpec(examined, declared, plan ? planOf(examined.bytes).compiled : undefined);
  const { contentId } = await store.put(examined.bytes);
  const session = { rpc: chain, chainId: chain.chainId, deployment: deployed, contracts };
  const signer = {
    address: publisher.address,
    signTransaction: (transaction: object) => publisher.signer.signTransaction(transaction),
  };
  const { modelId } = await registerModel(spec, { session, signer, clock, signal });
  const triable = await contracts.ModelRegistry.isTriable(modelId);
  return { modelId, spec, loaded: examined.loaded, contentId, triable };
}
