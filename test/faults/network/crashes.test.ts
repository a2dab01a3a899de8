import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../models/credit-score/random.ts';
import { startOperator } from '../../../scripts/stack/operator.ts';
import { TOKEN } from '../../../scripts/stack/stack.ts';
import { expectSettledOnce, readBooks } from '../../e2e/support/books.ts';
import { ADDER, adderInput, type Job, type Market } from '../../e2e/support/market.ts';
import { pauseMining, resumeMining } from '../../e2e/support/chain-time.ts';
import { endStack, said, startMarket } from '../../e2e/support/network.ts';
import { freezeEngine, freezeWorker } from '../../e2e/support/processes.ts';
import { untilActive } from '../../e2e/support/queues.ts';
import { untilPending } from '../../e2e/support/transactions.ts';
import { effort } from '../../support/effort.ts';
import { until } from '../../support/until.ts';
import { expectedIn, type Kill, killOnce, type Lane, messagesIn, sent, startSecondExecutor } from './crash-lane.ts';
import { seedOf } from '../../support/seeds.ts';

/** The 12 points, each in the process that passes it. */
const LISTENER: readonly Kill[] = [
  { point: 'K1', victim: 'listener', nth: 1, jobs: 1 },
  // After two of the three messages that this block asks for.
  { point: 'K2', victim: 'listener', nth: 2, jobs: 3 },
  { point: 'K3', victim: 'listener', nth: 1, jobs: 1 },
];
/**
 * Two in a row, because a message of a dead consumer is free again only when its lock has run out; not more, because a message
 * that was there at three deaths is taken for their cause.
 */
const HOLDERS: readonly (readonly [Kill, Kill])[] = [
  [
    { point: 'K4', victim: 'executor', nth: 1, jobs: 1 },
    { point: 'K5', victim: 'executor', nth: 1, jobs: 1 },
  ],
  [
    { point: 'K6', victim: 'executor', nth: 1, jobs: 1 },
    { point: 'K7', victim: 'submitter', nth: 1, jobs: 1 },
  ],
];
const SIGNERS: readonly Kill[] = [
  { point: 'K8', victim: 'submitter', nth: 1, jobs: 1 },
  { point: 'K9', victim: 'submitter', nth: 1, jobs: 1 },
  { point: 'K10', victim: 'submitter', nth: 1, jobs: 1 },
  { point: 'K11', victim: 'submitter', nth: 1, jobs: 1 },
  { point: 'K12', victim: 'submitter', nth: 1, jobs: 1 },
];
/** More places for the draws of a night: a settlement instead of an attestation, a later message. */
const DRAWN: readonly Kill[] = [
  ...LISTENER,
  ...HOLDERS.flat(),
  ...SIGNERS,
  { point: 'K1', victim: 'listener', nth: 2, jobs: 1 },
  { point: 'K2', victim: 'listener', nth: 4, jobs: 2 },
  { point: 'K3', victim: 'listener', nth: 2, jobs: 1 },
  { point: 'K4', victim: 'submitter', nth: 2, jobs: 1 },
  { point: 'K4', victim: 'executor', nth: 3, jobs: 3 },
  { point: 'K6', victim: 'executor', nth: 2, jobs: 3 },
  { point: 'K7', victim: 'submitter', nth: 2, jobs: 3 },
  { point: 'K8', victim: 'submitter', nth: 2, jobs: 1 },
  { point: 'K9', victim: 'submitter', nth: 2, jobs: 1 },
  { point: 'K10', victim: 'submitter', nth: 2, jobs: 1 },
  { point: 'K11', victim: 'submitter', nth: 2, jobs: 1 },
  { point: 'K12', victim: 'submitter', nth: 2, jobs: 1 },
  { point: 'K12', victim: 'executor', nth: 1, jobs: 2 },
];
/** Each process in a round: a message that was there at more deaths would be taken for their cause. */
const DEATHS = 2;
/** Rounds of drawn kills beside one kill at each point. */
const ROUNDS = effort({ test: 1, nightly: 100 }) - 1;
const SEED = seedOf();

