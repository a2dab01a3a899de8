import type { QueueName } from '../../../workers/queue/catalog.ts';
import { until } from '../../support/until.ts';
import type { Market } from './market.ts';

export interface QueuePlace {
  /** Whose queue: the stack's operator, from 0. */
  readonly at: number;
  readonly queue: QueueName;
}

/** Waits until a message of this queue is being worked on. */
export async function untilActive({ stack }: Market, { at, queue }: QueuePlace): Promise<void> {
  const key = `remit-${stack.runId}-${at + 1}:${queue}:active`;
  await until(async () => Number(await stack.redis.command('LLEN', key)) > 0, {
    what: `work on a message of ${queue}`,
    deadlineMs: 20_000,
  });
}
