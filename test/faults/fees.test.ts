import { Wallet } from 'ethers';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { JobWork } from '../../workers/inference/job-work.ts';
import { createGasShortage } from '../../workers/queue/gas-shortage.ts';
import { laterOnOutage } from '../../workers/queue/outage.ts';
import { createPaidWork } from '../../workers/roles/executor/paid-work.ts';
import { decideAttest } from '../../workers/roles/submitter/attest-decision.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { failure } from '../support/role-jobs.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import type { Anvil, AnvilOptions } from '../support/anvil.ts';
import { canonicalValues } from '../support/emitter.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startRedis } from '../support/redis.ts';
import { OPERATOR } from '../support/sample-job.ts';
import type { TxBench, TxLife } from '../support/tx-bench.ts';
import { emission, gwei, inPool, nonceOf, openTxStage, type TxStage } from '../support/tx-stage.ts';
import { until } from '../support/until.ts';

let stage: TxStage;
let anvil: Anvil;
let bench: TxBench;

async function begin(options: AnvilOptions = {}): Promise<void> {
  stage = await openTxStage(options);
  ({ anvil, bench } = stage);
}

describe('F38 · gas is 100 times as dear for 50 blocks', () => {
  afterEach(() => stage.stop());

  const CAPS = { maxFeeCap: gwei(20), urgentMaxFeeCap: gwei(300) } as const;
  const SPIKE = 100;

  /** A block, and a look of everybody at it. */
  async function mineAt(fee: bigint, ...lives: TxLife[]): Promise<void> {
    await anvil.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${fee.toString(16)}`]);
    await anvil.rpc('evm_setNextBlockTimestamp', [(await chainTime()) + 12]);
    await anvil.mine();
    const head = await anvil.blockNumber();
    await until(() => lives.every(({ seen }) => seen.heads.at(-1) === head), { what: `looks at ${head}`, everyMs: 2 });
  }

  const chainTime = async (): Promise<number> =>
    Number((await anvil.rpc<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])).timestamp);

  const offers = (life: TxLife, value: number): bigint[] =>
    (life.journal.find(`emit-${value}`)?.attempts ?? []).map(({ maxFeePerGas }) => maxFeePerGas);

  it('what can wait waits, what is urgent pays up to its cap, what becomes urgent pays then; none pays more', async () => {
    await begin({ automine: false });
    const waiting = await bench.open({ account: 1, manager: { fees: CAPS, stallMs: 25, pollMs: 4 } });
    const urgent = await bench.open({ account: 2, manager: { fees: CAPS, stallMs: 25, pollMs: 4 } });
    const turning = await bench.open({ account: 3, manager: { fees: CAPS, stallMs: 25, pollMs: 4 } });
    await mineAt(gwei(1), waiting, urgent, turning);
    const now = await chainTime();
    const sent = [waiting.manager.send(emission(1)), turning.manager.send(emission(3, { urgentFrom: now + 25 * 12 }))];
    await inPool(anvil, waiting, 1);
    await inPool(anvil, turning, 1);

    let urgentSent: Promise<unknown> = Promise.resolve();
    let turnedAt = 0;
    for (let block = 1; block <= 50; block += 1) {
      await mineAt(gwei(SPIKE), waiting, urgent, turning);
      if (block === 1) urgentSent = urgent.manager.send(emission(2, { urgent: true }));
      // What is new and can wait is not even signed.
      if (block === 10)
        await expect(waiting.manager.send(emission(4))).rejects.toMatchObject({ code: 'FEE_ABOVE_CAP' });
      const done = await canonicalValues(anvil);
      expect(done).not.toContain(1);
      if (turnedAt === 0 && done.includes(3)) turnedAt = block;
    }
    await urgentSent;
    expect((await canonicalValues(anvil)).toSorted()).toEqual([2, 3]);
    expect(turnedAt).toBeGreaterThan(24);
    expect(waiting.journal.find('emit-4')).toBeUndefined();

    await mineAt(gwei(1), waiting, urgent, turning);
    await mineAt(gwei(1), waiting, urgent, turning);
    for (const outcome of await Promise.all(sent)) expect(outcome).toMatchObject({ status: 'mined' });
    expect((await canonicalValues(anvil)).toSorted()).toEqual([1, 2, 3]);
    for (const offer of offers(waiting, 1)) expect(offer).toBeLessThanOrEqual(CAPS.maxFeeCap);
    for (const value of [2, 3])
      for (const offer of offers(value === 2 ? urgent : turning, value))
        expect(offer).toBeLessThanOrEqual(CAPS.urgentMaxFeeCap);
    expect(offers(turning, 3).filter((offer) => offer > CAPS.maxFeeCap).length).toBeGreaterThan(0);
  });

  it('what can wait does not hold back what is urgent and has the next nonce', async () => {
    await begin({ automine: false });
    const life = await bench.open({ manager: { fees: CAPS, stallMs: 20, pollMs: 4 } });
    await mineAt(gwei(1), life);
    const sent = [life.manager.send(emission(1))];
    await inPool(anvil, life, 1);
    await mineAt(gwei(SPIKE), life);
    expect(await canonicalValues(anvil)).toEqual([]);
    sent.push(life.manager.send(emission(2, { urgent: true })));
    await until(async () => {
      await mineAt(gwei(SPIKE), life);
      return (await nonceOf(anvil, life.address)) === 2;
    });
    for (const outcome of await Promise.all(sent)) expect(outcome).toMatchObject({ status: 'mined' });
    for (const offer of offers(life, 1)) expect(offer).toBeLessThanOrEqual(CAPS.urgentMaxFeeCap);
  });

  it('above even the higher cap the urgent wait too, and go on as soon as they may', async () => {
    await begin({ automine: false });
    const life = await bench.open({ manager: { fees: CAPS, stallMs: 20, pollMs: 4 } });
    await mineAt(gwei(1), life);
    const sent = life.manager.send(emission(1, { urgent: true }));
    await inPool(anvil, life, 1);
    for (let block = 0; block < 10; block += 1) await mineAt(gwei(400), life);
    await expect(life.manager.send(emission(2, { urgent: true }))).rejects.toMatchObject({ code: 'FEE_ABOVE_CAP' });
    expect(await nonceOf(anvil, life.address)).toBe(0);
    await until(async () => {
      await mineAt(gwei(1), life);
      return (await nonceOf(anvil, life.address)) === 1;
    });
    expect((await sent).status).toBe('mined');
    for (const offer of offers(life, 1)) expect(offer).toBeLessThanOrEqual(CAPS.urgentMaxFeeCap);
  });

  it('an attestation becomes urgent a minute before its deadline, however early it was sent', () => {
    const terms = { operator: OPERATOR, attestDeadline: 10_000n };
    const facts = { terms, status: JobStatus.Requested, operator: OPERATOR, ladder: undefined };
    for (const now of [1, 9_000, 9_999])
      expect(decideAttest({ ...facts, now })).toEqual({ kind: 'attest', urgentFrom: 9_940 });
  });

  it.each(['FEE_ABOVE_CAP', 'SIGNER_NO_GAS', 'SIGNER_UNAVAILABLE', 'TX_QUEUE_FULL', 'TX_TIMEOUT', 'TX_NOT_STARTED'])(
    'a message waits out %s without using up its attempts',
    (code) => {
      expect(laterOnOutage(failure(code, true), 1_000)).toMatchObject({ why: code });
    },
  );
});

describe('F39 · the gas money runs out', () => {
  const PRICE = 150_000n * (2n * gwei(1) + 1n);

  async function fund(address: string, transactions: bigint): Promise<void> {
    await anvil.rpc('anvil_setBalance', [address, `0x${(transactions * PRICE).toString(16)}`]);
    await mineAtSamePrice();
  }

  async function mineAtSamePrice(): Promise<void> {
    await anvil.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${gwei(1).toString(16)}`]);
    await anvil.mine();
  }

  it('alarms at three times the reserve; then what was begun goes first, and everything when money has come', async () => {
    await begin({ automine: false });
    onTestFinished(() => stage.stop());
    const wallet = Wallet.createRandom();
    await fund(wallet.address, 40n);
    const life = await bench.open({ signer: wallet, manager: { gasReserve: 10 } });
    await until(() => life.seen.funds.at(-1) === 'ok');
    expect(life.seen.lastRunway).toBe(40);

    await fund(wallet.address, 29n);
    await until(() => life.seen.funds.at(-1) === 'low', { what: 'the alarm' });
    expect(life.seen.lastRunway).toBe(29);
    expect(life.seen.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'gas money runs out' }) as unknown,
    );

    await fund(wallet.address, 9n);
    await until(() => life.seen.funds.at(-1) === 'short');
    expect(life.seen.logged.some(({ level, fields }) => level === 'error' && fields['code'] === 'SIGNER_NO_GAS')).toBe(
      true,
    );
    // A settlement has no deadline, an attestation has one.
    await expect(life.manager.send(emission(1))).rejects.toMatchObject({ code: 'SIGNER_NO_GAS', retryable: true });
    const attestation = life.manager.send(emission(2, { deadline: 4_000_000_000 }));
    await inPool(anvil, life, 1);
    await mineAtSamePrice();
    expect((await attestation).status).toBe('mined');
    expect(await canonicalValues(anvil)).toEqual([2]);

    await fund(wallet.address, 40n);
    await until(() => life.seen.funds.at(-1) === 'ok');
    expect(life.seen.funds).toEqual(['ok', 'low', 'short', 'ok']);
    const settlement = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    await mineAtSamePrice();
    expect((await settlement).status).toBe('mined');
  });

  it('no executor of the operator begins new work meanwhile, and each goes on when there is money or no word for long', async () => {
    const redis = await startRedis();
    const clock = new ManualClock();
    const deps = { clock, logger: silentLogger };
    const submitter = createGasShortage({ url: redis.url }, deps);
    const executor = createGasShortage({ url: redis.url }, deps);
    const stranger = createGasShortage({ url: redis.url, namespace: 'other' }, deps);
    let runs = 0;
    const work: JobWork = { run: () => Promise.reject(new Error(`run ${(runs += 1)}`)) };
    const { signal } = new AbortController();
    const order = {} as Parameters<JobWork['run']>[0];
    const look = async (shortage = executor): Promise<string> => {
      await clock.advance(1_001);
      return createPaidWork(shortage, work)
        .run(order, signal)
        .then(
          () => 'done',
          (error: unknown) => (error as { code?: string }).code ?? 'begun',
        );
    };
    /** The submitter speaks at each of its looks at the chain. */
    const told = (short: boolean, what: string): Promise<unknown> =>
      until(
        async () => {
          submitter.announce(short);
          return (await look()) === what;
        },
        { what: `${what} after the word of the submitter` },
      );
    try {
      expect(await look()).toBe('begun');
      await told(true, 'SIGNER_NO_GAS');
      expect(await look(stranger)).toBe('begun');
      await told(false, 'begun');
      // A submitter that died short of money is not waited for for ever.
      await told(true, 'SIGNER_NO_GAS');
      expect(Number(await redis.command('pttl', 'remit:gas-shortage'))).toBeGreaterThan(0);
      await redis.command('del', 'remit:gas-shortage');
      await until(async () => (await look()) === 'begun');
      // Without Redis there is no work to refuse either.
      await redis.kill();
      await until(async () => (await look()) === 'begun');
    } finally {
      for (const one of [submitter, executor, stranger]) await one.stop();
      await redis.stop();
    }
  });
});
