import type { TxMetrics } from '../../chain/tx-metrics.ts';
import type { Metrics } from '../../runtime/metrics.ts';

/** How the work on one message ended. */
export type Ending = 'mined' | 'lost-race' | 'too-late' | 'not-eligible' | 'refused' | 'stood-down';

export interface SubmitterMetrics {
  attestation(ending: Ending): void;
  settlement(ending: Ending): void;
  expiry(ending: Ending): void;
  transaction(ending: Ending): void;
  batch(jobs: number): void;
  /** Token units that settled jobs brought to the operator, since the process started. */
  earned(units: bigint): void;
  gasUsed(kind: 'attest' | 'settle' | 'expire' | 'trial', gas: bigint): void;
  /** From the request seen by the listener to the attestation given to the nodes, milliseconds. */
  eventToBroadcast(ms: number): void;
  /** From the attestation given to the nodes to its block, milliseconds. */
  broadcastToMined(ms: number): void;
  readonly tx: TxMetrics;
}

export function createSubmitterMetrics(metrics: Metrics): SubmitterMetrics {
  const endings = (what: string) =>
    metrics.counter({ name: `${what}_total`, help: `Messages about ${what} by how they ended.`, labels: ['ending'] });
  const attestations = endings('attestations');
  const settlements = endings('settlements');
  const expiries = endings('expiries');
  const transactions = endings('transactions');
  const batch = metrics.histogram({
    name: 'settle_batch_jobs',
    help: 'Jobs in one settlement transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
  });
  // Amounts are token units: a float loses the last digits, which a dashboard does not show anyway.
  const earnings = metrics.gauge({
    name: 'earned_wei',
    help: 'Token units that settled jobs brought to the operator since the process started.',
  });
  const gas = metrics.histogram({
    name: 'transaction_gas',
    help: 'Gas used by mined transactions; batches are counted whole.',
    labels: ['kind'],
    buckets: [50_000, 75_000, 100_000, 150_000, 250_000, 500_000, 1_000_000, 3_000_000, 10_000_000],
  });
  const broadcast = metrics.histogram({
    name: 'event_to_broadcast_seconds',
    help: 'From the request seen by the listener to the attestation given to the nodes; includes the model.',
  });
  const mined = metrics.histogram({
    name: 'broadcast_to_mined_seconds',
    help: 'From the attestation given to the nodes to its block.',
  });
  let earned = 0n;
  earnings.set(0);
  return {
    attestation: (ending) => attestations.inc({ ending }),
    settlement: (ending) => settlements.inc({ ending }),
    expiry: (ending) => expiries.inc({ ending }),
    transaction: (ending) => transactions.inc({ ending }),
    batch: (jobs) => batch.observe(jobs),
    earned: (units) => {
      earned += units;
      earnings.set(Number(earned));
    },
    gasUsed: (kind, used) => gas.observe(Number(used), { kind }),
    eventToBroadcast: (ms) => broadcast.observe(Math.max(0, ms) / 1_000),
    broadcastToMined: (ms) => mined.observe(Math.max(0, ms) / 1_000),
    tx: txMetrics(metrics),
  };
}

function txMetrics(metrics: Metrics): TxMetrics {
  const pending = metrics.gauge({ name: 'pending_transactions', help: 'Transactions signed and not mined.' });
  const bumps = metrics.counter({ name: 'transactions_bumped_total', help: 'Transactions that were paid better.' });
  const failures = metrics.counter({
    name: 'publications_failed_total',
    help: 'Publications that no node took.',
    labels: ['verdict'],
  });
  const spent = metrics.counter({ name: 'gas_fees_wei_total', help: 'Wei paid for gas.' });
  const balance = metrics.gauge({ name: 'signer_balance_wei', help: 'Wei the signer holds.' });
  const runway = metrics.gauge({
    name: 'signer_runway_transactions',
    help: 'Transactions of an attestation at the price of now that the money of the signer pays for, beside those under way.',
  });
  const stolen = metrics.counter({
    name: 'nonces_stolen_total',
    help: 'Nonces used by transactions that this process did not sign. Should stay 0.',
  });
  return {
    pending: (count) => pending.set(count),
    bumped: () => bumps.inc(),
    publishFailed: (verdict) => failures.inc({ verdict: typeof verdict === 'string' ? verdict : 'failed' }),
    feeSpent: (wei) => spent.inc({}, Number(wei)),
    balance: (wei) => balance.set(Number(wei)),
    runway: (transactions) => runway.set(transactions),
    nonceStolen: () => stolen.inc(),
  };
}
