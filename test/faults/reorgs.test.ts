import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ReorgTransaction } from '../support/anvil.ts';
import { idOf, type JobChain, type Said, settleId, startJobChain } from '../support/job-chain.ts';
import { type ListenerStage, openListener, type StageOptions } from '../support/listener-stage.ts';
import { startRpcProxy } from '../support/rpc-proxy.ts';
import { jobOf } from '../support/sample-job.ts';
import { until } from '../support/until.ts';

let chain: JobChain;
const stages: ListenerStage[] = [];

beforeEach(async () => {
  chain = await startJobChain();
});
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.stop()));
  await chain.anvil.stop();
});

async function listen(options: Partial<StageOptions> = {}): Promise<ListenerStage> {
  const stage = await openListener(chain, { urls: [chain.anvil.url], ...options });
  stages.push(stage);
  await stage.start();
  return stage;
}

async function caughtUp(stage: ListenerStage): Promise<void> {
  const head = await chain.anvil.blockNumber();
  await until(() => stage.tip() >= head, { what: `block ${head} followed` });
  await stage.agrees();
}

const infer = (n: number): string => idOf(jobOf(n), 'infer');
const reorgsOf = (stage: ListenerStage): number => stage.signals.filter(({ type }) => type === 'reorg').length;

/** Transactions of account 1, one block each, for the new branch. */
async function branch(all: readonly (readonly [Said, number])[]): Promise<ReorgTransaction[]> {
  const account = chain.anvil.accounts[1]!.address;
  const nonce = Number(await chain.anvil.rpc('eth_getTransactionCount', [account, 'latest']));
  return Promise.all(
    all.map(async ([what, n], offset) => [await chain.raw(what, n, 1, nonce + offset), offset] as const),
  );
}

describe('F2 · a reorg of one block', () => {
  it('takes back the job that is gone, and makes the one that took its place', async () => {
    const stage = await listen();
    await chain.say('requested', 1);
    await chain.say('requested', 2);
    await caughtUp(stage);
    await chain.anvil.reorg(1, await branch([['requested', 3]]));
    await stage.agrees();
    expect(stage.waiting()).toEqual([infer(1), infer(3)]);
    expect(stage.made).toEqual([infer(1), infer(2), infer(3)]);
  });

  it('gives a settlement back its reason only when the attestation is there again', async () => {
    const stage = await listen();
    await chain.say('requested', 1);
    await chain.say('attested', 1);
    await caughtUp(stage);
    expect(stage.waiting()).toEqual([settleId(1)]);
    await chain.anvil.reorg(1);
    await stage.agrees();
    expect(stage.waiting()).toEqual([infer(1)]);
    await chain.say('attested', 1, 1);
    await stage.agrees();
    expect(stage.waiting()).toEqual([settleId(1)]);
  });

  it('asks once more for what has been answered when its job moved to another block: the answer is kept, not computed', async () => {
    const stage = await listen();
    await chain.anvil.mine();
    const [moved] = await branch([['requested', 1]]);
    await chain.mined(await chain.anvil.rpc<string>('eth_sendRawTransaction', [moved![0]]));
    await caughtUp(stage);
    stage.queues.finish(1, 'infer');
    await chain.anvil.reorg(1, [moved!]);
    await stage.agrees();
    expect(reorgsOf(stage)).toBe(1);
    expect(stage.made).toEqual([infer(1), infer(1)]);
  });
});

describe('F3 · a reorg of twelve blocks with other transactions at the same heights', () => {
  it('leaves no phantom and misses no job', async () => {
    const stage = await listen();
    for (let n = 1; n <= 13; n++) await chain.say('requested', n);
    await caughtUp(stage);
    const others = Array.from({ length: 12 }, (_, at) => ['requested', 100 + at] as const);
    await chain.anvil.reorg(12, await branch(others));
    await stage.agrees();
    expect(stage.waiting()).toEqual([infer(1), ...others.map(([, n]) => infer(n))].sort());
    expect(new Set(stage.made).size).toBe(stage.made.length);
  });

  it('finds it after a restart, with the cursor on the disk', async () => {
    const stage = await listen();
    for (let n = 1; n <= 12; n++) await chain.say(n % 2 === 0 ? 'attested' : 'requested', Math.ceil(n / 2));
    await caughtUp(stage);
    await stage.stop();
    await chain.anvil.reorg(
      12,
      await branch([
        ['requested', 20],
        ['attested', 20],
        ['requested', 21],
        ['settled', 20],
      ]),
    );
    await chain.anvil.mine(3);
    await stage.start();
    await stage.agrees();
    expect(stage.waiting()).toEqual([infer(21)]);
    expect(reorgsOf(stage)).toBe(1);
  });
});

