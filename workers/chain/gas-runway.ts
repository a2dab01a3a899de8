import type { Logger } from '../runtime/logger.ts';
import type { BlockHeader } from './chain-values.ts';
import type { FeePolicy } from './fees.ts';
import type { TransactionRecord } from './transaction-journal.ts';
import type { TxMetrics } from './tx-metrics.ts';
import { reservedBy } from './tx-preparer.ts';

/** `low`: time to send money. `short`: what is left is for work that was begun and has a deadline. */
export type GasFunds = 'ok' | 'low' | 'short';

export interface GasRunwayOptions {
  readonly address: string;
  /** Transactions that the money must always suffice for beside those under way; 0 keeps nothing back. */
  readonly reserve: number;
  readonly fees: Pick<FeePolicy, 'maxFeeCap'>;
}

export interface GasRunwayDeps {
  readonly logger: Logger;
  readonly metrics: Pick<TxMetrics, 'runway'>;
  /** Is told at every look. */
  readonly onFunds?: ((funds: GasFunds) => void) | undefined;
}

/** How far the signer's money goes. */
export interface GasRunway {
  /** Wei that a transaction without a deadline must leave to those that have one. */
  reserveAt(head: Pick<BlockHeader, 'baseFeePerGas'>): bigint;
  see(balance: bigint, open: readonly TransactionRecord[], head: Pick<BlockHeader, 'baseFeePerGas'>): void;
}

/** What an attestation needs, rounded up. */
const TRANSACTION_GAS = 150_000n;
/** The alarm comes at so many times the reserve. */
const ALARM = 3n;

export function createGasRunway(
  { address, reserve, fees }: GasRunwayOptions,
  { logger, metrics, onFunds }: GasRunwayDeps,
): GasRunway {
  let before: GasFunds = 'ok';

  /** Nobody pays more than the cap for what can wait. */
  function priceOf({ baseFeePerGas }: Pick<BlockHeader, 'baseFeePerGas'>): bigint {
    const offered = 2n * baseFeePerGas + 1n;
    return TRANSACTION_GAS * (offered < fees.maxFeeCap ? offered : fees.maxFeeCap);
  }

  return {
    reserveAt: (head) => BigInt(reserve) * priceOf(head),
    see(balance, open, head) {
      const price = priceOf(head);
      const free = balance - reservedBy(open);
      const left = free > 0n ? free / price : 0n;
      metrics.runway(Number(left));
      const funds: GasFunds = left >= ALARM * BigInt(reserve) ? 'ok' : left >= BigInt(reserve) ? 'low' : 'short';
      onFunds?.(funds);
      if (funds === before) return;
      const fields = { address, balance: String(balance), transactions: Number(left), reserve };
      const fix = `send the chain's currency to ${address}`;
      if (funds === 'ok') logger.info(fields, 'there is gas money again');
      else if (funds === 'low') logger.warn({ ...fields, fix }, 'gas money runs out');
      else
        logger.error(
          { ...fields, code: 'SIGNER_NO_GAS', fix },
          'gas money is short: no new jobs, and what has no deadline waits',
        );
      before = funds;
    },
  };
}
