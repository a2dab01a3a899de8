import type { Hex32, JobId } from '../../protocol/ids.ts';
import { JobStatus } from '../../protocol/job.ts';
import type { JobKey, MessageInput, QueueName } from '../../queue/catalog.ts';
import type { Enqueued, Producer } from '../../queue/producer.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { reached } from '../../runtime/milestone.ts';
import type { BookedJob } from '../../store/job-book.ts';
import type { Intake } from './intake.ts';
import type { ListenerMetrics } from './metrics.ts';
import type { RouteContext, Work } from './routes.ts';

export type EnqueueWork = Extract<Work, { kind: 'enqueue' }>;

export interface DispatchDeps {
  readonly producer: Pick<Producer, 'enqueue' | 'enqueueAgain' | 'retract' | 'wake'>;
  readonly intake: Intake;
  /** Where the job stands on the chain now. */
  readonly standingOf: (jobId: JobId, signal: AbortSignal) => Promise<{ readonly status: JobStatus }>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: ListenerMetrics;
}

/** There is no room for new work: the reconciler asks again. */
export interface Held {
  readonly outcome: 'held';
}

export interface Dispatch {
  /** Does what an event's routes say. Throws what the producer and the chain throw; doing it again is harmless. */
  perform(job: BookedJob, work: Work, context: RouteContext, signal: AbortSignal): Promise<void>;
  /** Takes a message back that nobody has begun. */
  retract(
    jobId: Hex32,
    queue: QueueName,
    phase: string,
    context: { readonly chainId: number; readonly registry: string },
  ): Promise<void>;
  /** Puts a message where it belongs, with the local wait until it is due. */
  enqueue(work: EnqueueWork, context: Pick<RouteContext, 'now'>, again?: boolean): Promise<Enqueued | Held>;
  /** Lets a message that waits for a later time run now. */
  wake(queue: QueueName, key: JobKey, phase: string): Promise<void>;
  /** Whether the chain still asks for what `work` does. */
  isDue(work: EnqueueWork, jobId: JobId, signal: AbortSignal): Promise<boolean>;
}

export function createDispatch({ producer, intake, standingOf, clock, logger, metrics }: DispatchDeps): Dispatch {
  async function enqueue(
    { queue, message, notBefore, deadline }: EnqueueWork,
    { now }: Pick<RouteContext, 'now'>,
    again = false,
  ): Promise<Enqueued | Held> {
    if (await intake.holds(queue)) return { outcome: 'held' };
    const delayMs = notBefore === undefined ? 0 : Math.max(0, notBefore - now) * 1_000;
    const put = again ? producer.enqueueAgain : producer.enqueue;
    // The routes pair queue and message; one call for all queues cannot know which pair this is.
    const enqueued = await put(queue, message as MessageInput<QueueName>, {
      ...(delayMs > 0 && { delayMs }),
      ...(deadline !== undefined && { priority: urgency(deadline) }),
    });
    if (enqueued.outcome === 'added') intake.took(queue);
    metrics.enqueued(queue, enqueued.outcome);
    reached('effect-enqueued', enqueued.id);
    return enqueued;
  }

  async function isDue({ until }: EnqueueWork, jobId: JobId, signal: AbortSignal): Promise<boolean> {
    return (await standingOf(jobId, signal)).status === until;
  }

  async function retract(
    jobId: Hex32,
    queue: QueueName,
    phase: string,
    { chainId, registry }: { readonly chainId: number; readonly registry: string },
  ): Promise<void> {
    const outcome = await producer.retract(queue, { chainId, registry, jobId }, phase);
    metrics.retracted(queue, outcome);
    if (outcome === 'removed') logger.info({ jobId, queue, phase }, 'message retracted');
  }

  async function wake(queue: QueueName, key: JobKey, phase: string): Promise<void> {
    await producer.wake(queue, key, phase);
  }

  return {
    enqueue,
    retract,
    wake,
    isDue,
    async perform({ jobId, request, attestation }, work, context, signal) {
      if (work.kind === 'decline') {
        metrics.declined(work.reason);
        logger.debug({ jobId, reason: work.reason }, 'job declined');
        return;
      }
      if (work.kind === 'retract') {
        await retract(jobId, work.queue, work.phase, context);
        return;
      }
      if (work.kind === 'wake') {
        await wake(work.queue, work.key, work.phase);
        return;
      }
      let { outcome } = await enqueue(work, context);
      // A message with this id has run to its end. After a reorg its effect may be gone: then the chain asks for it again.
      if (outcome === 'finished' && (await isDue(work, jobId, signal)))
        ({ outcome } = await enqueue(work, context, true));
      if (outcome !== 'added') return;
      const seen = work.until === JobStatus.Requested ? request : (attestation?.place ?? request);
      const queuedAtMs = clock.now();
      metrics.routed(queuedAtMs - seen.timestamp * 1_000);
      logger.info(
        {
          jobId,
          queue: work.queue,
          blockNumber: seen.blockNumber,
          txHash: seen.txHash,
          notBefore: work.notBefore,
          timings: { blockAtMs: seen.timestamp * 1_000, queuedAtMs },
        },
        QUEUED[work.queue],
      );
    },
  };
}

/** Priorities that the queue knows. Deadlines repeat after 24 days, which no job waits. */
const PRIORITIES = 2 ** 21 - 1;

/** What ends first runs first. @param deadline second of chain time */
function urgency(deadline: number): number {
  return 1 + (deadline % PRIORITIES);
}

const QUEUED: Readonly<Record<QueueName, string>> = {
  inference: 'inference queued',
  attestation: 'attestation queued',
  settlement: 'settlement queued',
  verification: 'verification queued',
  trial: 'trial queued',
  data: 'data queued',
  schedule: 'schedule queued',
  transaction: 'transaction queued',
};
