import { globSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../workers/runtime/config.ts';
import { listenerConfig } from '../../workers/roles/listener/config.ts';
import { idOf, type JobChain, settleId, startJobChain } from '../support/job-chain.ts';
import { type ListenerStage, openListener, type StageOptions } from '../support/listener-stage.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { alterLogs, type JsonLog } from '../support/rpc-faults.ts';
import { type RpcProxy, seededChance, startRpcProxy } from '../support/rpc-proxy.ts';
import { jobOf } from '../support/sample-job.ts';
import { until } from '../support/until.ts';
import { seedOf } from '../support/seeds.ts';

const SEED = seedOf();

let chain: JobChain;
let proxy: RpcProxy;
const stages: ListenerStage[] = [];

beforeEach(async () => {
  chain = await startJobChain();
  proxy = await startRpcProxy(chain.anvil.url);
});
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.stop()));
  await proxy.stop();
  await chain.anvil.stop();
});

async function listen(options: Partial<StageOptions> = {}): Promise<ListenerStage> {
  const stage = await openListener(chain, { urls: [proxy.url], ...options });
  stages.push(stage);
  await stage.start();
  return stage;
}

async function caughtUp(stage: ListenerStage): Promise<void> {
  const head = await chain.anvil.blockNumber();
  await until(() => stage.tip() >= head, { what: `block ${head} followed` });
}

async function requestSome(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await chain.say('requested', n);
}

const infer = (n: number): string => idOf(jobOf(n), 'infer');

describe('F13 · missed logs', () => {
  it('ranges that the node finds too large are split until every job is found', async () => {
    await requestSome(1, 9);
    await chain.anvil.mine(60);
    let refused = 0;
    proxy.fault('eth_getLogs', ({ params }) => {
      const { fromBlock, toBlock } = params[0] as { fromBlock?: string; toBlock?: string };
      if (fromBlock === undefined || Number(toBlock) - Number(fromBlock) <= 3) return undefined;
      refused += 1;
      return { kind: 'error', code: -32005, message: 'query returned more than 10000 results' };
    });
    const stage = await listen({ finalityDepth: 5 });
    await stage.agrees();
    expect(refused).toBeGreaterThan(3);
    expect(stage.made).toHaveLength(9);
  });

  it.each(['filtered', 'receipts'] as const)(
    `a range with one of eight logs left out now and then is read again until two answers agree (%s, REMIT_SEED=${SEED})`,
    async (verify) => {
      await requestSome(1, 16);
      await chain.anvil.mine(40);
      let left = 0;
      proxy.fault('eth_getLogs', (_, seen) => ({
        kind: 'rewrite',
        rewrite: (logs) =>
          (logs as readonly unknown[]).filter((_log, at) => {
            const isLost = seededChance(SEED + seen, at) < 1 / 8 && left < 12;
            if (isLost) left += 1;
            return !isLost;
          }),
      }));
      const stage = await listen({ verify, finalityDepth: 5, maxRange: 10, rescanMs: 50 });
      await stage.agrees();
      expect(left).toBeGreaterThan(0);
    },
  );

  it('one of several logs of a block is found by the next rescan where nothing else can notice', async () => {
    const clock = new ManualClock();
    const stage = await listen({ verify: 'filtered', finalityDepth: 5, rescanMs: 5_000, clock });
    const step = () => clock.advance(50);
    const told = async (): Promise<void> => {
      const head = await chain.anvil.blockNumber();
      await until(async () => {
        await step();
        return stage.tip() >= head && stage.signals.at(-1)?.type === 'finalized';
      });
    };
    await chain.anvil.mine(70);
    await told();
    alterLogs(proxy, (logs) => (logs.length > 1 ? [logs[0]!, ...logs.slice(2)] : logs));
    await chain.inOneBlock(['requested', 1], ['requested', 2], ['requested', 3]);
    await chain.inOneBlock(['requested', 4], ['attested', 3], ['requested', 5]);
    await told();
    expect(stage.waiting()).toEqual([1, 3, 4, 5].map(infer));
    for (const method of ['eth_getLogs', 'eth_getBlockReceipts']) proxy.fault(method, undefined);
    // Not due yet.
    await chain.anvil.mine();
    await told();
    expect(stage.waiting()).toEqual([1, 3, 4, 5].map(infer));
    await clock.advance(5_000);
    await chain.anvil.mine();
    await told();
    // Nor is it final: what is found now could not be taken back.
    expect(stage.waiting()).toEqual([1, 3, 4, 5].map(infer));
    await chain.anvil.mine(4);
    await told();
    await clock.advance(5_000);
    await chain.anvil.mine();
    await told();
    await stage.agrees();
    expect(stage.waiting()).toEqual([infer(1), infer(2), settleId(3), infer(4), infer(5)]);
    const { length } = stage.made;
    // What is known is not told again.
    await clock.advance(5_000);
    await chain.anvil.mine();
    await told();
    expect(stage.made).toHaveLength(length);
  });

  it('is on as the listener comes', () => {
    const config = loadConfig(listenerConfig, { REMIT_DATA_FOLDER: '/tmp' });
    expect(config).toMatchObject({ rescanInterval: 600_000, rescanBlocks: 1_000, logCheck: 'receipts' });
  });
});

