import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { RemitError } from '../runtime/errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { nested, openSqlite, transact } from './sqlite.ts';

/** Whose journal it is. A file is never used for another signer or another chain. */
export interface JournalOwner {
  readonly chainId: number;
  /** Hash of block 0: tells a restarted local chain from the one before it. */
  readonly genesisHash: string;
  /** Address of the signer, or any other name for a journal that signs nothing. */
  readonly signer: string;
}

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Where the journals of a signer are: its submitter's, with what it attested, and its oracle's, with what it reported. */
export function journalPaths(
  folder: string,
  signer: string,
): { readonly attestations: string; readonly reports: string } {
  return { attestations: join(folder, `${signer}.sqlite`), reports: join(folder, `${signer}-reports.sqlite`) };
}

/** The durable memory of one signer: one SQLite file, one process. Every write is on the disk when it returns. */
export interface Journal {
  readonly path: string;
  readonly owner: JournalOwner;
  /** Runs `work` as one transaction; inside another one it becomes a part of it. */
  transact<T>(work: () => T): T;
  /**
   * As `transact`, and resolves when it is on the disk. What is asked for at the same time is written together, so that many
   * pay for one flush; a piece of work that throws takes back its own writes only.
   */
  grouped<T>(work: () => T): Promise<T>;
  run(sql: string, ...values: SQLInputValue[]): void;
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): readonly Row[];
  close(): void;
}

const MIGRATIONS = [
  `CREATE TABLE owner (chain_id INTEGER NOT NULL, genesis_hash TEXT NOT NULL, signer TEXT NOT NULL) STRICT;
   CREATE TABLE transactions (
     key TEXT PRIMARY KEY,
     nonce INTEGER NOT NULL,
     status TEXT NOT NULL CHECK (status IN ('pending', 'mined', 'final', 'abandoned')),
     request TEXT NOT NULL,
     outcome TEXT,
     created_at INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX transactions_open_nonce ON transactions (nonce) WHERE status IN ('pending', 'mined');
   CREATE INDEX transactions_nonce ON transactions (nonce);
   CREATE TABLE attempts (
     hash TEXT PRIMARY KEY,
     key TEXT NOT NULL REFERENCES transactions (key),
     raw TEXT NOT NULL,
     max_fee TEXT NOT NULL,
     max_tip TEXT NOT NULL,
     cancels INTEGER NOT NULL,
     signed_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX attempts_key ON attempts (key, signed_at);
   CREATE TABLE attestations (
     operator TEXT NOT NULL,
     job_id TEXT NOT NULL,
     output_root TEXT NOT NULL,
     output_content TEXT NOT NULL,
     recorded_at INTEGER NOT NULL,
     PRIMARY KEY (operator, job_id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE cursor_blocks (
     stream TEXT NOT NULL,
     number INTEGER NOT NULL,
     hash TEXT NOT NULL,
     parent_hash TEXT NOT NULL,
     timestamp INTEGER NOT NULL,
     logs TEXT NOT NULL,
     PRIMARY KEY (stream, number)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE job_notes (
     job_id TEXT NOT NULL,
     stage TEXT NOT NULL,
     at INTEGER NOT NULL,
     detail TEXT NOT NULL,
     PRIMARY KEY (job_id, stage)
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE jobs (
     job_id TEXT PRIMARY KEY,
     request TEXT NOT NULL,
     attestation TEXT,
     closed_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX jobs_closed_at ON jobs (closed_at);
   CREATE TABLE outputs (
     job_id TEXT PRIMARY KEY,
     output TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
  `ALTER TABLE jobs ADD COLUMN tried_at INTEGER`,
  `CREATE TABLE orders (
     id TEXT PRIMARY KEY,
     body TEXT NOT NULL,
     feed_id TEXT,
     closed_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX orders_closed_at ON orders (closed_at);
   CREATE INDEX orders_feed_id ON orders (feed_id)`,
  `CREATE TABLE observations (
     feed_id TEXT NOT NULL,
     request_id TEXT NOT NULL,
     turn TEXT NOT NULL,
     value TEXT NOT NULL,
     recorded_at INTEGER NOT NULL,
     PRIMARY KEY (feed_id, request_id, turn)
   ) STRICT, WITHOUT ROWID`,
];

/**
 * Opens (or makes) the journal at `path`. Without an owner: one that is there, whosever it is.
 * @throws RemitError JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_TOO_NEW, JOURNAL_UNWRITABLE, JOURNAL_FOREIGN
 */
export function openJournal(path: string, owner?: JournalOwner): Journal {
  const db = openSqlite({ path, migrations: MIGRATIONS });
  try {
    return wrap(db, path, bind(db, path, owner));
  } catch (error) {
    db.close();
    throw error;
  }
}

function wrap(db: DatabaseSync, path: string, owner: JournalOwner): Journal {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const prepared = (sql: string): ReturnType<DatabaseSync['prepare']> => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const inTransaction = <T>(work: () => T): T => (db.isTransaction ? work() : transact(db, path, work));
  return {
    path,
    owner,
    transact: inTransaction,
    grouped: createGroupCommit({
      commit: (work) => {
        transact(db, path, work);
      },
      part: (work) => nested(db, work),
    }),
    run(sql, ...values) {
      inTransaction(() => prepared(sql).run(...values));
    },
    get: (sql, ...values) => prepared(sql).get(...values),
    all: (sql, ...values) => prepared(sql).all(...values),
    close() {
      if (db.isOpen) db.close();
    },
  };
}

function bind(db: DatabaseSync, path: string, expected: JournalOwner | undefined): JournalOwner {
  const row = db.prepare('SELECT chain_id, genesis_hash, signer FROM owner').get();
  const found = row && {
    chainId: Number(row['chain_id']),
    genesisHash: String(row['genesis_hash']),
    signer: String(row['signer']),
  };
  if (!expected) {
    if (!found) throw journalMissing(path);
    return found;
  }
  const { chainId, genesisHash, signer } = expected;
  if (!found) {
    transact(db, path, () => db.prepare('INSERT INTO owner VALUES (?, ?, ?)').run(chainId, genesisHash, signer));
    return expected;
  }
  if (found.chainId === chainId && found.genesisHash === genesisHash && found.signer === signer) return expected;
  throw new RemitError({
    code: 'JOURNAL_FOREIGN',
    message: `${path} belongs to ${found.signer} on chain ${found.chainId} (genesis ${found.genesisHash}), not to ${signer} on chain ${chainId} (genesis ${genesisHash})`,
    fix: 'use a data folder of its own for every signer and chain; for a local chain that was started anew, remove the old folder',
    context: { path, found, expected: { chainId, genesisHash, signer } },
  });
}

/** Nothing was ever signed with it. */
export function journalMissing(path: string): RemitError {
  return new RemitError({
    code: 'JOURNAL_MISSING',
    message: `there is no journal at ${path}`,
    fix: 'name the data folder of the node (REMIT_DATA_FOLDER) and the address of its key',
    context: { path },
  });
}
