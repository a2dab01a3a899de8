import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proveLogCheck } from '../../workers/chain/log-check.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { effort } from '../support/effort.ts';
import { idOf, type JobChain, startJobChain } from '../support/job-chain.ts';
import { type ListenerStage, openListener, type StageOptions } from '../support/listener-stage.ts';
import { alterData, alterLogs, lagBehind, seedFaults, TROUBLES } from '../support/rpc-faults.ts';
import { type Fault, type RpcProxy, startRpcProxy } from '../support/rpc-proxy.ts';
import { jobOf } from '../support/sample-job.ts';
import { until } from '../support/until.ts';
import { seedOf } from '../support/seeds.ts';

const SEED = seedOf();
const PATIENT: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '60' } };

let chain: JobChain;
/** `bad` is asked first. */
let bad: RpcProxy;
let good: RpcProxy;
const stages: ListenerStage[] = [];

beforeEach(async () => {
  chain = await startJobChain();
  bad = await startRpcProxy(chain.anvil.url);
  good = await startRpcProxy(chain.anvil.url);
});
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.stop()));
  await Promise.all([bad.stop(), good.stop()]);
  await chain.anvil.stop();
});

async function open(options: Partial<StageOptions> = {}): Promise<ListenerStage> {
  const stage = await openListener(chain, { urls: [bad.url, good.url], ...options });
  stages.push(stage);
  return stage;
}

async function listen(options: Partial<StageOptions> = {}): Promise<ListenerStage> {
  const stage = await open(options);
  await stage.start();
  return stage;
}

async function requestSome(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await chain.say('requested', n);
}

const stateOf = (stage: ListenerStage, proxy: RpcProxy): string | undefined =>
  stage.pool.health().find(({ node }) => proxy.url.startsWith(node))?.state;
const asked = (proxy: RpcProxy, method = 'eth_getBlockByNumber'): number => proxy.calls.get(method) ?? 0;

/** Waits until the listener has tried `times` more to read the chain, so that it has had the chance to err. */
async function looks(proxy: RpcProxy, times: number, method?: string): Promise<void> {
  const before = asked(proxy, method);
  await until(() => asked(proxy, method) >= before + times, { what: `${times} more calls of a node` });
}

describe('F7 · nodes that refuse for too many requests', () => {
  const callsOf = (proxy: RpcProxy): number => [...proxy.calls.values()].reduce((sum, calls) => sum + calls, 0);

  it('one asks for patience and is left alone; the other does the work', async () => {
    const stage = await listen({ pool: { probeMs: 60_000 } });
    bad.fault('*', () => PATIENT);
    await requestSome(1, 3);
    await stage.agrees();
    const before = { bad: callsOf(bad), good: callsOf(good) };
    await requestSome(4, 12);
    await stage.agrees();
    expect(callsOf(good) - before.good).toBeGreaterThan(15);
    // Asked only where the other one did not know either.
    expect(callsOf(bad) - before.bad).toBeLessThan(5);
  });

  it.each([0.3, 0.6])(`both refuse %d of all calls: no job is lost (REMIT_SEED=${SEED})`, async (rate) => {
    const refusing = { '*': { rate, faults: [{ ...PATIENT, headers: { 'retry-after': '0' } }] } };
    const stage = await listen();
    seedFaults(bad, SEED, refusing);
    seedFaults(good, SEED + 1, refusing);
    await requestSome(1, 8);
    await stage.agrees();
    expect(new Set(stage.made).size).toBe(8);
  });

  it('both refuse everything for a while: work goes on when they are back', async () => {
    const stage = await listen();
    for (const proxy of [bad, good]) proxy.fault('*', () => ({ kind: 'status', status: 429 }));
    await requestSome(1, 4);
    await until(() => callsOf(good) > 12);
    expect(stage.made).toEqual([]);
    for (const proxy of [bad, good]) proxy.fault('*', undefined);
    await stage.agrees();
    expect(stage.made).toHaveLength(4);
  });
});

