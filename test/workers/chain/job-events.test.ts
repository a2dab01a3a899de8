import { describe, expect, it } from 'vitest';
import type { RawLog } from '../../../workers/chain/chain-values.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import type { Addresses } from '../../../workers/chain/deployments.ts';
import { createJobEvents } from '../../../workers/chain/job-events.ts';
import { RpcRejection } from '../../../workers/chain/rpc.ts';
import type { JobId } from '../../../workers/protocol/ids.ts';

const REGISTRY = '0x0165878A594ca255338adfa4d48449f69242Eb8F';
const OPERATOR = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const word = (n: number): string => `0x${n.toString(16).padStart(64, '0')}`;
const addresses = Object.fromEntries(
  ['JobRegistry', 'ModelRegistry', 'OperatorStaking', 'Settlement', 'Slasher', 'EquivocationCourt'].map((name) => [
    name,
    REGISTRY,
  ]),
) as unknown as Addresses;

/** A node that refuses ranges longer than `longest` and holds one attestation, at block 700. */
function bench(longest: number) {
  const ranges: string[] = [];
  const { data, topics } = interfaces.JobRegistry.encodeEventLog('JobAttested', [
    word(1),
    OPERATOR,
    word(2),
    word(0),
    5,
  ]);
  const log: Record<keyof RawLog, unknown> = {
    address: REGISTRY,
    topics,
    data,
    blockNumber: '0x2bc',
    blockHash: word(3),
    transactionHash: word(4),
    logIndex: '0x0',
  };
  const rpc = {
    call: async (method: string, params: readonly unknown[]) => {
      if (method === 'eth_blockNumber') return '0x7d0';
      const {
        fromBlock,
        toBlock,
        topics: asked,
      } = params[0] as { fromBlock: string; toBlock: string; topics: unknown[] };
      const [from, to] = [Number(fromBlock), Number(toBlock)];
      ranges.push(`${from}-${to}`);
      if (to - from > longest)
        throw new RpcRejection({ method, node: 'n', code: -32005, message: 'query returned more than 10000 results' });
      return asked[1] === word(1) && from <= 700 && to >= 700 ? [log] : [];
    },
  };
  return { ranges, events: createJobEvents({ addresses, startBlock: 0 }, { rpc }) };
}

describe('events of one job', () => {
  it('are found by the indexed id, in one call where the node allows it', async () => {
    const { events, ranges } = bench(10_000);
    expect(await events.of(word(1) as JobId)).toMatchObject([
      { type: 'JobAttested', operator: OPERATOR, challengeEnd: 5n },
    ]);
    expect(ranges).toEqual(['0-2000']);
    expect(await events.of(word(9) as JobId)).toEqual([]);
  });

  it('are looked for in halves where the node refuses the whole range', async () => {
    const { events } = bench(600);
    expect(await events.of(word(1) as JobId)).toHaveLength(1);
  });

  it('cannot be had from a node that refuses even short ranges', async () => {
    await expect(bench(10).events.of(word(1) as JobId)).rejects.toThrow('10000 results');
  });
});
