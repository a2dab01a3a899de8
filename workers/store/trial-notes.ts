import type { Hex32, JobId } from '../protocol/ids.ts';
import { openSqlite, transact } from './sqlite.ts';

/** How often a step was asked for. */
export interface AskedStep {
  readonly tries: number;
  /** Local time of the last one, milliseconds since the Unix epoch. */
  readonly lastAt: number;
}

/** What a trial needs that the chain does not know, durable. Everything else is read from the chain. */
export interface TrialNotes {
  /** The salt of a commitment: the one that was made first, on the disk when this returns. */
  salt(jobId: JobId, proof: string, make: () => Hex32): Hex32;
  /** The salt that was made, if any. */
  findSalt(jobId: JobId, proof: string): Hex32 | undefined;
  asked(jobId: JobId, step: string): AskedStep | undefined;
  ask(jobId: JobId, step: string, at: number): void;
  /** The trace that is served for this job. */
  serve(jobId: JobId, merkleRoot: Hex32): void;
  served(jobId: JobId): readonly Hex32[];
  /** Jobs about which anything is noted. */
  jobs(): readonly JobId[];
  forget(jobId: JobId): void;
  close(): void;
}

const MIGRATIONS = [
  `CREATE TABLE salts (
     job_id TEXT NOT NULL,
     proof TEXT NOT NULL,
     salt TEXT NOT NULL,
     PRIMARY KEY (job_id, proof)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE steps (
     job_id TEXT NOT NULL,
     step TEXT NOT NULL,
     tries INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     PRIMARY KEY (job_id, step)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE traces (
     job_id TEXT NOT NULL,
     merkle_root TEXT NOT NULL,
     PRIMARY KEY (job_id, merkle_root)
   ) STRICT, WITHOUT ROWID`,
];

/** @throws RemitError JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_TOO_NEW, JOURNAL_UNWRITABLE */
export function openTrialNotes(path: string): TrialNotes {
  const db = openSqlite({ path, migrations: MIGRATIONS });
  const selectSalt = db.prepare('SELECT salt FROM salts WHERE job_id = ? AND proof = ?');
  const insertSalt = db.prepare('INSERT INTO salts VALUES (?, ?, ?)');
  const selectStep = db.prepare('SELECT tries, last_at FROM steps WHERE job_id = ? AND step = ?');
  const upsertStep = db.prepare(
    `INSERT INTO steps VALUES (?1, ?2, 1, ?3)
     ON CONFLICT (job_id, step) DO UPDATE SET tries = tries + 1, last_at = ?3`,
  );
  const insertTrace = db.prepare('INSERT OR IGNORE INTO traces VALUES (?, ?)');
  const selectTraces = db.prepare('SELECT merkle_root FROM traces WHERE job_id = ?');
  const selectJobs = db.prepare(
    'SELECT job_id FROM salts UNION SELECT job_id FROM steps UNION SELECT job_id FROM traces',
  );
  const deletes = ['salts', 'steps', 'traces'].map((table) => db.prepare(`DELETE FROM ${table} WHERE job_id = ?`));
  const findSalt = (jobId: JobId, proof: string): Hex32 | undefined =>
    selectSalt.get(jobId, proof)?.['salt'] as Hex32 | undefined;
  return {
    findSalt,
    salt(jobId, proof, make) {
      return transact(db, path, () => {
        const known = findSalt(jobId, proof);
        if (known !== undefined) return known;
        const salt = make();
        insertSalt.run(jobId, proof, salt);
        return salt;
      });
    },
    asked(jobId, step) {
      const row = selectStep.get(jobId, step);
      return row && { tries: Number(row['tries']), lastAt: Number(row['last_at']) };
    },
    ask(jobId, step, at) {
      transact(db, path, () => upsertStep.run(jobId, step, at));
    },
    serve(jobId, merkleRoot) {
      transact(db, path, () => insertTrace.run(jobId, merkleRoot));
    },
    served: (jobId) => selectTraces.all(jobId).map((row) => row['merkle_root'] as Hex32),
    jobs: () => selectJobs.all().map((row) => row['job_id'] as JobId),
    forget(jobId) {
      transact(db, path, () => {
        for (const statement of deletes) statement.run(jobId);
      });
    },
    close() {
      if (db.isOpen) db.close();
    },
  };
}
