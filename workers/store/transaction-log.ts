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
}

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

  return {
    find: (key) => one(journal.get('SELECT * FROM transactions WHERE key = ?', key)),
    open: () => journal.all("SELECT * FROM transactions WHERE status IN ('pending', 'mined') ORDER BY nonce").map(read),
    lastWithNonce: (nonce) =>
      one(journal.get('SELECT * FROM transactions WHERE nonce = ? ORDER BY rowid DESC LIMIT 1', nonce)),
    nextNonce: () =>
      Number(journal.get('SELECT coalesce(max(nonce), -1) + 1 AS next FROM transactions')?.['next'] ?? 0),
    create(key, nonce, intent, attempt) {
      journal.transact(() => {
        journal.run(
          "INSERT INTO transactions (key, nonce, status, request, created_at) VALUES (?, ?, 'pending', ?, ?)",
          key,
          nonce,
          encode(intent),
          attempt.signedAt,
        );
        insert(key, attempt);
      });
    },
    addAttempt: insert,
    setStatus(key, status, outcome) {
      journal.run(
        'UPDATE transactions SET status = ?, outcome = ? WHERE key = ?',
        status,
        outcome === undefined ? null : encode(outcome),
        key,
      );
    },
  };
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
