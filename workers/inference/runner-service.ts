import type { ModelId } from '../protocol/ids.ts';
import { codeOf, messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Service } from '../runtime/service.ts';
import type { ModelRunner } from './model-runner.ts';
import type { ModelShelf } from './model-shelf.ts';

/**
 * The engine as a part of a process: it makes the named models ready in the background, so that their first job need not
 * wait, and ends the children at the stop. A model that cannot be made ready is said so and tried again with its first job.
 */
export function createRunnerService(
  { models }: { readonly models: readonly ModelId[] },
  deps: {
    readonly runner: Pick<ModelRunner, 'close'>;
    readonly shelf: Pick<ModelShelf, 'open'>;
    readonly logger: Logger;
  },
): Service {
  const { runner, shelf, logger } = deps;
  const stopping = new AbortController();
  let warming: Promise<void> = Promise.resolve();

  const isStopping = (): boolean => stopping.signal.aborted;

  async function warm(): Promise<void> {
    for (const modelId of models) {
      if (isStopping()) return;
      try {
        await shelf.open(modelId, stopping.signal);
      } catch (error) {
        if (isStopping()) return;
        const fix = error instanceof Error && 'fix' in error ? error.fix : undefined;
        logger.warn({ modelId, code: codeOf(error), cause: messageOf(error), fix }, 'model not ready');
      }
    }
  }

  return {
    name: 'runner',
    start: () => {
      warming = warm();
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      await runner.close();
      await warming;
    },
  };
}
