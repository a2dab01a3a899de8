import { readFile } from 'node:fs/promises';
import { interfaces, type Contracts } from '../../workers/chain/contracts.ts';
import type { LoadedModel, ModelRunner } from '../../workers/inference/model-runner.ts';
import { type ContentId, sha256Of } from '../../workers/protocol/content-id.ts';
import { type ModelId, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { modelIdOf, type ModelSpec, OutputKind } from '../../workers/protocol/model.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import type { ArtifactStore } from '../../workers/store/artifact-store.ts';
import type { Account } from './accounts.ts';
import type { DeployedContracts } from './deploy-contracts.ts';
import type { Sender } from './sender.ts';

export interface PublishedModel {
  readonly modelId: ModelId;
  readonly spec: ModelSpec;
  readonly loaded: LoadedModel;
  /** Of the model's file. */
  readonly contentId: ContentId;
  /** What the registry says: false while no plan is registered, so that nobody can put an answer on trial. */
  readonly triable: boolean;
}

/** A `Stack` is one. */
export interface PublishModelDeps {
  readonly contracts: Contracts;
  readonly deployed: DeployedContracts;
  readonly sender: Sender;
  readonly store: ArtifactStore;
  readonly runner: ModelRunner;
}

/** Vets and loads a model, puts its file into the publisher's store, and registers it. */
export async function publishModel(
  { file, publisher, feeBps }: { readonly file: string; readonly publisher: Account; readonly feeBps: number },
  { contracts, sender, store, runner, deployed }: PublishModelDeps,
): Promise<PublishedModel> {
  const bytes = await readFile(file);
  const onnxSha256 = sha256Of(bytes);
  const loaded = await runner.load({ path: file, key: onnxSha256.slice(2) });
  const { contentId } = await store.put(bytes);
  const spec = specOf(loaded, { onnxSha256, publisher: publisher.address, publisherFeeBps: feeBps });
  const modelId = modelIdOf(spec);
  const data = interfaces.ModelRegistry.encodeFunctionData('register', [spec]);
  await sender.mined(
    await sender.send([{ from: publisher, to: deployed.addresses.ModelRegistry, data, what: 'register model' }]),
  );
  return { modelId, spec, loaded, contentId, triable: await contracts.ModelRegistry.isTriable(modelId) };
}

function specOf(
  { layout }: LoadedModel,
  known: Pick<ModelSpec, 'onnxSha256' | 'publisher' | 'publisherFeeBps'>,
): ModelSpec {
  return {
    semanticsVersion: 1,
    planRoot: ZERO_HEX32,
    planLength: 0,
    weightsRoot: ZERO_HEX32,
    traceLength: 0,
    inputs: layout.inputs.map(({ length }) => ({ length, lo: bitsOfFloat(-Infinity), hi: bitsOfFloat(Infinity) })),
    outputs: (layout.outputs ?? []).map(({ start, length, type }) => ({
      start,
      length,
      absTol: bitsOfFloat(1e-4),
      relTol: bitsOfFloat(1e-3),
      kind: type === 'float32' ? OutputKind.Continuous : OutputKind.Index,
    })),
    ...known,
  };
}