describe('F4 · a reorg as deep as what is remembered, and deeper', () => {
  async function withHistory(blocks: number): Promise<ListenerStage> {
    const stage = await listen();
    for (let n = 1; n <= 3; n++) await chain.say('requested', n);
    await chain.anvil.mine(blocks);
    for (let n = 4; n <= 6; n++) await chain.say('requested', n);
    await caughtUp(stage);
    return stage;
  }

  it('64 blocks are followed exactly', async () => {
    const stage = await withHistory(70);
    await chain.anvil.reorg(64, await branch([['requested', 7]]));
    await stage.agrees();
    expect(stage.waiting()).toEqual([1, 2, 3, 7].map(infer));
    expect(reorgsOf(stage)).toBe(1);
  });

  it.each([65, 128])('%i blocks end the listener, and a new journal brings everything back', async (depth) => {
    const stage = await withHistory(130);
    const before = stage.waiting();
    const made = stage.made.length;
    await chain.anvil.reorg(depth, await branch([['requested', 7]]));
    await chain.anvil.mine();
    await expect(stage.done()).rejects.toMatchObject({ code: 'REORG_TOO_DEEP', retryable: false });
    // Nothing has followed from the branch that nobody has judged.
    expect(stage.waiting()).toEqual(before);
    expect(stage.made).toHaveLength(made);
    await stage.stop();

    // The same again, as long as nobody has looked.
    await stage.start();
    await expect(stage.done()).rejects.toMatchObject({ code: 'REORG_TOO_DEEP' });
    await stage.stop();

    // As the error says: move the file away, and start again.
    await rename(stage.path, `${stage.path}.old`);
    await stage.start();
    await caughtUpButPhantoms(stage, [4, 5, 6]);
    expect(stage.made.slice(made)).toEqual([infer(7)]);
  });

  /** Messages of the lost branch that wait in Redis stay there; whoever takes one asks the chain first and drops it. */
  async function caughtUpButPhantoms(stage: ListenerStage, phantoms: readonly number[]): Promise<void> {
    const head = await chain.anvil.blockNumber();
    await until(() => stage.tip() >= head);
    expect(stage.waiting()).toEqual([...(await chain.due()), ...phantoms.map(infer)].sort());
    for (const n of phantoms) expect((await chain.standingOf(jobOf(n))).status).toBe(0);
  }
});

describe('F6 · a head that goes backwards', () => {
  it('is no crash and no effect, and whatever grows from there is followed', async () => {
    const proxy = await startRpcProxy(chain.anvil.url);
    onTestFinished(() => proxy.stop());
    const stage = await listen({ urls: [proxy.url] });
    for (let n = 1; n <= 5; n++) await chain.say('requested', n);
    await caughtUp(stage);
    const { waiting, made } = { waiting: stage.waiting(), made: stage.made.length };
    await chain.anvil.rpc('anvil_rollback', [3]);
    const looks = (): number => proxy.calls.get('eth_getBlockByNumber') ?? 0;
    const before = looks();
    await until(() => looks() > before + 5, { what: 'looks at the shorter chain' });
    // From here a chain that has shrunk looks like a node that lags.
    expect(stage.waiting()).toEqual(waiting);
    expect(stage.made).toHaveLength(made);
    await chain.say('requested', 9, 1);
    await stage.agrees();
    expect(stage.waiting()).toEqual([infer(1), infer(2), infer(9)]);
  });
});
