import { type Hex32, type JobId, parseHex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { openSqlite, transact } from './sqlite.ts';

/** What this node answered to a job. */
export interface Answer {
  readonly outputRoot: Hex32;
  /** sha2-256 of the output vector, under which the artifact store keeps it. */
  readonly digest: Hex32;
}

/**
 * The node's own answers by job, so that a job that comes again (Redis was lost, a reorg brought it back) gets the same
 * answer: two runs may differ in the last bit, and two attestations that differ are an equivocation.
 */
export interface Answers {
  find(jobId: JobId): Answer | undefined;
  /** Resolves when the answer is on the disk. The first answer stays. What comes at the same time shares one commit. */
  keep(jobId: JobId, answer: Answer): Promise<void>;
  close(): void;
}

const MIGRATIONS = [
  `CREATE TABLE answers (
     job_id TEXT PRIMARY KEY,
     output_root TEXT NOT NULL,
     digest TEXT NOT NULL,
     kept_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID`,
];

interface Waiting {
  readonly jobId: JobId;
  readonly answer: Answer;
  readonly done: PromiseWithResolvers<undefined>;
}

/** @throws RemitError JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_TOO_NEW, JOURNAL_UNWRITABLE */
export function openAnswers(path: string, { clock }: { readonly clock: Pick<Clock, 'now'> }): Answers {
  const db = openSqlite({ path, migrations: MIGRATIONS });
  const insert = db.prepare('INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)');
  const select = db.prepare('SELECT output_root, digest FROM answers WHERE job_id = ?');
  let waiting: Waiting[] = [];

  function flush(): void {
    const batch = waiting;
    waiting = [];
    try {
      transact(db, path, () => {
        for (const { jobId, answer } of batch) insert.run(jobId, answer.outputRoot, answer.digest, clock.now());
      });
      for (const { done } of batch) done.resolve(undefined);
    } catch (error) {
      for (const { done } of batch) done.reject(error);
    }
  }

  return {
    find(jobId) {
      const row = select.get(jobId);
      return row && { outputRoot: parseHex32(row['output_root']), digest: parseHex32(row['digest']) };
    },
    async keep(jobId, answer) {
      const done = Promise.withResolvers<undefined>();
      if (waiting.push({ jobId, answer, done }) === 1) setImmediate(flush);
      await done.promise;
    },
    close() {
      if (waiting.length > 0) flush();
      if (db.isOpen) db.close();
    },
  };
}
