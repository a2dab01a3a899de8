import type { JobId } from '../../protocol/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { BookedJob, JobBook } from '../../store/job-book.ts';
import type { Dispatch, EnqueueWork } from './dispatch.ts';
import { Endings } from './endings.ts';
import type { ListenerMetrics } from './metrics.ts';
import { route, type RouteContext, standingEvent } from './routes.ts';

export interface ReconcileDeps {
  readonly book: Pick<JobBook, 'open' | 'find' | 'close'>;
  readonly dispatch: Pick<Dispatch, 'enqueue' | 'isDue'>;
  /** Runs `work` while no event is being followed: else a message could be made for a reason that has just gone. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  readonly context: (signal: AbortSignal) => Promise<RouteContext>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly metrics: ListenerMetrics;
}

/** An unanswered job is forgotten this long after its deadline, seconds of chain time. */
const FORGET_SECONDS = 86_400;

/**
 * Makes every message again that is due and missing: after Redis lost everything, the queues are whole again. Enqueueing
 * is idempotent, so asking Redis whether a message exists, and adding it, is one step; the handlers read the chain before
 * they act. The chain is asked here only about messages that have run to their end while the job still stands.
 */
export function createReconcile(deps: ReconcileDeps): (signal: AbortSignal) => Promise<void> {
  const { book, dispatch, alone, context: readContext, clock, logger, metrics } = deps;
  const endings = new Endings(clock);

  async function repair(job: BookedJob, work: EnqueueWork, context: RouteContext, signal: AbortSignal): Promise<void> {
    const { jobId } = job;
    const { queue } = work;
    const enqueued = await dispatch.enqueue(work, context);
    if (enqueued.outcome === 'held') return;
    const { id, outcome } = enqueued;
    if (outcome === 'added') {
      metrics.reconciled(queue);
      logger.info({ jobId, queue }, 'message recreated');
    }
    const overdue = outcome === 'finished' && context.now >= (work.notBefore ?? 0);
    // One look at an answer is enough; everything else is owed until the chain moves on.
    if (!overdue || queue === 'verification') return;
    if (!endings.isDue(id)) return;
    if (!(await dispatch.isDue(work, jobId, signal))) return;
    await dispatch.enqueue(work, context, true);
    metrics.reconciled(queue);
    logger.warn({ jobId, queue }, 'message had ended without effect, recreated');
  }

  async function reconcileOne(jobId: JobId, context: RouteContext, signal: AbortSignal): Promise<void> {
    const job = book.find(jobId);
    const standing = job && standingEvent(job);
    if (!standing) return;
    const due = route(standing, job, context).filter((work) => work.kind === 'enqueue');
    for (const work of due) await repair(job, work, context, signal);
    const { attestDeadline } = job.terms;
    // Nobody may ever expire it, and nothing about it can become work of ours any more.
    if (due.length === 0 && standing === 'JobRequested' && context.now > Number(attestDeadline) + FORGET_SECONDS)
      book.close(jobId, job.request.blockNumber);
  }

  return async (signal) => {
    // Where there is not room for all, what ends first comes first.
    const jobs = book.open().toSorted((a, b) => Number(a.terms.attestDeadline - b.terms.attestDeadline));
    metrics.openJobs(jobs.length);
    endings.keep(jobs.map(({ jobId }) => jobId));
    if (jobs.length === 0) return;
    const context = await readContext(signal);
    for (const { jobId } of jobs) {
      signal.throwIfAborted();
      await alone(() => reconcileOne(jobId, context, signal));
    }
  };
}
