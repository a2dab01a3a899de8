import { describe, expect, it } from 'vitest';
import { createEventDecoder } from '../../../../workers/chain/events.ts';
import { jobsSettledBy } from '../../../../workers/chain/job-calls.ts';
import { explainRevert } from '../../../../workers/chain/reverts.ts';
import { interfaces } from '../../../../workers/chain/contracts.ts';
import type { Addresses } from '../../../../workers/chain/deployments.ts';
import type { Hex, JobId } from '../../../../workers/protocol/ids.ts';
import { JobStatus, type Terms } from '../../../../workers/protocol/job.ts';
import { createSettleBatch } from '../../../../workers/roles/submitter/settle-batch.ts';
import { createSettleJob } from '../../../../workers/roles/submitter/settle-job.ts';
import { createSettleTransaction } from '../../../../workers/roles/submitter/settle-transaction.ts';
import { contextOf, recordingLogger } from '../../../support/role-jobs.ts';
import { hash, jobOf, NOW, OPERATOR, REGISTRY } from '../../../support/sample-job.ts';
import {
  clockAtNow,
  createChain,
  FakeEffects,
  logOf,
  mined,
  RECORD,
  recordMetrics,
  receiptOf,
  settleOf,
  wouldRevert,
} from './bench.ts';

const addresses = Object.fromEntries(
  ['JobRegistry', 'ModelRegistry', 'OperatorStaking', 'Settlement', 'Slasher', 'EquivocationCourt'].map((name) => [
    name,
    REGISTRY,
  ]),
) as Addresses;
const settledLog = (job: number) => logOf('JobSettled', [jobOf(job), OPERATOR, 9n, 1n, 0n]);
const skippedLog = (job: number, error: string) =>
  logOf('SettleSkipped', [jobOf(job), interfaces.JobRegistry.getError(error)?.selector]);

function bench(status: JobStatus = JobStatus.Attested, { maxJobs = 50 }: { maxJobs?: number } = {}) {
  const clock = clockAtNow();
  const { chain, view, head } = createChain(status);
  const effects = new FakeEffects();
  const metrics = recordMetrics();
  const underWay = new Map<JobId, string>();
  const batches: number[] = [];
  const decoder = createEventDecoder(addresses, ['JobSettled', 'SettleSkipped', 'CallbackFailed']);
  const transaction = createSettleTransaction(
    { chainId: 31_337, registry: REGISTRY },
    {
      effects,
      decode: (log) => decoder.decode(log),
      explain: explainRevert,
      underWay,
      onBatch: (jobs) => void batches.push(jobs),
      signal: new AbortController().signal,
    },
  );
  const batch = createSettleBatch({ maxJobs, maxWaitMs: 500 }, { settle: (jobs) => transaction.settle(jobs), clock });
  const kept = new Map<JobId, Hex>([[jobOf(1), '0x3f800000']]);
  const handler = createSettleJob(
    { operator: OPERATOR },
    { view, head, outputOf: (jobId) => kept.get(jobId), batch, transaction, clock, metrics },
  );
  const logger = recordingLogger();
  const run = (job = 1, terms: Partial<Terms> = { callbackPhase: 0 }, output: Hex = '0x') =>
    handler(settleOf(job, terms, output), contextOf(logger));
  const callOf = (at: number) => interfaces.JobRegistry.parseTransaction({ data: effects.sent[at]?.data ?? '' });
  return { run, chain, clock, effects, metrics, underWay, batches, kept, logger, callOf };
}

