import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, RemitError } from '../runtime/errors.ts';

export interface SqliteOptions {
  /** The file; its folder is made when missing. */
  readonly path: string;
  /** Steps of the schema, oldest first; a file remembers how many it has had. Never change one that was released. */
  readonly migrations: readonly string[];
  /** Milliseconds to wait for another process to let go of the file. Defaults to 2,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a database whose commits are on the disk when they return, and keeps it to this process until it is closed.
 * @throws RemitError JOURNAL_LOCKED, JOURNAL_CORRUPT, JOURNAL_TOO_NEW, JOURNAL_UNWRITABLE
 */
export function openSqlite({ path, migrations, busyTimeoutMs = 2000 }: SqliteOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    db = new DatabaseSync(path, { timeout: busyTimeoutMs });
    // Exclusive locking also keeps the write-ahead index in memory: no second process can share the file by accident.
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;',
    );
    db.exec('BEGIN EXCLUSIVE; COMMIT;');
    const verdict = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (verdict !== 'ok') throw corrupt(path, String(verdict));
    migrate(db, path, migrations);
    return db;
  } catch (error) {
    db?.close();
    throw translate(error, path);
  }
}

/** Runs `work` as one transaction: all of it is on the disk, or none. */
export function transact<T>(db: DatabaseSync, path: string, work: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  } catch (error) {
    throw translate(error, path);
  }
}

/** Runs `work` inside the transaction that is open: what it wrote is taken back when it throws, and nothing else. */
export function nested<T>(db: DatabaseSync, work: () => T): T {
  db.exec('SAVEPOINT part');
  try {
    const result = work();
    db.exec('RELEASE part');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK TO part; RELEASE part');
    throw error;
  }
}

function migrate(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > migrations.length) {
    throw new RemitError({
      code: 'JOURNAL_TOO_NEW',
      message: `${path} was written by a newer version: schema ${version}, this one knows ${migrations.length}`,
      fix: 'run the version that wrote it, or a newer one',
      context: { path, version },
    });
  }
  for (const [index, step] of migrations.entries()) {
    if (index >= version)
      transact(db, path, () => {
        db.exec(`${step}; PRAGMA user_version = ${index + 1};`);
      });
  }
}

const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** SQLite's result codes as errors that say what to do. Other errors pass unchanged. */
function translate(error: unknown, path: string): unknown {
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (errcode === BUSY) {
    return new RemitError({
      code: 'JOURNAL_LOCKED',
      message: `${path} is in use by another process`,
      fix: 'stop the other process that uses this signer: one key must never sign from two places; or give this one its own data folder',
      context: { path },
      cause: error,
    });
  }
  if (errcode === CORRUPT || errcode === NOT_A_DATABASE) return corrupt(path, messageOf(error), error);
  if (
    (errcode !== undefined && [READ_ONLY, IO_ERROR, FULL, CANNOT_OPEN].includes(errcode)) ||
    ['EACCES', 'ENOSPC', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)
  ) {
    return new RemitError({
      code: 'JOURNAL_UNWRITABLE',
      message: `${path} cannot be written: ${messageOf(error)}`,
      fix: 'free space on the disk and make the data folder writable for this user; nothing is signed until it is',
      retryable: true,
      context: { path },
      cause: error,
    });
  }
  return error;
}

function corrupt(path: string, found: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'JOURNAL_CORRUPT',
    message: `${path} is damaged: ${found}`,
    fix: 'restore it from a backup; without one, export what can be read, wait until every transaction of the signer is mined and every job it attested is settled, and start with a new file',
    context: { path },
    cause,
  });
}
