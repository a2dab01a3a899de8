import type { Hex, Hex32 } from '../protocol/ids.ts';
import type { Receipt } from './chain-values.ts';
import type { Fees } from './fees.ts';
import type { RevertReason } from './revert-reason.ts';

/** What a transaction is for. */
export interface TransactionIntent {
  readonly to: string;
  readonly data: Hex;
  /** Wei. */
  readonly value: bigint;
  readonly gasLimit: bigint;
  /** Last second of chain time in which it is of use; afterwards its nonce is used up by an empty transaction. */
  readonly deadline?: number;
  readonly urgent: boolean;
  /** From this second of chain time on it is urgent even if it was not at first. */
  readonly urgentFrom?: number;
}

/** Whether a transaction may spend up to the higher fee cap, at this block. */
export function isUrgent(
  { urgent, urgentFrom }: Pick<TransactionIntent, 'urgent' | 'urgentFrom'>,
  { timestamp }: { readonly timestamp: number },
): boolean {
  return urgent || (urgentFrom !== undefined && timestamp >= urgentFrom);
}

/** One signed form of a transaction. */
export interface Attempt extends Fees {
  readonly hash: Hex32;
  readonly raw: Hex;
  /** True for an empty transaction to ourselves that only uses up the nonce. */
  readonly cancels: boolean;
  /** Local time, milliseconds. */
  readonly signedAt: number;
}

/** `pending`: signed, not seen in a block. `mined`: in a block that may still be dropped. The other two are the end. */
export type TransactionStatus = 'pending' | 'mined' | 'final' | 'abandoned';

export interface TransactionResult {
  readonly receipt?: Receipt;
  readonly reason?: RevertReason;
}

export interface TransactionRecord {
  readonly key: string;
  readonly nonce: number;
  readonly status: TransactionStatus;
  readonly intent: TransactionIntent;
  /** Oldest first; at least one. */
  readonly attempts: readonly Attempt[];
  readonly outcome?: TransactionResult;
}

/** The durable memory of a transaction manager. Every write has happened for good when it returns. */
export interface TransactionJournal {
  find(key: string): TransactionRecord | undefined;
  /** Everything pending or mined, lowest nonce first. */
  open(): readonly TransactionRecord[];
  /** The newest record that had this nonce. */
  lastWithNonce(nonce: number): TransactionRecord | undefined;
  /** One more than the highest nonce ever recorded; 0 at first. */
  nextNonce(): number;
  create(key: string, nonce: number, intent: TransactionIntent, attempt: Attempt): void;
  addAttempt(key: string, attempt: Attempt): void;
  setStatus(key: string, status: TransactionStatus, outcome?: TransactionResult): void;
  /** All writes of `work` together, or none. */
  transact<T>(work: () => T): T;
  /** As `transact`, and resolves when it is on the disk; what waits at the same time shares one write to the disk. */
  grouped<T>(work: () => T): Promise<T>;
}

/** The attempt that is, or would be, mined in place of all others: the newest. */
export function newest({ attempts, key }: TransactionRecord): Attempt {
  const attempt = attempts.at(-1);
  if (!attempt) throw new Error(`transaction ${key} has no attempt`);
  return attempt;
}
