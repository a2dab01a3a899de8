import type { JobWork } from '../../inference/job-work.ts';
import type { Hex, Hex32, JobId, ModelId } from '../../protocol/ids.ts';
import type { JobStatus } from '../../protocol/job.ts';
import type { ModelSpec } from '../../protocol/model.ts';
import type { MessageInput } from '../../queue/catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { VerdictName } from './compare.ts';
import type { WatchtowerMetrics } from './metrics.ts';

/** What the watchtower asks the chain. */
export interface WatchtowerChain {
  standingOf(jobId: JobId, signal: AbortSignal): Promise<{ readonly status: JobStatus }>;
  /** The newest block, at most a second old. */
  head(signal: AbortSignal): Promise<{ readonly timestamp: number }>;
  /** The output vector in the calldata of an attestation; undefined when it cannot be found there. */
  vectorIn(transaction: Hex32, jobId: JobId, signal: AbortSignal): Promise<Hex | undefined>;
}

/** One finding as it is kept and served. */
export interface VerdictRecord {
  readonly jobId: JobId;
  readonly modelId: ModelId;
  readonly operator: string;
  readonly verdict: VerdictName;
  /** See `worstGapRatio`. */
  readonly worstGapRatio: number | null;
  readonly triable: boolean;
  /** Local time, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Everything that the watchtower's handler works with. */
export interface WatchtowerPorts {
  readonly chain: WatchtowerChain;
  readonly models: { specOf(modelId: ModelId, signal: AbortSignal): Promise<ModelSpec> };
  readonly work: JobWork;
  /** Published outputs, by the sha2-256 digest of their bytes. */
  readonly blobs: {
    get(digest: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Uint8Array>;
  };
  readonly verdicts: { keep(record: VerdictRecord): void };
  /** Where a wrong answer is put on trial. */
  readonly trials: { enqueueAgain(queue: 'trial', message: MessageInput<'trial'>): Promise<unknown> };
  readonly metrics: WatchtowerMetrics;
  readonly clock: Clock;
}
