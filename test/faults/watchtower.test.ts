import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { soakWatchtower } from '../../bench/soak/watchtower.ts';
import { createRandom } from '../../models/credit-score/random.ts';
import type { Hex } from '../../workers/protocol/ids.ts';
import { keccak } from '../../workers/protocol/keccak.ts';
import type { Anvil } from '../support/anvil.ts';
import { effort } from '../support/effort.ts';
import type { FaultRule, RpcProxy } from '../support/rpc-proxy.ts';
import { seedOf } from '../support/seeds.ts';
import { SimWatch, type WatchedJob } from '../support/sim-watch.ts';
import type { TxBench } from '../support/tx-bench.ts';
import { emission, openTxStage, type TxStage } from '../support/tx-stage.ts';
import { until } from '../support/until.ts';
import { noisy, type Question, questions, WRONG, wrong } from '../support/watched-answers.ts';

const WINDOW = 3_600;
const seed = seedOf();

/** A tower whose engine is off by up to `noise` of every tolerance, and questions that it is asked. */
function tower({ noise = 0.25, capacity = 200 } = {}) {
  const random = createRandom(seed);
  const uniform = (): number => random.uniform();
  const asked = questions(8, uniform);
  const own = (input: Uint8Array): Uint8Array => {
    const question = asked.find((one) => Buffer.compare(one.input, input) === 0);
    if (!question) throw new Error('nobody asked that');
    return noisy(question, noise, uniform);
  };
  const watch = new SimWatch({ window: WINDOW, capacity, uniform, own });
  const question = (nth: number): Question =>
    asked[nth % asked.length] ?? { input: new Uint8Array(), answer: new Float32Array() };
  return {
    watch,
    uniform,
    question,
    /** One claim of every kind of being wrong. */
    lie: (): WatchedJob[] =>
      WRONG.map((_, nth) => watch.attest(question(nth).input, wrong(question(nth), nth, question(nth + 1)))),
    /** Lets so much chain time pass. */
    async pass(seconds: number): Promise<void> {
      for (const end = watch.now + seconds; watch.now < end;) await watch.step();
    },
  };
}

const opened = (jobs: readonly WatchedJob[]): number =>
  jobs.filter(({ openedAt, until: last }) => openedAt !== undefined && openedAt <= last).length;

describe('F50 · the watchtower is away for half of the window', () => {
  it.each([
    ['its messages wait in Redis', false],
    ['Redis has lost them meanwhile', true],
  ])('all wrong answers are on trial before their windows end: %s', async (_, isLost) => {
    const { watch, lie, pass, question, uniform } = tower({ capacity: 5 });
    const honest = Array.from({ length: 50 }, (__, nth) =>
      watch.attest(question(nth).input, noisy(question(nth), 0.25, uniform)),
    );
    const lies = lie();
    watch.weather = { vanish: 0, online: false };
    await pass(WINDOW / 2);
    expect(opened(lies)).toBe(0);
    if (isLost) watch.loseRedis();
    watch.restart();
    watch.weather = { vanish: 0, online: true };
    await pass(WINDOW / 2);
    expect(opened(lies), `REMIT_SEED=${seed}`).toBe(WRONG.length);
    expect(opened(honest)).toBe(0);
  });

  it('but not when it is away for all of it: nothing is opened after the end', async () => {
    const { watch, lie, pass } = tower();
    const lies = lie();
    watch.weather = { vanish: 0, online: false };
    await pass(WINDOW);
    watch.weather = { vanish: 0, online: true };
    await pass(WINDOW / 2);
    expect(lies.filter(({ openedAt }) => openedAt !== undefined)).toEqual([]);
  });
});

