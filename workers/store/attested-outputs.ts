import type { Hex, JobId } from '../protocol/ids.ts';
import type { Journal } from './journal.ts';

/** Output vectors that were attested inline: a callback after the challenge window needs them once more. */
export interface AttestedOutputs {
  /** Durable when it returns. The first output of a job stays. */
  keep(jobId: JobId, output: Hex): void;
  find(jobId: JobId): Hex | undefined;
}

export function createAttestedOutputs({ journal }: { readonly journal: Journal }): AttestedOutputs {
  return {
    keep(jobId, output) {
      journal.run('INSERT OR IGNORE INTO outputs VALUES (?, ?)', jobId, output);
    },
    find: (jobId) => journal.get('SELECT output FROM outputs WHERE job_id = ?', jobId)?.['output'] as Hex | undefined,
  };
}