describe('kill -9 at every point of a job', () => {
  let market: Market;
  let lane: Lane;
  const asked: Job[] = [];

  beforeAll(async () => {
    market = await startMarket();
    lane = {
      market,
      model: await market.publish(ADDER),
      processes: await startOperator(market.stack, { at: 0, verified: false }),
    };
    if (ROUNDS > 0) await market.prepay(market.stack.accounts.requester.address, 10_000n * TOKEN);
    const before = await readBooks(market);
    const [job] = await market.ask({ model: lane.model, input: adderInput(1, 1) });
    await expectSettledOnce(market, before, job);
    asked.push(job);
  });
  afterAll(async () => {
    await endStack(market);
  });

  /** Whatever died, every job is attested and settled once, and its operator has paid for no other transaction. */
  async function expectAsIfNothingHappened(...kills: readonly Kill[]): Promise<void> {
    const before = await readBooks(market);
    const transactions = await sent(lane);
    const jobs: Job[] = [];
    for (const kill of kills) jobs.push(...(await killOnce(lane, kill)));
    await expectSettledOnce(market, before, ...jobs);
    asked.push(...jobs);
    const more = (await sent(lane)) - transactions;
    // One attestation each; settlements may share a transaction.
    expect(more).toBeGreaterThan(jobs.length);
    expect(more).toBeLessThanOrEqual(2 * jobs.length);
  }

  describe('F1 · of the listener, in the middle of a block', () => {
    it.each(LISTENER)('$point, with $jobs requests in the block', (kill) => expectAsIfNothingHappened(kill));

    it('and the messages it made are those of the chain, each once', async () => {
      expect(await messagesIn(lane, 'inference')).toEqual(expectedIn(lane, asked, 'infer'));
      // A settlement that is on the chain takes back the message that still waits for it.
      const waiting = (await messagesIn(lane, 'settlement')).map((id) => id.replace(/-[0-9a-f]{8}$/, ''));
      expect(expectedIn(lane, asked, 'settle')).toEqual(expect.arrayContaining(waiting));
    });
  });

  describe('F24 · of executor and submitter, at every step', () => {
    it.each(HOLDERS.map((kills) => ({ kills, points: kills.map(({ point }) => point).join(' and ') })))(
      '$points, in a row',
      ({ kills }) => expectAsIfNothingHappened(...kills),
    );

    it.each(SIGNERS)('$point of the submitter', (kill) => expectAsIfNothingHappened(kill));

    it('and the chain has as many answers as questions', async () => {
      const events = await Promise.all(asked.map(({ jobId }) => market.history(jobId)));
      const of = (type: string): number => events.flat().filter((event) => event.type === type).length;
      expect([of('JobRequested'), of('JobAttested'), of('JobSettled')]).toEqual(
        asked.map(() => asked.length).slice(0, 3),
      );
    });
  });

  describe('F25 · a process stands still, and others go on without it', () => {
    const STILL_MS = effort({ test: 0, nightly: 60_000 });

    it('an executor with a message: another one answers, and its own late answer changes nothing', async () => {
      const { stack } = market;
      const { executor } = lane.processes;
      const before = await readBooks(market);
      const transactions = await sent(lane);
      const engine = await freezeEngine(executor);
      const [job] = await market.ask({ model: lane.model, input: adderInput(25, 1) });
      await untilActive(market, job, { at: 0, queue: 'inference' });
      const zombie = freezeWorker(executor);
      const frozenAt = Date.now();
      engine.thaw();
      const second = await startSecondExecutor(lane);
      await expectSettledOnce(market, before, job);
      await until(() => Date.now() - frozenAt >= STILL_MS, { deadlineMs: STILL_MS + 1_000 });
      zombie.thaw();
      // It learns that its lock is gone, whatever it does with its answer then.
      await stack.log.waitFor(
        ({ process, message, fields }) =>
          process === executor.name &&
          (message === 'message failed' || (message === 'job answered' && fields['jobId'] === job.jobId)),
        { what: 'the end of the late run', deadlineMs: 30_000 },
      );
      await second.stop();
      const [next] = await market.ask({ model: lane.model, input: adderInput(25, 2) });
      await expectSettledOnce(market, before, job, next);
      expect(await sent(lane)).toBe(transactions + 4);
      asked.push(job, next);
    });

    it('a submitter, longer than its locks hold: its transaction counts once', async () => {
      const { submitter } = lane.processes;
      const before = await readBooks(market);
      const transactions = await sent(lane);
      await pauseMining(market);
      const [job] = await market.ask({ model: lane.model, input: adderInput(25, 3) });
      await untilPending(market, market.stack.accounts.operators[0]!.attester.address);
      const zombie = freezeWorker(submitter);
      const frozenAt = Date.now();
      await resumeMining(market);
      const lock = `remit-${market.stack.runId}-1:attestation:${expectedIn(lane, [job], 'attest')[0]}:lock`;
      await until(async () => (await market.stack.redis.command('EXISTS', lock)) === 0, {
        what: 'the end of the lock',
        deadlineMs: 30_000,
      });
      await until(() => Date.now() - frozenAt >= STILL_MS, { deadlineMs: STILL_MS + 1_000 });
      zombie.thaw();
      await expectSettledOnce(market, before, job);
      expect(await sent(lane)).toBe(transactions + 2);
      asked.push(job);
    });
  });

  describe('F49 · SIGTERM in the middle of the work', () => {
    const random = createRandom(SEED);
    const moments = Array.from({ length: effort({ test: 1, nightly: 20 }) }, () =>
      (['listener', 'executor', 'submitter'] as const).map((name): Kill => {
        const places = DRAWN.filter(({ victim }) => victim === name);
        return { ...places[random.below(places.length)]!, signal: 'SIGTERM' };
      }),
    );

    it.each(moments)(
      `at drawn moments (REMIT_SEED=${SEED}): %j, %j, %j exit with 0, and what they had begun is finished`,
      (...kills) => expectAsIfNothingHappened(...kills),
    );

    it('a second one ends it at once, and the message runs elsewhere or again', async () => {
      const { executor } = lane.processes;
      const before = await readBooks(market);
      await freezeEngine(executor);
      const [job] = await market.ask({ model: lane.model, input: adderInput(49, 1) });
      await untilActive(market, job, { at: 0, queue: 'inference' });
      const { process } = executor;
      process.signal('SIGTERM');
      await said(market.stack, executor, 'stopping');
      expect(process.running()).toBe(true);
      process.signal('SIGTERM');
      await said(market.stack, executor, 'second signal, leaving at once');
      expect(await process.exited).toEqual({ code: 1, signal: null });
      await executor.restart();
      await expectSettledOnce(market, before, job);
    });
  });

  for (const seed of Array.from({ length: ROUNDS }, (_, round) => SEED + round))
    it(`F1, F24 · ${DEATHS} kills of each process before anything is mended, drawn with REMIT_SEED=${seed}`, () => {
      const random = createRandom(seed);
      const victims = (['listener', 'executor', 'submitter'] as const).map((name) =>
        DRAWN.filter(({ victim }) => victim === name),
      );
      const kills = victims.flatMap((places) =>
        Array.from({ length: DEATHS }, () => places[random.below(places.length)]!),
      );
      const shuffled = kills.map((kill) => ({ kill, at: random.uniform() })).sort((a, b) => a.at - b.at);
      return expectAsIfNothingHappened(...shuffled.map(({ kill }) => kill));
    });
});
