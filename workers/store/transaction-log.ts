import type { Hex, Hex32 } from '../protocol/ids.ts';
import type { Journal, Row } from './journal.ts';

/** One signed form of a transaction; fees in wei per gas. */
export interface LoggedAttempt {
  readonly hash: Hex32;
  readonly raw: Hex;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly cancels: boolean;
  /** Local time, milliseconds. */
  readonly signedAt: number;
}

export type LoggedStatus = 'pending' | 'mined' | 'final' | 'abandoned';

/** `I` and `O` are kept as they are; they may hold big integers. */
export interface LoggedTransaction<I, O> {
  readonly key: string;
  readonly nonce: number;
  readonly status: LoggedStatus;
  readonly intent: I;
  readonly attempts: readonly LoggedAttempt[];
  readonly outcome?: O;
}

/** All transactions of one signer, durable before they are sent. */
export interface TransactionLog<I, O> {
  find(key: string): LoggedTransaction<I, O> | undefined;
  /** Everything pending or mined, lowest nonce first. */
  open(): readonly LoggedTransaction<I, O>[];
  lastWithNonce(nonce: number): LoggedTransaction<I, O> | undefined;
  nextNonce(): number;
  /** Fails when the key is taken, or the nonce belongs to an open transaction. */
  create(key: string, nonce: number, intent: I, attempt: LoggedAttempt): void;
  addAttempt(key: string, attempt: LoggedAttempt): void;
  /** Without an outcome, the recorded one is forgotten. */
  setStatus(key: string, status: LoggedStatus, outcome?: O): void;
  /** All writes of `work` together, or none. */
  transact<T>(work: () => T): T;
  /** As `transact`, and resolves when it is on the disk; what waits at the same time shares one write to the disk. */
  grouped<T>(work: () => T): Promise<T>;
}

/**
 * Open transactions are looked at for every one that is sent, so they are held in memory as well: this process is the
 * file's only owner, and memory follows what was written. One log per journal.
 */
export function createTransactionLog<I, O>({ journal }: { journal: Journal }): TransactionLog<I, O> {
  function read(row: Row): LoggedTransaction<I, O> {
    const attempts = journal.all('SELECT * FROM attempts WHERE key = ? ORDER BY signed_at, rowid', String(row['key']));
    return {
      key: String(row['key']),
      nonce: Number(row['nonce']),
      status: row['status'] as LoggedStatus,
      intent: decode(String(row['request'])) as I,
      attempts: attempts.map(attemptOf),
      ...(row['outcome'] !== null && { outcome: decode(String(row['outcome'])) as O }),
    };
  }
  const one = (row: Row | undefined): LoggedTransaction<I, O> | undefined => row && read(row);
  const open = new Map<string, LoggedTransaction<I, O>>();
  let byNonce: readonly LoggedTransaction<I, O>[] | undefined;

  function load(): void {
    open.clear();
    byNonce = undefined;
    for (const row of journal.all("SELECT * FROM transactions WHERE status IN ('pending', 'mined')"))
      open.set(String(row['key']), read(row));
  }

  function hold(record: LoggedTransaction<I, O>): void {
    open.set(record.key, record);
    byNonce = undefined;
  }

  function find(key: string): LoggedTransaction<I, O> | undefined {
    return open.get(key) ?? one(journal.get('SELECT * FROM transactions WHERE key = ?', key));
  }

  /** What was rolled back must not stay in memory. */
  function undone(error: unknown): never {
    load();
    throw error;
  }

  function transact<T>(work: () => T): T {
    try {
      return journal.transact(work);
    } catch (error) {
      return undone(error);
    }
  }

  function insert(
    key: string,
    { hash, raw, maxFeePerGas, maxPriorityFeePerGas, cancels, signedAt }: LoggedAttempt,
  ): void {
    journal.run(
      'INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)',
      hash,
      key,
      raw,
      String(maxFeePerGas),
      String(maxPriorityFeePerGas),
      Number(cancels),
      signedAt,
    );
  }

  load();
  return {
    find,
    open: () => (byNonce ??= [...open.values()].sort((a, b) => a.nonce - b.nonce)),
    lastWithNonce: (nonce) =>
      one(journal.get('SELECT * FROM transactions WHERE nonce = ? ORDER BY rowid DESC LIMIT 1', nonce)),
    nextNonce: () =>
      Number(journal.get('SELECT coalesce(max(nonce), -1) + 1 AS next FROM transactions')?.['next'] ?? 0),
    create(key, nonce, intent, attempt) {
      transact(() => {
        journal.run(
          "INSERT INTO transactions (key, nonce, status, request, created_at) VALUES (?, ?, 'pending', ?, ?)",
          key,
          nonce,
          encode(intent),
          attempt.signedAt,
        );
        insert(key, attempt);
        hold({ key, nonce, status: 'pending', intent, attempts: [attempt] });
      });
    },
    addAttempt(key, attempt) {
      insert(key, attempt);
      const record = open.get(key);
      if (record) hold({ ...record, attempts: [...record.attempts, attempt] });
    },
    setStatus(key, status, outcome) {
      const { nonce, intent, attempts } = find(key) ?? unknownKey(key);
      journal.run(
        'UPDATE transactions SET status = ?, outcome = ? WHERE key = ?',
        status,
        outcome === undefined ? null : encode(outcome),
        key,
      );
      if (status === 'pending' || status === 'mined')
        hold({ key, nonce, status, intent, attempts, ...(outcome !== undefined && { outcome }) });
      else if (open.delete(key)) byNonce = undefined;
    },
    transact,
    grouped: (work) => journal.grouped(work).catch(undone),
  };
}

function unknownKey(key: string): never {
  throw new Error(`no transaction has the key ${key}`);
}

function attemptOf(row: Row): LoggedAttempt {
  return {
    hash: row['hash'] as Hex32,
    raw: row['raw'] as Hex,
    maxFeePerGas: BigInt(String(row['max_fee'])),
    maxPriorityFeePerGas: BigInt(String(row['max_tip'])),
    cancels: row['cancels'] === 1,
    signedAt: Number(row['signed_at']),
  };
}

const BIG = '$big';

function encode(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? { [BIG]: String(entry) } : entry));
}

function decode(text: string): unknown {
  return JSON.parse(text, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && BIG in entry ? BigInt(String(entry[BIG])) : entry,
  );
}
