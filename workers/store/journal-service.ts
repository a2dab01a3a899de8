import type { Service } from '../runtime/service.ts';
import type { Journal } from './journal.ts';

/** Closes a journal when its process ends. Its start does nothing: opening was the start. */
export function journalService(journal: Pick<Journal, 'close'>): Service {
  return {
    name: 'journal',
    start: () => Promise.resolve(),
    stop: () => {
      journal.close();
      return Promise.resolve();
    },
  };
}
