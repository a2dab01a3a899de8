import { describe, expect, it } from 'vitest';
import { createRandom } from '../../models/credit-score/random.ts';
import { JobStatus, parseTerms } from '../../workers/protocol/job.ts';
import { admit } from '../../workers/roles/executor/admission.ts';
import { createIntake } from '../../workers/roles/listener/intake.ts';
import { createListenerMetrics } from '../../workers/roles/listener/metrics.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { effort } from '../support/effort.ts';
import { jobOf, NOW, OPERATOR } from '../support/sample-job.ts';
import { until } from '../support/until.ts';
import { queueHarness } from '../workers/queue/harness.ts';
import { blockOf, createBench, requested } from '../workers/roles/listener/bench.ts';
import { seedOf } from '../support/seeds.ts';

const SEED = seedOf();
/**
 * The listener routes 32 jobs at the same time: each may have passed the gate before the others are counted, and as many may
 * come into the queue between a look at it and the end of that look.
 */
const AT_ONCE = 2 * 32;

async function backlogOf(jobs: number, { maxWaiting, seconds }: { maxWaiting: number; seconds: number }) {
  const harness = await queueHarness();
  const { producer } = harness;
  const deps = { producer, clock: systemClock, logger: silentLogger, metrics: createListenerMetrics(noMetrics) };
  const bench = createBench({}, { producer, intake: createIntake({ maxWaiting }, deps) });
  const random = createRandom(SEED);
  const deadlines = new Map<string, number>();
  for (let first = 1; first <= jobs; first += 500) {
    const events = Array.from({ length: Math.min(500, jobs - first + 1) }, (_, i) => {
      const deadline = NOW + 1 + random.below(seconds);
      deadlines.set(jobOf(first + i), deadline);
      return requested(first + i, first, { attestDeadline: BigInt(deadline) });
    });
    await bench.follow(blockOf(first, ...events));
  }
  return { ...harness, ...bench, deadlines };
}

describe(`F47 · more jobs than can be answered (REMIT_SEED=${SEED})`, () => {
  it('the queue stays bounded, what ends first runs first, what cannot be in time is dropped', async () => {
    const jobs = effort({ test: 2_000, nightly: 100_000 });
    const maxWaiting = jobs / 10;
    // Ten jobs take a second of chain time, so about half of them can be in time.
    const stage = await backlogOf(jobs, { maxWaiting, seconds: jobs / 10 });
    const { producer, consume, chain, book, reconcile, deadlines } = stage;
    expect((await producer.depth('inference')).waiting).toBeLessThanOrEqual(maxWaiting + AT_ONCE);
    expect(book.open()).toHaveLength(jobs);

    const answered = new Map<string, number>();
    const dropped = new Set<string>();
    await consume((message, { enqueuedAt }) => {
      const { jobId } = message;
      const admission = admit({
        terms: parseTerms(message.terms),
        status: chain.statuses.get(jobId) ?? JobStatus.Requested,
        operator: OPERATOR,
        chainNow: chain.now,
        expectedMs: 0,
        ageMs: Date.now() - enqueuedAt,
      });
      if (admission.kind === 'go') {
        expect(answered.has(jobId)).toBe(false);
        answered.set(jobId, chain.now);
        chain.statuses.set(jobId, JobStatus.Attested);
        book.close(jobId, 1);
        if (answered.size % 5 === 0) chain.now += 1;
      } else dropped.add(jobId);
      return Promise.resolve(undefined);
    });
    let deepest = 0;
    await until(
      async () => {
        await reconcile();
        const { waiting, active } = await producer.depth('inference');
        deepest = Math.max(deepest, waiting + active);
        const due = book.open().filter(({ terms }) => terms.attestDeadline >= BigInt(chain.now));
        return waiting + active === 0 && due.length === 0;
      },
      { what: 'the end of the backlog', deadlineMs: effort({ test: 50_000, nightly: 900_000 }), everyMs: 100 },
    );
    expect(deepest).toBeLessThanOrEqual(maxWaiting + AT_ONCE);
    // Nothing was answered too late, nothing that was in time was left, and none was lost.
    for (const [jobId, at] of answered) expect(at).toBeLessThanOrEqual(deadlines.get(jobId) ?? 0);
    const left = [...deadlines].filter(([jobId]) => !answered.has(jobId));
    expect(left.every(([, deadline]) => deadline < chain.now)).toBe(true);
    expect(answered.size).toBeGreaterThan(jobs / 3);
    expect(left.length).toBeGreaterThan(jobs / 10);
    expect(dropped.size).toBeGreaterThan(0);
  });

  it('of those that wait, the one that ends first is next, whenever it came', async () => {
    const { consume, deadlines } = await backlogOf(100, { maxWaiting: 1_000, seconds: 600 });
    const order: number[] = [];
    await consume(({ jobId }) => Promise.resolve(void order.push(deadlines.get(jobId) ?? 0)));
    await until(() => order.length === 100);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});