describe('F14 · a WebSocket drops', () => {
  it('there is none: addresses of sockets are refused, and no worker subscribes to anything', () => {
    for (const url of ['ws://127.0.0.1:8545', 'wss://node.example'])
      expect(() => loadConfig(listenerConfig, { REMIT_DATA_FOLDER: '/tmp', REMIT_RPC_URLS: url })).toThrow(/RPC_URLS/);
    const source = globSync('workers/**/*.ts').map((file) => readFileSync(file, 'utf8'));
    expect(source.length).toBeGreaterThan(100);
    const subscribes =
      /eth_subscribe|eth_newFilter|eth_newBlockFilter|WebSocketProvider|\bnew WebSocket\b|provider\.on\(/;
    expect(source.filter((text) => subscribes.test(text))).toEqual([]);
  });

  it('every second connection drops, and the next poll tells all the same', async () => {
    let calls = 0;
    const stage = await listen();
    proxy.fault('*', () => (calls++ % 2 === 0 ? { kind: 'drop' } : undefined));
    await requestSome(1, 5);
    await stage.agrees();
    expect(stage.made).toHaveLength(5);
    expect([...proxy.calls.keys()].filter((method) => /subscribe|Filter/.test(method))).toEqual([]);
  });
});

describe('F15 · duplicated events', () => {
  const twice = (logs: readonly JsonLog[]): readonly JsonLog[] => [...logs, ...logs].reverse();

  it('one node says each log twice', async () => {
    const stage = await listen({ verify: 'filtered' });
    alterLogs(proxy, twice);
    await requestSome(1, 4);
    await chain.say('attested', 2);
    await stage.agrees();
    expect(stage.made.toSorted()).toEqual([...[1, 2, 3, 4].map(infer), settleId(2)].sort());
  });

  it('two listeners with journals of their own share the queues', async () => {
    const one = await listen();
    const two = await listen({ queues: one.queues });
    await requestSome(1, 6);
    await chain.say('attested', 1);
    await Promise.all([one, two].map(caughtUp));
    await one.agrees();
    const made = [...one.made, ...two.made].sort();
    expect(made.filter((id) => id.endsWith('infer'))).toEqual([1, 2, 3, 4, 5, 6].map(infer));
    expect(made.filter((id) => id.includes('-settle-'))).toEqual([settleId(1)]);
  });
});

describe('F16 · blocks out of order, skipped numbers', () => {
  it('heads that jump ahead and fall back are filled by parents; every block comes once, in order', async () => {
    const stage = await listen();
    const hex = (n: number): string => `0x${n.toString(16)}`;
    proxy.fault('eth_getBlockByNumber', ({ params }, seen) =>
      params[0] === 'latest'
        ? {
            kind: 'instead',
            params: async () => {
              const head = await chain.anvil.blockNumber();
              return [hex(Math.max(1, head - Math.floor(seededChance(SEED, seen) * 6))), false];
            },
          }
        : undefined,
    );
    await requestSome(1, 10);
    await chain.anvil.mine(3);
    await requestSome(11, 15);
    await stage.agrees();
    await caughtUp(stage);
    const heights = stage.signals.flatMap((one) => (one.type === 'events' ? [one.block.number] : []));
    expect(heights).toEqual(heights.map((_, at) => heights[0]! + at));
    expect(stage.signals.filter(({ type }) => type === 'reorg')).toEqual([]);
    expect(stage.made).toEqual(Array.from({ length: 15 }, (_, at) => infer(at + 1)));
  });

  it('another block under the number that was asked for is refused', async () => {
    const stage = await listen();
    let wrong = 0;
    await caughtUp(stage);
    const before = `0x${(await chain.anvil.blockNumber()).toString(16)}`;
    // Only blocks below the head are asked for by number, so all of them come to light at once.
    let isHidden = true;
    proxy.fault('eth_getBlockByNumber', ({ params }) => {
      if (params[0] !== 'latest') wrong += 1;
      else if (!isHidden) return undefined;
      return { kind: 'instead', params: async () => [params[0] === 'latest' ? before : '0x1', false] };
    });
    await requestSome(1, 4);
    isHidden = false;
    await until(() => wrong > 2, { what: 'blocks under the wrong number' });
    expect(stage.made).toEqual([]);
    proxy.fault('eth_getBlockByNumber', undefined);
    await stage.agrees();
    expect(stage.made.toSorted()).toEqual([1, 2, 3, 4].map(infer));
  });
});
