import type { QueueName } from '../../../workers/queue/catalog.ts';
import { until } from '../../support/until.ts';
import type { Job, Market } from './market.ts';

export interface QueuePlace {
  /** Whose queue: the stack's operator, from 0. */
  readonly at: number;
  readonly queue: QueueName;
}

/** Waits until the message of this queue about `job` is being worked on. */
export async function untilActive(
  { stack }: Market,
  job: Pick<Job, 'jobId'>,
  { at, queue }: QueuePlace,
): Promise<void> {
  const key = `remit-${stack.runId}-${at + 1}:${queue}:active`;
  await until(async () => String(await stack.redis.command('LRANGE', key, '0', '-1')).includes(job.jobId.slice(2)), {
    what: `work on the ${queue} of the job`,
    deadlineMs: 20_000,
  });
}
