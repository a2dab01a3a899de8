import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { createEventDecoder } from '../../workers/chain/events.ts';
import { createLogFetcher } from '../../workers/chain/log-fetcher.ts';
import { createModelSpecs } from '../../workers/chain/model-specs.ts';
import { type ModelId, parseModelId } from '../../workers/protocol/ids.ts';
import { type ModelSpec, ModelStatus } from '../../workers/protocol/model.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { ChainSession } from '../chain/chain-session.ts';

/** A model as the chain has it. */
export interface RegisteredModel {
  readonly modelId: ModelId;
  readonly spec: ModelSpec;
  readonly status: 'active' | 'retired';
  readonly triable: boolean;
}

type SessionPart = Pick<ChainSession, 'rpc' | 'deployment' | 'contracts'>;

/** Every model that was ever registered, oldest first. @throws RemitError `RPC_…` */
export async function listModels(
  { rpc, deployment, contracts }: SessionPart,
  signal: AbortSignal,
): Promise<RegisteredModel[]> {
  const reader = createChainReader({ rpc });
  const { filter } = createEventDecoder(deployment.addresses, ['ModelRegistered']);
  const { number: head } = await reader.head(signal);
  const logs = await createLogFetcher({ filter }, { reader }).ofRange(deployment.startBlock, head, signal);
  const specs = createModelSpecs(deployment, { rpc });
  const found: RegisteredModel[] = [];
  for (const { topics } of logs) {
    const modelId = parseModelId(topics[1]);
    const record = await contracts.ModelRegistry.recordOf(modelId);
    const spec = await specs.specOf(modelId, signal);
    found.push({ modelId, spec, status: statusOf(record.status), triable: record.triable });
  }
  return found;
}

/** @throws RemitError `MODEL_NOT_REGISTERED`, `RPC_…` */
export async function findModel(
  modelId: ModelId,
  { rpc, deployment, contracts }: SessionPart,
  signal: AbortSignal,
): Promise<RegisteredModel> {
  const record = await contracts.ModelRegistry.recordOf(modelId);
  if (Number(record.status) === ModelStatus.None) throw notRegistered(modelId, deployment.chainId);
  const spec = await createModelSpecs(deployment, { rpc }).specOf(modelId, signal);
  return { modelId, spec, status: statusOf(record.status), triable: record.triable };
}

function statusOf(status: bigint): 'active' | 'retired' {
  return Number(status) === ModelStatus.Active ? 'active' : 'retired';
}

function notRegistered(modelId: ModelId, chainId: number): RemitError {
  return new RemitError({
    code: 'MODEL_NOT_REGISTERED',
    message: `model ${modelId} is not registered on chain ${chainId}`,
    fix: 'look at `./dev model list` for the models of this deployment, or register it',
    context: { modelId, chainId },
  });
}
