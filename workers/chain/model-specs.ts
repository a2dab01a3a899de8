import type { Result } from 'ethers';
import type { ModelId } from '../protocol/ids.ts';
import { type ModelSpec, modelIdOf, parseModelSpec } from '../protocol/model.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { list, parseLog, parseQuantity, type RawLog, toQuantity } from './chain-values.ts';
import { interfaces } from './contracts.ts';
import type { Addresses } from './deployments.ts';
import { inconsistent, type Rpc, RpcRejection } from './rpc.ts';

/** The full spec behind a model id. The chain stores only its hash; the spec itself was published in an event. */
export interface ModelSpecs {
  /** @throws RemitError MODEL_UNKNOWN, RPC_INCONSISTENT, RPC_UNREACHABLE */
  specOf(modelId: ModelId, signal?: AbortSignal): Promise<ModelSpec>;
}

/** Ranges below this many blocks are not split any further: the node's refusal then has another reason. */
const SMALLEST_RANGE = 500;

/**
 * Looks for `ModelRegistered` by its indexed id, newest blocks first where a node refuses the whole range. The id is the
 * hash of the spec, so an answer needs no trust, and never changes.
 */
export function createModelSpecs(
  { addresses, startBlock }: { readonly addresses: Pick<Addresses, 'ModelRegistry'>; readonly startBlock: number },
  { rpc }: { readonly rpc: Rpc },
): ModelSpecs {
  const registry = interfaces.ModelRegistry;
  const topic = registry.getEvent('ModelRegistered')?.topicHash;
  const known = new Map<ModelId, ModelSpec>();

  async function find(modelId: ModelId, from: number, to: number, signal?: AbortSignal): Promise<RawLog | undefined> {
    const filter = {
      address: addresses.ModelRegistry,
      topics: [topic, modelId],
      fromBlock: toQuantity(from),
      toBlock: toQuantity(to),
    };
    try {
      const logs = list(await rpc.call('eth_getLogs', [filter], signal && { signal }), 'eth_getLogs');
      return logs.map(parseLog).find(({ topics }) => topics[0] === topic && topics[1] === modelId);
    } catch (error) {
      if (!(error instanceof RpcRejection) || to - from < SMALLEST_RANGE) throw error;
      const middle = (from + to) >> 1;
      return (await find(modelId, middle + 1, to, signal)) ?? (await find(modelId, from, middle, signal));
    }
  }

  return {
    async specOf(modelId, signal) {
      const before = known.get(modelId);
      if (before) return before;
      const head = parseQuantity(await rpc.call('eth_blockNumber', [], signal && { signal }), 'eth_blockNumber');
      const log = await find(modelId, startBlock, head, signal);
      if (!log) throw unknownModel(modelId, startBlock, head);
      const spec = specIn(log);
      if (modelIdOf(spec) !== modelId) throw inconsistent(`a node made up a spec for model ${modelId}`);
      known.set(modelId, spec);
      return spec;
    },
  };
}

function specIn(log: RawLog): ModelSpec {
  try {
    const args = interfaces.ModelRegistry.decodeEventLog('ModelRegistered', log.data, log.topics);
    const spec = args['spec'] as Result;
    const records = (name: string): unknown[] => [...(spec[name] as Iterable<Result>)].map((entry) => entry.toObject());
    return parseModelSpec({ ...spec.toObject(), inputs: records('inputs'), outputs: records('outputs') });
  } catch (error) {
    throw inconsistent(`ModelRegistered in ${log.transactionHash} cannot be read: ${messageOf(error)}`);
  }
}

function unknownModel(modelId: ModelId, from: number, to: number): RemitError {
  return new RemitError({
    code: 'MODEL_UNKNOWN',
    message: `no ModelRegistered event for model ${modelId} in blocks ${from} to ${to}`,
    fix: 'nothing, if it passes: the node may lag; otherwise check that the deployment folder is the one of this network',
    // A job exists only for a registered model, so a node that has the job will have the event.
    retryable: true,
    context: { modelId, from, to },
  });
}
