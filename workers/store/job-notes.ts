import type { JobId } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Journal } from './journal.ts';

export interface JobNote {
  readonly stage: string;
  /** Local time, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly detail: string;
}

/** What happened to a job here, and when: for latencies and for people. Never a basis for decisions. */
export interface JobNotes {
  /** Writes the first time a stage is reached; later ones are ignored, so that a repeated message does not change it. */
  note(jobId: JobId, stage: string, detail?: string): void;
  /** In the order of time. */
  of(jobId: JobId): readonly JobNote[];
}

export function createJobNotes({ journal, clock }: { journal: Journal; clock: Clock }): JobNotes {
  return {
    note(jobId, stage, detail = '') {
      journal.run('INSERT OR IGNORE INTO job_notes VALUES (?, ?, ?, ?)', jobId, stage, clock.now(), detail);
    },
    of: (jobId) =>
      journal
        .all('SELECT stage, at, detail FROM job_notes WHERE job_id = ? ORDER BY at, stage', jobId)
        .map(({ stage, at, detail }) => ({ stage: String(stage), at: Number(at), detail: String(detail) })),
  };
}
