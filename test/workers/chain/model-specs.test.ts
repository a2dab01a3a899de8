import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { createModelSpecs } from '../../../workers/chain/model-specs.ts';
import { type Rpc, RpcRejection } from '../../../workers/chain/rpc.ts';
import { type Hex32, parseAddress } from '../../../workers/protocol/ids.ts';
import { modelIdOf } from '../../../workers/protocol/model.ts';
import { specOf } from '../../support/role-jobs.ts';

const at = parseAddress('0x00000000000000000000000000000000000000a2');
const addresses = {
  JobRegistry: at,
  ModelRegistry: at,
  OperatorStaking: at,
  Settlement: at,
  Slasher: at,
  EquivocationCourt: at,
};
const spec = specOf(10, 3, {
  outputs: [...specOf(1, 3).outputs, { start: 64, length: 2, absTol: 0, relTol: 0, kind: 2 }],
});
const modelId = modelIdOf(spec);

/** A node with one registration that refuses ranges above `widest` blocks. */
function nodeWith({ block = 100, widest = Infinity, head = 8_000 }): {
  readonly rpc: Rpc;
  readonly ranges: number[][];
} {
  const ranges: number[][] = [];
  const { data, topics } = interfaces.ModelRegistry.encodeEventLog('ModelRegistered', [
    modelId,
    spec.publisher,
    false,
    spec,
  ]);
  const word = `0x${'1'.repeat(64)}` as Hex32;
  const place = { blockNumber: `0x${block.toString(16)}`, blockHash: word, transactionHash: word, logIndex: '0x0' };
  const rpc: Rpc = {
    call: (method, params) => {
      if (method === 'eth_blockNumber') return Promise.resolve(`0x${head.toString(16)}`);
      const [{ fromBlock, toBlock }] = params as [{ readonly fromBlock: string; readonly toBlock: string }];
      const [from, to] = [Number(fromBlock), Number(toBlock)];
      ranges.push([from, to]);
      if (to - from > widest) {
        return Promise.reject(new RpcRejection({ method, node: 'n', code: -32_005, message: 'range too wide' }));
      }
      return Promise.resolve(
        from <= block && block <= to ? [{ address: at.toLowerCase(), topics, data, ...place }] : [],
      );
    },
  };
  return { rpc, ranges };
}

describe('createModelSpecs', () => {
  it('reads the whole spec, and asks once for it', async () => {
    const { rpc, ranges } = nodeWith({});
    const specs = createModelSpecs({ addresses, startBlock: 5 }, { rpc });
    expect(await specs.specOf(modelId)).toEqual(spec);
    expect(await specs.specOf(modelId)).toEqual(spec);
    expect(ranges).toEqual([[5, 8_000]]);
  });

  it('splits a range that the node refuses, newest blocks first, and stops where it finds the model', async () => {
    const old = nodeWith({ widest: 2_100 });
    expect(await createModelSpecs({ addresses, startBlock: 0 }, old).specOf(modelId)).toEqual(spec);
    const recent = nodeWith({ block: 7_990, widest: 2_100 });
    expect(await createModelSpecs({ addresses, startBlock: 0 }, recent).specOf(modelId)).toEqual(spec);
    expect(recent.ranges).toEqual([
      [0, 8_000],
      [4_001, 8_000],
      [6_001, 8_000],
    ]);
    expect(old.ranges.length).toBeGreaterThan(recent.ranges.length);
  });

  it('gives up splitting when the refusal is not about the range', async () => {
    const { rpc, ranges } = nodeWith({ widest: -1 });
    const specs = createModelSpecs({ addresses, startBlock: 0 }, { rpc });
    await expect(specs.specOf(modelId)).rejects.toMatchObject({ code: 'RPC_REJECTED' });
    expect(ranges.length).toBeLessThan(10);
  });

  it('says that a model without an event is unknown, and may be tried again', async () => {
    const { rpc } = nodeWith({ block: 9_000 });
    const specs = createModelSpecs({ addresses, startBlock: 0 }, { rpc });
    await expect(specs.specOf(modelId)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN', retryable: true });
  });
});
