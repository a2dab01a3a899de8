import type { Hex32, JobId } from '../protocol/ids.ts';
import { openSqlite, transact } from './sqlite.ts';

/** What a trial needs that the chain does not know, durable. Everything else is read from the chain. */
export interface TrialNotes {
  /** The salt of a commitment: the one that was made first, on the disk when this returns. */
  salt(jobId: JobId, proof: string, make: () => Hex32): Hex32;
  /** Our commitments by the proof they are for. */
  commitments(jobId: JobId): ReadonlyMap<string, Hex32>;
  /** On the disk when this returns; a later one for the same proof replaces it. Its salt must be there. */
  noteCommitment(jobId: JobId, proof: string, commitment: Hex32): void;
  /** The trace that is served for this job. */
  serve(jobId: JobId, merkleRoot: Hex32): void;
  served(jobId: JobId): readonly Hex32[];
  forget(jobId: JobId): void;
  /** What has to be seen to until it is released, by the id of its message; the first one stays. */
  keep(id: string, message: string): void;
  kept(): readonly string[];
  isKept(id: string): boolean;
  release(id: string): void;
  close(): void;
}

const MIGRATIONS = [
  `CREATE TABLE salts (
     job_id TEXT NOT NULL,
     proof TEXT NOT NULL,
     salt TEXT NOT NULL,
     commitment TEXT,
     PRIMARY KEY (job_id, proof)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE traces (
     job_id TEXT NOT NULL,
     merkle_root TEXT NOT NULL,
     PRIMARY KEY (job_id, merkle_root)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE kept (
     id TEXT NOT NULL PRIMARY KEY,
     message TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
];

/** @throws RemitError JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_TOO_NEW, JOURNAL_UNWRITABLE */
export function openTrialNotes(path: string): TrialNotes {
  const db = openSqlite({ path, migrations: MIGRATIONS });
  const selectSalt = db.prepare('SELECT salt FROM salts WHERE job_id = ? AND proof = ?');
  const insertSalt = db.prepare('INSERT INTO salts VALUES (?, ?, ?, NULL)');
  const selectCommitments = db.prepare(
    'SELECT proof, commitment FROM salts WHERE job_id = ? AND commitment IS NOT NULL',
  );
  const updateCommitment = db.prepare('UPDATE salts SET commitment = ? WHERE job_id = ? AND proof = ?');
  const insertTrace = db.prepare('INSERT OR IGNORE INTO traces VALUES (?, ?)');
  const selectTraces = db.prepare('SELECT merkle_root FROM traces WHERE job_id = ?');
  const insertKept = db.prepare('INSERT OR IGNORE INTO kept VALUES (?, ?)');
  const selectKept = db.prepare('SELECT message FROM kept');
  const selectOneKept = db.prepare('SELECT 1 FROM kept WHERE id = ?');
  const deleteKept = db.prepare('DELETE FROM kept WHERE id = ?');
  const deletes = ['salts', 'traces'].map((table) => db.prepare(`DELETE FROM ${table} WHERE job_id = ?`));
  const findSalt = (jobId: JobId, proof: string): Hex32 | undefined =>
    selectSalt.get(jobId, proof)?.['salt'] as Hex32 | undefined;
  return {
    salt(jobId, proof, make) {
      return transact(db, path, () => {
        const known = findSalt(jobId, proof);
        if (known !== undefined) return known;
        const salt = make();
        insertSalt.run(jobId, proof, salt);
        return salt;
      });
    },
    commitments: (jobId) =>
      new Map(selectCommitments.all(jobId).map((row) => [String(row['proof']), row['commitment'] as Hex32])),
    noteCommitment(jobId, proof, commitment) {
      transact(db, path, () => updateCommitment.run(commitment, jobId, proof));
    },
    serve(jobId, merkleRoot) {
      transact(db, path, () => insertTrace.run(jobId, merkleRoot));
    },
    served: (jobId) => selectTraces.all(jobId).map((row) => row['merkle_root'] as Hex32),
    forget(jobId) {
      transact(db, path, () => {
        for (const statement of deletes) statement.run(jobId);
      });
    },
    keep(id, message) {
      transact(db, path, () => insertKept.run(id, message));
    },
    kept: () => selectKept.all().map((row) => String(row['message'])),
    isKept: (id) => selectOneKept.get(id) !== undefined,
    release(id) {
      transact(db, path, () => deleteKept.run(id));
    },
    close() {
      if (db.isOpen) db.close();
    },
  };
}
