import type { JobWork } from '../../inference/job-work.ts';
import type { ModelShelf } from '../../inference/model-shelf.ts';
import type { Address, Hex32, JobId } from '../../protocol/ids.ts';
import type { JobStatus } from '../../protocol/job.ts';
import type { LadderPlace, LadderTime } from '../../protocol/ladder.ts';
import type { MessageInput } from '../../queue/catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ExecutorMetrics } from './metrics.ts';

/** What this node remembers of an answer it gave. */
export interface KeptAnswer {
  readonly outputRoot: Hex32;
  /** sha2-256 of the output vector. */
  readonly digest: Hex32;
}

/** What the executor asks the chain. */
export interface ExecutorChain {
  /** `requestBlock` and `requestedAt` (Unix seconds) are zero unless the job is requested. */
  standingOf(
    jobId: JobId,
    signal: AbortSignal,
  ): Promise<{ readonly status: JobStatus; readonly requestBlock: number; readonly requestedAt: number }>;
  /** The newest block, at most a second old. */
  head(signal: AbortSignal): Promise<{ readonly number: number; readonly timestamp: number }>;
  /** Undefined while the block that seeds the ladder is not mined. */
  ladderOf(
    question: {
      readonly jobId: JobId;
      readonly operator: Address;
      readonly parametersVersion: number;
      readonly requestBlock: number;
      readonly requestedAt: number;
      readonly head: number;
    },
    signal: AbortSignal,
  ): Promise<{ readonly place: LadderPlace; readonly time: LadderTime } | undefined>;
}

/** Everything that the executor's handler works with. */
export interface ExecutorPorts {
  readonly chain: ExecutorChain;
  readonly models: Pick<ModelShelf, 'specOf'>;
  readonly work: JobWork;
  readonly store: {
    put(bytes: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<{ readonly digest: Hex32 }>;
    has(digest: string): Promise<boolean>;
    get(digest: string, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  };
  readonly answers: {
    find(jobId: JobId): KeptAnswer | undefined;
    keep(jobId: JobId, answer: KeptAnswer): Promise<void>;
  };
  /** Where a trial finds our outputs by their roots. */
  readonly outputs: { keep(outputRoot: Hex32, digest: Hex32): Promise<void> };
  readonly attestations: {
    /** Also where the same message has run to its end: the chain says that its effect is missing. */
    enqueueAgain(queue: 'attestation', message: MessageInput<'attestation'>): Promise<unknown>;
  };
  readonly metrics: ExecutorMetrics;
  readonly clock: Clock;
}
