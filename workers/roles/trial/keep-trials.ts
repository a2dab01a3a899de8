import type { MessageInput } from '../../queue/catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createPeriodic } from '../../runtime/periodic.ts';
import type { Service } from '../../runtime/service.ts';
import type { Notes } from './ports.ts';

export interface KeepTrialsDeps {
  readonly notes: Pick<Notes, 'kept'>;
  readonly queue: { enqueueAgain(queue: 'trial', message: MessageInput<'trial'>): Promise<unknown> };
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Makes sure that every trial in which we have made a move has its message, also after Redis was lost. While a job is on trial the
 * listener does so too; once it has ended nobody else knows that a bond waits, and that notes have to be erased.
 */
export function createKeepTrials(
  { everyMs }: { readonly everyMs: number },
  { notes, queue, clock, logger }: KeepTrialsDeps,
): Service & { keep(): Promise<void> } {
  async function keep(): Promise<void> {
    for (const message of notes.kept()) {
      try {
        await queue.enqueueAgain('trial', JSON.parse(message) as MessageInput<'trial'>);
      } catch (error) {
        logger.warn({ code: codeOf(error), reason: messageOf(error) }, 'trial has no message yet');
      }
    }
  }

  return { ...createPeriodic({ name: 'keep-trials', everyMs }, { work: keep, clock, logger }), keep };
}