describe('settling', () => {
  it('settles one job alone, after the longest wait for others, and counts what it earned', async () => {
    const { run, clock, effects, metrics, callOf, logger } = bench();
    effects.answers = [mined([settledLog(1)])];
    const done = run();
    await clock.advance(499);
    expect(effects.sent).toEqual([]);
    await clock.advance(1);
    expect(await done).toBeUndefined();
    expect(callOf(0)?.name).toBe('settle');
    expect(metrics.endings).toEqual(['settle mined']);
    expect(metrics.earnedUnits).toBe(9n);
    expect(logger.lines.at(-1)).toMatchObject({ message: 'job settled', fields: { batch: 1, operatorAmount: '9' } });
  });

  it('settles jobs that wait at the same time with one transaction', async () => {
    const { run, clock, effects, batches, callOf } = bench();
    effects.answers = [mined([1, 2, 3].map(settledLog))];
    const done = Promise.all([run(1), run(2), run(3)]);
    await clock.advance(500);
    expect(await done).toEqual([undefined, undefined, undefined]);
    expect(effects.sent).toHaveLength(1);
    expect(callOf(0)?.name).toBe('settleMany');
    expect(batches).toEqual([3]);
  });

  it('sends a full batch at once', async () => {
    const { run, effects } = bench(JobStatus.Attested, { maxJobs: 2 });
    effects.answers = [mined([settledLog(1), settledLog(2)])];
    expect(await Promise.all([run(1), run(2)])).toEqual([undefined, undefined]);
  });

  it('cuts a batch whose callbacks need more gas than one transaction may have', async () => {
    const { run, clock, effects, kept } = bench();
    for (let job = 1; job <= 20; job++) kept.set(jobOf(job), '0x3f800000');
    effects.answers = [mined(Array.from({ length: 20 }, (_, at) => settledLog(at + 1)))];
    const done = Promise.all(Array.from({ length: 20 }, (_, at) => run(at + 1, { callbackGas: 1_000_000 })));
    await clock.advance(500);
    await done;
    expect(effects.sent).toHaveLength(3);
    for (const { gasLimit } of effects.sent) expect(gasLimit(50_000n)).toBeLessThan(16_777_216n);
  });

  it('resolves each job of a batch by what the registry said of it', async () => {
    const { run, clock, effects, metrics } = bench();
    effects.answers = [mined([settledLog(1), skippedLog(2, 'JobRegistryWindowNotPassed')])];
    const done = Promise.all([run(1), run(2)]);
    await clock.advance(500);
    const [first, second] = await done;
    expect(first).toBeUndefined();
    expect(second?.retryAfterMs).toBeGreaterThan(0);
    expect(metrics.endings).toEqual(['settle mined']);
  });

  it('takes a transaction that skipped a job, as one that a reorg moved forward, for none that settled it', async () => {
    const { run, clock, effects } = bench();
    effects.answers = [mined([settledLog(1), settledLog(2)])];
    const done = Promise.all([run(1), run(2)]);
    await clock.advance(500);
    await done;
    const happened = (...logs: ReturnType<typeof settledLog>[]) => effects.sent[0]?.hasHappened?.(receiptOf(logs));
    expect(happened(settledLog(1), settledLog(2))).toBe(true);
    expect(happened(settledLog(1), skippedLog(2, 'JobRegistryWindowNotPassed'))).toBe(false);
    expect(happened()).toBe(false);
  });

  it('tries each job alone when the batch as a whole is refused', async () => {
    const { run, clock, effects, callOf } = bench();
    const refusal = wouldRevert('JobRegistry', 'JobRegistryRecordMismatch', [hash(2)]);
    effects.answers = [refusal, mined([settledLog(1)]), refusal];
    const done = Promise.all([run(1), run(2)]);
    await clock.advance(500);
    const [first, second] = await done;
    expect(first).toBeUndefined();
    expect(second?.why).toContain('JobRegistryRecordMismatch');
    expect([0, 1, 2].map((at) => callOf(at)?.name)).toEqual(['settleMany', 'settle', 'settle']);
  });

  it('waits until chain time is beyond the window', async () => {
    const { run, chain, effects } = bench();
    chain.now = NOW - 1;
    expect(await run()).toMatchObject({ retryAfterMs: 1_000, why: 'the challenge window is open' });
    chain.now = NOW - 3_600;
    expect(await run()).toMatchObject({ retryAfterMs: 15_000 });
    expect(effects.sent).toEqual([]);
  });

  it.each([
    [JobStatus.Settled, 'settle lost-race'],
    [JobStatus.Slashed, 'settle lost-race'],
    [JobStatus.OnTrial, 'settle stood-down'],
  ])('stands down in status %i', async (status, ending) => {
    const { run, metrics, effects } = bench(status);
    expect(await run()).toBeUndefined();
    expect(metrics.endings).toEqual([ending]);
    expect(effects.sent).toEqual([]);
  });

  it('gives a lagging node time before it believes that the attestation is gone', async () => {
    const { run, clock, metrics } = bench(JobStatus.Requested);
    expect(await run()).toMatchObject({ retryAfterMs: 1_000 });
    await clock.advance(30_000);
    expect(await run()).toBeUndefined();
    expect(metrics.endings).toEqual(['settle stood-down']);
  });

  it('sends nothing for a record that a reorg has replaced, and ends once that is sure', async () => {
    const { run, chain, clock, effects, metrics } = bench();
    chain.record = { ...RECORD, challengeEnd: RECORD.challengeEnd - 1n };
    expect(await run()).toMatchObject({ retryAfterMs: 1_000, why: 'another attestation is on the chain' });
    await clock.advance(30_000);
    expect(await run()).toBeUndefined();
    expect(effects.sent).toEqual([]);
    expect(metrics.endings).toEqual(['settle stood-down']);
  });

  it('brings the output where the callback wants it: from the journal, else from the message, else not at all', async () => {
    const { run, clock, effects, callOf } = bench(JobStatus.Attested, { maxJobs: 1 });
    effects.answers = [mined([settledLog(1), settledLog(2)])];
    await run(1, {}, '0x11111111');
    expect(callOf(0)?.args['output']).toBe('0x3f800000');
    await run(2, {}, '0x22222222');
    expect(callOf(1)?.args['output']).toBe('0x22222222');
    await expect(run(3, {})).rejects.toMatchObject({ code: 'OUTPUT_UNKNOWN', retryable: true });
    await clock.advance(0);
  });

  it('continues a settlement that an earlier life of the process had signed', async () => {
    const { run, effects, underWay, metrics } = bench();
    underWay.set(jobOf(1), 'the-old-key');
    effects.before = { outcome: mined([settledLog(1)]), sentAtMs: 1 };
    expect(await run()).toBeUndefined();
    expect(effects.resumed).toEqual(['the-old-key']);
    expect(effects.sent).toEqual([]);
    expect(metrics.endings).toEqual(['settle mined']);
    expect(underWay.size).toBe(0);
  });

  it('remembers a settlement whose outcome was not seen', async () => {
    const { run, clock, effects, underWay } = bench();
    effects.answers = [new Error('took too long')];
    const done = expect(run()).rejects.toThrow('took too long');
    await clock.advance(500);
    await done;
    expect([...underWay.keys()]).toEqual([jobOf(1)]);
  });

  it('names the jobs of a settlement that is found in the journal', async () => {
    const { run, clock, effects } = bench();
    effects.answers = [mined([1, 2].map(settledLog))];
    const done = Promise.all([run(1, { callbackPhase: 0, salt: 1n }), run(2, { callbackPhase: 0, salt: 2n })]);
    await clock.advance(500);
    await done;
    const domain = { chainId: 31_337n, registry: REGISTRY };
    expect(new Set(jobsSettledBy(effects.sent[0]?.data ?? '0x', domain)).size).toBe(2);
    expect(jobsSettledBy('0x12345678', domain)).toEqual([]);
  });
});
