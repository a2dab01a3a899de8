import type { PublishVerdict } from './node-errors.ts';

/** What a transaction manager counts. */
export interface TxMetrics {
  pending(count: number): void;
  bumped(): void;
  /** A publication that was neither accepted nor known already. */
  publishFailed(verdict: PublishVerdict): void;
  /** Wei paid for gas by one mined transaction. */
  feeSpent(wei: bigint): void;
  /** Wei the signer holds. */
  balance(wei: bigint): void;
  /** Transactions that the signer's money pays for beside those under way. */
  runway(transactions: number): void;
  nonceStolen(): void;
}
