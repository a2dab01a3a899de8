import type { MessageInput } from '../../queue/catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
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
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function keep(): Promise<void> {
    for (const message of notes.kept()) {
      try {
        await queue.enqueueAgain('trial', JSON.parse(message) as MessageInput<'trial'>);
      } catch (error) {
        logger.warn({ code: codeOf(error), reason: messageOf(error) }, 'trial has no message yet');
      }
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await keep();
      await clock.sleep(everyMs, stopping.signal);
    }
  }

  return {
    name: 'keep-trials',
    keep,
    start() {
      running = run().catch((error: unknown) => {
        if (!stopping.signal.aborted)
          logger.error({ code: codeOf(error), reason: messageOf(error) }, 'trials are not kept any more');
      });
      return Promise.resolve();
    },
    async stop() {
      stopping.abort(new Error('shutting down'));
      await running;
    },
  };
}