describe('F8 · a node that takes a call and never answers', () => {
  it('costs one time limit per call until it has failed often enough, then none', async () => {
    const stage = await listen({ pool: { timeoutMs: 1_000, failureThreshold: 2, probeMs: 60_000 } });
    bad.fault('*', () => ({ kind: 'hang' }));
    await requestSome(1, 6);
    await stage.agrees();
    await until(() => stateOf(stage, bad) === 'failing');
    const hung = [...bad.calls.values()].reduce((sum, calls) => sum + calls, 0);
    await requestSome(7, 9);
    await stage.agrees();
    expect([...bad.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBe(hung);
  });
});

describe('F9 · a node that lags behind', () => {
  it('leaves the pool when it is more than five blocks late, and comes back', async () => {
    const stage = await listen();
    lagBehind(bad, chain.anvil, 9);
    await chain.anvil.mine(12);
    await until(() => stateOf(stage, bad) === 'lagging');
    await requestSome(1, 3);
    await stage.agrees();
    for (const method of ['eth_blockNumber', 'eth_getBlockByNumber']) bad.fault(method, undefined);
    await until(() => stateOf(stage, bad) === 'alive');
  });

  it('a little late, and in turn with another: nothing is taken back, nothing is missed', async () => {
    const stage = await listen({ pool: { failureThreshold: 1, probeMs: 5 } });
    lagBehind(bad, chain.anvil, 3);
    const heights: number[] = [];
    for (let n = 1; n <= 12; n++) {
      await chain.say('requested', n);
      // Each refusal makes the other one the first, so both are read in turn.
      const [first, second] = n % 2 === 0 ? [bad, good] : [good, bad];
      first.fault('eth_getBlockByHash', () => ({ kind: 'drop' }));
      second.fault('eth_getBlockByHash', undefined);
      heights.push(stage.tip());
    }
    for (const method of ['eth_blockNumber', 'eth_getBlockByNumber']) bad.fault(method, undefined);
    await stage.agrees();
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    expect(stage.signals.filter(({ type }) => type === 'reorg')).toEqual([]);
    expect(stage.made).toHaveLength(12);
  });
});

describe('F10 · nodes behind one address that disagree', () => {
  it.each(['filtered', 'receipts'] as const)(
    'empty logs of a block that has some stop the cursor (%s)',
    async (verify) => {
      let lying = true;
      for (const method of ['eth_getLogs', 'eth_getBlockReceipts'])
        bad.fault(method, () => (lying ? { kind: 'result', result: [] } : undefined));
      const stage = await listen({ urls: [bad.url], verify });
      await requestSome(1, 1);
      await looks(bad, 4, verify === 'receipts' ? 'eth_getBlockReceipts' : 'eth_getLogs');
      expect(stage.waiting()).toEqual([]);
      expect(stage.tip()).toBe(1);
      lying = false;
      await stage.agrees();
      expect(stage.made).toHaveLength(1);
    },
  );

  it('a refusal of what the node has just announced ends nothing', async () => {
    const stage = await listen({ urls: [bad.url] });
    bad.fault('eth_getBlockByNumber', ({ params }, seen) =>
      params[0] === 'latest' && seen % 3 !== 0
        ? { kind: 'error', code: -32000, message: 'header not found' }
        : undefined,
    );
    await requestSome(1, 6);
    await stage.agrees();
    expect(stage.made).toHaveLength(6);
  });

  for (const seed of Array.from({ length: effort({ test: 1, nightly: 12 }) }, (_, at) => SEED + at))
    it(`every fifth answer empty, and every trouble besides (REMIT_SEED=${seed})`, async () => {
      const stage = await listen({ urls: [bad.url], pool: { timeoutMs: 400 } });
      seedFaults(bad, seed, {
        eth_getBlockReceipts: {
          rate: 0.2,
          faults: [
            { kind: 'result', result: [] },
            { kind: 'result', result: null },
          ],
        },
        '*': { rate: 0.2, faults: TROUBLES },
      });
      await requestSome(1, 10);
      await chain.anvil.reorg(4);
      await requestSome(20, 24);
      await stage.agrees();
    });
});

describe('F11 · a node on another chain', () => {
  it('keeps the listener from starting', async () => {
    bad.fault('eth_chainId', () => ({ kind: 'result', result: '0x5' }));
    const stage = await open();
    await expect(stage.start()).rejects.toMatchObject({ code: 'CHAIN_ID_MISMATCH' });
    expect(stage.made).toEqual([]);
  });

  it('is never asked again when it moved there; without another node nothing is read and nothing is broadcast', async () => {
    const stage = await listen();
    await requestSome(1, 2);
    await stage.agrees();
    bad.fault('eth_chainId', () => ({ kind: 'result', result: '0x5' }));
    await until(() => stateOf(stage, bad) === 'wrong-chain');
    // What was under way has arrived once another block is followed.
    await requestSome(3, 3);
    await stage.agrees();
    const before = asked(bad);
    await requestSome(4, 5);
    await stage.agrees();
    expect(asked(bad)).toBe(before);

    good.fault('eth_chainId', () => ({ kind: 'result', result: '0x5' }));
    await until(() => stateOf(stage, good) === 'wrong-chain');
    await expect(stage.pool.call('eth_gasPrice', [])).rejects.toMatchObject({ code: 'CHAIN_ID_MISMATCH' });
    await expect(stage.pool.broadcast('0x00')).rejects.toMatchObject({ code: 'CHAIN_ID_MISMATCH' });
    expect([asked(bad, 'eth_sendRawTransaction'), asked(good, 'eth_sendRawTransaction')]).toEqual([0, 0]);
  });
});

describe('F12 · a node that lies', () => {
  const LIES: readonly (readonly [string, (proxy: RpcProxy) => void])[] = [
    ['alters the data of logs', alterData],
    ['leaves logs out', (proxy) => alterLogs(proxy, (logs) => logs.slice(1))],
    ['shows logs twice', (proxy) => alterLogs(proxy, (logs) => [...logs, ...logs])],
    [
      'says that a block was empty',
      (proxy) => proxy.fault('eth_getBlockReceipts', () => ({ kind: 'result', result: [] })),
    ],
    [
      'alters the filter in headers, so that a block seems to hold nothing',
      (proxy) => {
        const emptied: Fault = {
          kind: 'rewrite',
          rewrite: (block) => ({ ...(block as object), logsBloom: `0x${'00'.repeat(256)}` }),
        };
        proxy.fault('eth_getBlockByNumber', () => emptied);
        proxy.fault('eth_getBlockByHash', () => emptied);
      },
    ],
    [
      'alters headers and receipts so that they fit each other',
      (proxy) => {
        const empty = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
        const fitting: Fault = {
          kind: 'rewrite',
          rewrite: (block) => ({ ...(block as object), receiptsRoot: empty }),
        };
        proxy.fault('eth_getBlockByNumber', () => fitting);
        proxy.fault('eth_getBlockReceipts', () => ({ kind: 'result', result: [] }));
      },
    ],
  ];

  it.each(LIES)('one that %s is not believed; what the other says is done', async (_, lie) => {
    const stage = await listen();
    lie(bad);
    await requestSome(1, 3);
    await chain.inOneBlock(['attested', 1], ['requested', 4], ['attested', 2]);
    await stage.agrees();
    expect(stage.made).toHaveLength(6);
  });

  it.each(LIES)('one that %s and is alone stops everything until it is honest', async (_, lie) => {
    const stage = await listen({ urls: [bad.url] });
    await requestSome(1, 1);
    await stage.agrees();
    lie(bad);
    await requestSome(2, 3);
    await looks(bad, 12);
    expect(stage.waiting()).toEqual([idOf(jobOf(1), 'infer')]);
    expect(stage.made).toHaveLength(1);
    for (const method of ['eth_getBlockByNumber', 'eth_getBlockByHash', 'eth_getLogs', 'eth_getBlockReceipts'])
      bad.fault(method, undefined);
    await stage.agrees();
  });

  it('one that lies about old blocks is found out while catching up', async () => {
    await requestSome(1, 4);
    await chain.anvil.mine(30);
    alterData(bad);
    const stage = await listen({ finalityDepth: 5, maxRange: 10 });
    await stage.agrees();
    expect(stage.made).toHaveLength(4);
  });

  it('a chain that hashes in another way is refused at the start, with the setting for it', async () => {
    bad.fault('eth_getBlockByNumber', () => ({
      kind: 'rewrite',
      rewrite: (block) => ({ ...(block as object), mixHash: `0x${'11'.repeat(32)}` }),
    }));
    const stage = await listen({ urls: [bad.url], verify: 'filtered' });
    const reader = createChainReader({ rpc: stage.pool }, { sealed: true });
    await expect(proveLogCheck({ reader })).rejects.toMatchObject({
      code: 'LOG_CHECK_UNSUPPORTED',
      fix: expect.stringContaining('REMIT_LOG_CHECK=bloom') as string,
    });
    // With that setting it is followed.
    await requestSome(1, 2);
    await stage.agrees();
  });
});
