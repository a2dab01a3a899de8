import type { SettleEntry } from '../../chain/job-calls.ts';
import type { JobId } from '../../protocol/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import { settleWeight } from './gas-limits.ts';
import type { SettleResult } from './settle-transaction.ts';

export interface SettleBatchOptions {
  readonly maxJobs: number;
  /** Longest wait of the first job of a batch, milliseconds. */
  readonly maxWaitMs: number;
  /** Gas that the jobs of one batch may need together. Defaults to 12 million, below the cap of one transaction (EIP-7825). */
  readonly maxGas?: bigint;
}

export interface SettleBatchDeps {
  /** Settles these jobs and says what became of each. */
  readonly settle: (jobs: ReadonlyMap<JobId, SettleEntry>) => Promise<ReadonlyMap<JobId, SettleResult>>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Gathers jobs that wait at the same time, so that they are settled by one transaction. */
export interface SettleBatch {
  /** Rejects with what `settle` of the batch throws. A job that is gathered or under way already is not added again. */
  add(jobId: JobId, entry: SettleEntry): Promise<SettleResult>;
}

interface Gathering {
  readonly jobs: Map<JobId, SettleEntry>;
  readonly sent: AbortController;
  readonly results: PromiseWithResolvers<ReadonlyMap<JobId, SettleResult>>;
  weight: bigint;
}

export function createSettleBatch(options: SettleBatchOptions, { settle, clock }: SettleBatchDeps): SettleBatch {
  const { maxJobs, maxWaitMs, maxGas = 12_000_000n } = options;
  const underWay = new Map<JobId, Promise<SettleResult>>();
  let gathering: Gathering | undefined;

  function gather(): Gathering {
    const fresh: Gathering = {
      jobs: new Map(),
      sent: new AbortController(),
      results: Promise.withResolvers(),
      weight: 0n,
    };
    clock.sleep(maxWaitMs, fresh.sent.signal).then(
      () => send(fresh),
      () => undefined,
    );
    return fresh;
  }

  function send(batch: Gathering): void {
    if (batch.sent.signal.aborted) return;
    batch.sent.abort();
    if (gathering === batch) gathering = undefined;
    settle(batch.jobs).then(batch.results.resolve, batch.results.reject);
  }

  return {
    add(jobId, entry) {
      const known = underWay.get(jobId);
      if (known) return known;
      const weight = settleWeight(entry.terms);
      if (gathering && gathering.weight + weight > maxGas) send(gathering);
      gathering ??= gather();
      const batch = gathering;
      batch.jobs.set(jobId, entry);
      batch.weight += weight;
      const result = batch.results.promise
        .then((results) => {
          const mine = results.get(jobId);
          if (!mine) throw new Error(`the batch says nothing about job ${jobId}`);
          return mine;
        })
        .finally(() => underWay.delete(jobId));
      underWay.set(jobId, result);
      if (batch.jobs.size >= maxJobs) send(batch);
      return result;
    },
  };
}