describe('F51 · transactions of the watchtower vanish for most of the window', () => {
  let stage: TxStage;
  let anvil: Anvil;
  let proxy: RpcProxy;
  let bench: TxBench;
  beforeEach(async () => {
    stage = await openTxStage({ automine: false });
    ({ anvil, proxy, bench } = stage);
  });
  afterEach(() => stage.stop());

  /** Says that it took the transaction, and drops it. */
  const swallow: FaultRule = ({ params }) => {
    const raw = Buffer.from(String(params[0]).slice(2), 'hex');
    return { kind: 'result', result: `0x${Buffer.from(keccak(raw)).toString('hex')}` };
  };
  const now = async (): Promise<number> =>
    Number((await anvil.rpc<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])).timestamp);
  const mineAt = async (second: number): Promise<void> => {
    await anvil.rpc('evm_setNextBlockTimestamp', [second]);
    await anvil.mine();
  };

  it('a node that swallows them for 80 % of it: published again and again, mined before its end', async () => {
    const begun = await now();
    const deadline = begun + 1_000;
    proxy.fault('eth_sendRawTransaction', swallow);
    const life = await bench.open({ urls: [proxy.url], manager: { stallMs: 40 } });
    const sent = life.manager.send(emission(1, { deadline, urgentFrom: deadline - 500 }));
    const published = (): number => proxy.calls.get('eth_sendRawTransaction') ?? 0;
    for (let second = begun + 50; second < begun + 800; second += 50) {
      const before = published();
      await until(() => published() > before, { what: 'another publication' });
      await mineAt(second);
    }
    proxy.fault('eth_sendRawTransaction', undefined);
    let second = begun + 800;
    let isSettled = false;
    void sent.then(() => (isSettled = true));
    await until(async () => {
      const before = published();
      await until(() => isSettled || published() > before, { what: 'another publication' });
      if (!isSettled) await mineAt((second += 1));
      return isSettled;
    });
    const outcome = await sent;
    expect(outcome.status).toBe('mined');
    expect(await now()).toBeLessThanOrEqual(deadline);
    expect(published()).toBeGreaterThan(15);
  });

  it('one node of two swallows everything: the other has it at once', async () => {
    proxy.fault('eth_sendRawTransaction', swallow);
    const life = await bench.open({ urls: [proxy.url, anvil.url], manager: { stallMs: 60_000 } });
    const sent = life.manager.send(emission(1));
    await until(async () => Number((await anvil.rpc<{ pending: Hex }>('txpool_status')).pending) === 1, {
      what: 'the transaction in the pool of the honest node',
    });
    await anvil.mine();
    expect((await sent).status).toBe('mined');
    expect(proxy.calls.get('eth_sendRawTransaction')).toBeGreaterThan(0);
  });

  it('four of five vanish for 80 % of it: every wrong answer is on trial in time', async () => {
    const { watch, lie, pass } = tower();
    const lies = [...lie(), ...lie()];
    watch.weather = { vanish: 0.8, online: true };
    await pass(WINDOW * 0.8);
    watch.weather = { vanish: 0, online: true };
    await pass(WINDOW * 0.2);
    expect(opened(lies), `REMIT_SEED=${seed}`).toBe(lies.length);
  });
});

describe('F52 · engines differ: noise within the tolerance', () => {
  it('never leads to a trial, however near to its edge: the canonical run decides before a bond is risked', async () => {
    const { watch, question, pass, uniform } = tower({ noise: 0.9 });
    const honest = Array.from({ length: 200 }, (_, nth) =>
      watch.attest(question(nth).input, noisy(question(nth), 0.95, uniform)),
    );
    await pass(WINDOW / 4);
    // Two engines that are wrong in opposite ways alarm each other.
    expect(watch.verdicts.get('disagrees')).toBeGreaterThan(50);
    expect(watch.acquitted).toBe(watch.verdicts.get('disagrees'));
    expect(opened(honest), `REMIT_SEED=${seed}`).toBe(0);
  });

  it('does not hide a claim just beyond it', async () => {
    const { lie, pass } = tower({ noise: 0.25 });
    const [barely] = lie();
    await pass(WINDOW / 4);
    expect(barely?.openedAt, `REMIT_SEED=${seed}`).toBeDefined();
  });
});

describe('F50, F51, F52 · all of it at once', () => {
  it(
    'catches every wrong answer, most within a fifth of the window, and no honest one',
    async () => {
      const size = { wrong: effort({ test: 30, nightly: 1_000 }), honest: effort({ test: 600, nightly: 100_000 }) };
      const report = await soakWatchtower({ ...size, window: WINDOW, seed }, () => undefined);
      expect(report, `REMIT_SEED=${seed}`).toMatchObject({ opened: size.wrong, late: 0, falseChallenges: 0 });
      expect(report.acquitted).toBeGreaterThan(0);
    },
    effort({ test: 60_000, nightly: 1_800_000 }),
  );
});
