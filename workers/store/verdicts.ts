import { type JobId, type ModelId, parseJobId, parseModelId } from '../protocol/ids.ts';
import { openSqlite, transact } from './sqlite.ts';

/** One finding about one attested job, as it is kept and served. */
export interface VerdictNote {
  readonly jobId: JobId;
  readonly modelId: ModelId;
  readonly operator: string;
  readonly verdict: string;
  /** Difference over tolerance at the worst element; null where nothing was compared or nothing could be accepted. */
  readonly worstGapRatio: number | null;
  readonly triable: boolean;
  /** Local time, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Everything else about the finding, as JSON. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface VerdictQuery {
  readonly jobId?: JobId;
  readonly verdict?: string;
  /** At most this many, the newest first. Defaults to 100, never above 1,000. */
  readonly limit?: number;
}

/** What the watchtower found, durable. Every attestation of a job is judged alone: a later finding replaces an earlier one. */
export interface Verdicts {
  keep(note: VerdictNote): void;
  find(query: VerdictQuery): readonly VerdictNote[];
  close(): void;
}

const MIGRATIONS = [
  `CREATE TABLE verdicts (
     job_id TEXT PRIMARY KEY,
     model_id TEXT NOT NULL,
     operator TEXT NOT NULL,
     verdict TEXT NOT NULL,
     worst_gap_ratio REAL,
     triable INTEGER NOT NULL,
     at INTEGER NOT NULL,
     detail TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX verdicts_at ON verdicts (at)`,
];
const LIMIT = { usual: 100, most: 1_000 };

/** @throws RemitError JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_TOO_NEW, JOURNAL_UNWRITABLE */
export function openVerdicts(path: string): Verdicts {
  const db = openSqlite({ path, migrations: MIGRATIONS });
  const insert = db.prepare('INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const select = db.prepare(
    `SELECT * FROM verdicts WHERE (?1 IS NULL OR job_id = ?1) AND (?2 IS NULL OR verdict = ?2)
     ORDER BY at DESC, job_id LIMIT ?3`,
  );
  return {
    keep({ jobId, modelId, operator, verdict, worstGapRatio, triable, at, detail }) {
      transact(db, path, () =>
        insert.run(jobId, modelId, operator, verdict, worstGapRatio, Number(triable), at, JSON.stringify(detail)),
      );
    },
    find({ jobId, verdict, limit = LIMIT.usual }) {
      return select.all(jobId ?? null, verdict ?? null, Math.min(limit, LIMIT.most)).map((row) => ({
        jobId: parseJobId(row['job_id']),
        modelId: parseModelId(row['model_id']),
        operator: String(row['operator']),
        verdict: String(row['verdict']),
        worstGapRatio: row['worst_gap_ratio'] === null ? null : Number(row['worst_gap_ratio']),
        triable: row['triable'] === 1,
        at: Number(row['at']),
        detail: JSON.parse(String(row['detail'])) as Readonly<Record<string, unknown>>,
      }));
    },
    close() {
      if (db.isOpen) db.close();
    },
  };
}
