import { expect, it } from 'vitest';
import { createKeepTrials } from '../../../../workers/roles/trial/keep-trials.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { type LogLine, recordingLogger } from '../../../support/role-jobs.ts';

it('makes the message of every kept trial again and again, also when one of them cannot be made', async () => {
  const clock = new ManualClock({ startMs: 0 });
  const made: unknown[] = [];
  const lines: LogLine[] = [];
  const kept = ['{"jobId":1}', 'nonsense', '{"jobId":2}'];
  const keeper = createKeepTrials(
    { everyMs: 1_000 },
    {
      notes: { kept: () => kept },
      queue: {
        enqueueAgain: async (queue, message) => {
          made.push([queue, message]);
        },
      },
      clock,
      logger: recordingLogger(lines),
    },
  );
  const both = [1, 2].map((jobId) => ['trial', { jobId }]);
  await keeper.start(new AbortController().signal);
  await clock.advance(0);
  expect(made).toEqual(both);
  expect(lines).toMatchObject([{ level: 'warn', message: 'trial has no message yet' }]);
  kept.splice(1, 1);
  await clock.advance(1_000);
  expect(made).toEqual([...both, ...both]);
  await keeper.stop();
  await clock.advance(5_000);
  expect(made).toHaveLength(4);
  expect(lines).toHaveLength(1);
});
