import { expect, it } from 'vitest';
import { createPeriodic } from '../../../workers/runtime/periodic.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type LogLine, recordingLogger } from '../../support/role-jobs.ts';

it('works at once and again on time, also after a failure, which it logs', async () => {
  const clock = new ManualClock({ startMs: 0 });
  const lines: LogLine[] = [];
  const at: number[] = [];
  const service = createPeriodic(
    { name: 'rounds', everyMs: 1_000 },
    {
      work: () => {
        at.push(clock.now());
        return at.length === 2 ? Promise.reject(new Error('away')) : Promise.resolve();
      },
      clock,
      logger: recordingLogger(lines),
    },
  );
  await service.start(new AbortController().signal);
  for (const ms of [0, 1_000, 1_000]) await clock.advance(ms);
  expect(at).toEqual([0, 1_000, 2_000]);
  expect(lines).toMatchObject([{ level: 'warn', fields: { service: 'rounds', reason: 'away' } }]);
  await service.stop();
  await clock.advance(5_000);
  expect(at).toHaveLength(3);
  expect(clock.sleepers).toBe(0);
});

it('a stop waits for the run under way', async () => {
  const clock = new ManualClock({ startMs: 0 });
  const work = Promise.withResolvers<undefined>();
  const service = createPeriodic(
    { name: 'rounds', everyMs: 1_000 },
    { work: () => work.promise, clock, logger: recordingLogger([]) },
  );
  await service.start(new AbortController().signal);
  let stopped = false;
  const stop = service.stop().then(() => (stopped = true));
  await clock.advance(0);
  expect(stopped).toBe(false);
  work.resolve(undefined);
  await stop;
});
