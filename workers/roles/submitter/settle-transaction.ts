import { keccak256 } from 'ethers';
import type { Receipt } from '../../chain/chain-values.ts';
import type { ChainEvent } from '../../chain/events.ts';
import { type SettleEntry, settleCall, settleManyCall } from '../../chain/job-calls.ts';
import type { RawLog } from '../../chain/chain-values.ts';
import type { RevertReason } from '../../chain/revert-reason.ts';
import type { Address, Hex, JobId } from '../../protocol/ids.ts';
import type { Effects } from './effects.ts';
import { settleGasLimit } from './gas-limits.ts';
import { type Refusal, refusalOf } from './refusal.ts';

/** What became of one job. Amounts in token units. */
export type SettleResult =
  | {
      readonly kind: 'settled';
      readonly receipt: Receipt;
      /** Jobs that the transaction settled. */
      readonly batch: number;
      readonly operatorAmount: bigint;
      readonly publisherAmount: bigint;
      readonly treasuryAmount: bigint;
      /** The callback was called and failed; anybody may retry it. */
      readonly callbackFailed: boolean;
    }
  | Refusal;

export interface SettleTransactionOptions {
  readonly chainId: number;
  readonly registry: Address;
}

export interface SettleTransactionDeps {
  readonly effects: Effects;
  readonly decode: (log: RawLog) => ChainEvent | undefined;
  /** The error that a selector stands for, read as the registry would have thrown it. */
  readonly explain: (data: Hex) => RevertReason;
  /**
   * Keys of settlements that may be signed and not mined, by job: of an earlier life of this process, or of a wait that
   * was given up. Entries are added and removed here.
   */
  readonly underWay: Map<JobId, string>;
  readonly onBatch: (jobs: number, gasUsed: bigint) => void;
  /** Ends the waits, not the transactions. */
  readonly signal: AbortSignal;
}

/**
 * Settles jobs with one transaction, `settle` for one and `settleMany` for several. When a batch as a whole is refused,
 * each job is tried alone, so that one bad job holds up no other.
 */
export function createSettleTransaction({ chainId, registry }: SettleTransactionOptions, deps: SettleTransactionDeps) {
  const { effects, decode, explain, underWay, onBatch, signal } = deps;

  async function settleAll(jobs: ReadonlyMap<JobId, SettleEntry>): Promise<ReadonlyMap<JobId, SettleResult>> {
    const entries = [...jobs.values()];
    const [only] = entries;
    const data = entries.length === 1 && only ? settleCall(only) : settleManyCall(entries);
    // The data names jobs, terms and records, so its hash names the effect, also after a reorg changed a record.
    const key = `${chainId}-${registry.slice(2, 10).toLowerCase()}-settle-${keccak256(data).slice(2, 34)}`;
    for (const jobId of jobs.keys()) underWay.set(jobId, key);
    const terms = entries.map((entry) => entry.terms);
    // One that a reorg moved to before the end of the windows was mined, and has skipped the jobs.
    const hasHappened = ({ logs }: Receipt): boolean => {
      const settled = new Set(eventsOf(logs).map((event) => event.type === 'JobSettled' && event.jobId));
      return [...jobs.keys()].every((jobId) => settled.has(jobId));
    };
    const { outcome } = await effects.send(
      { key, to: registry, data, gasLimit: (estimate) => settleGasLimit(terms, estimate), hasHappened },
      signal,
    );
    for (const jobId of jobs.keys()) underWay.delete(jobId);
    if (outcome.status === 'mined') return resultsOf(outcome.receipt, jobs.keys());
    const refusal = refusalOf(outcome);
    const isFinal = jobs.size === 1 || refusal.kind === 'too-late';
    if (isFinal) return new Map([...jobs.keys()].map((jobId) => [jobId, refusal]));
    const alone = await Promise.all([...jobs].map(([jobId, entry]) => settleAll(new Map([[jobId, entry]]))));
    return new Map(alone.flatMap((one) => [...one]));
  }

  function eventsOf(logs: readonly RawLog[]): readonly ChainEvent[] {
    return logs.map(decode).filter((event) => event !== undefined);
  }

  function resultsOf(receipt: Receipt, jobs: Iterable<JobId>): ReadonlyMap<JobId, SettleResult> {
    const events = eventsOf(receipt.logs);
    const batch = events.filter(({ type }) => type === 'JobSettled').length;
    onBatch(batch, receipt.gasUsed);
    return new Map([...jobs].map((jobId) => [jobId, resultOf(jobId, events, receipt, batch)]));
  }

  function resultOf(jobId: JobId, events: readonly ChainEvent[], receipt: Receipt, batch: number): SettleResult {
    const mine = events.filter((event) => 'jobId' in event && event.jobId === jobId);
    const settled = mine.find((event) => event.type === 'JobSettled');
    if (settled) {
      const { operatorAmount, publisherAmount, treasuryAmount } = settled;
      const callbackFailed = mine.some(({ type }) => type === 'CallbackFailed');
      return { kind: 'settled', receipt, batch, operatorAmount, publisherAmount, treasuryAmount, callbackFailed };
    }
    const skipped = mine.find((event) => event.type === 'SettleSkipped');
    // The chain is read again before the next try, and sees what the bare selector does not say.
    return { kind: 'later', reason: skipped && explain(skipped.reason) };
  }

  return {
    settle: settleAll,
    /** Waits for a settlement that was signed before; undefined when there is none for this job. */
    resume: async (jobId: JobId): Promise<SettleResult | undefined> => {
      const key = underWay.get(jobId);
      if (key === undefined) return undefined;
      const result = await effects.resume(key, signal);
      underWay.delete(jobId);
      if (!result) return undefined;
      const { outcome } = result;
      return outcome.status === 'mined' ? resultsOf(outcome.receipt, [jobId]).get(jobId) : refusalOf(outcome);
    },
  };
}

export type SettleTransaction = ReturnType<typeof createSettleTransaction>;
