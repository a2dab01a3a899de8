import { expireQuestionCall } from '../../chain/feed-calls.ts';
import { expireCall } from '../../chain/job-calls.ts';
import type { JobView } from '../../chain/job-view.ts';
import type { OrderReads } from '../../chain/order-reads.ts';
import { DataStatus, parseDataTerms } from '../../protocol/data-terms.ts';
import type { Hex, Hex32 } from '../../protocol/ids.ts';
import { JobStatus, parseTerms } from '../../protocol/job.ts';
import { catalog, keyOf, messageId, type MessageOf } from '../../queue/catalog.ts';
import type { Handler } from '../../queue/consumer.ts';
import { patience } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Effects } from './effects.ts';
import type { SubmitterMetrics } from './metrics.ts';
import { refusalOf, refused } from './refusal.ts';
import { decideExpire, type ExpireFacts } from './settle-decision.ts';

export type ExpireMessage = Extract<MessageOf<'settlement'>, { action: 'expire' | 'expire-question' }>;

export interface ExpireDeps {
  readonly view: Pick<JobView, 'standingOf'>;
  readonly questions: Pick<OrderReads, 'questionStatus'>;
  readonly head: (signal: AbortSignal) => Promise<{ readonly timestamp: number }>;
  readonly effects: Effects;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: SubmitterMetrics;
}

/** A job or a question, as far as its expiry goes. */
interface Unanswered {
  readonly what: 'job' | 'question';
  readonly id: Hex32;
  /** Last second in which it may be answered, Unix seconds. */
  readonly deadline: number;
  readonly call: Hex;
  readonly standsNow: (signal: AbortSignal) => Promise<ExpireFacts['stands']>;
}

const EXPIRED = { job: 'job expired', question: 'question expired' } as const;

/** Gives the requester of a job or question its fee back when nobody answered in time. */
export function createExpire(deps: ExpireDeps): Handler<ExpireMessage> {
  const { view, questions, head, effects, clock, metrics } = deps;

  function subjectOf(message: ExpireMessage): Unanswered {
    if (message.action === 'expire') {
      const { jobId } = message;
      const terms = parseTerms(message.terms);
      return {
        what: 'job',
        id: jobId,
        deadline: Number(terms.attestDeadline),
        call: expireCall(terms),
        standsNow: async (signal) => {
          const { status } = await view.standingOf(jobId, signal);
          return status === JobStatus.None ? 'absent' : status === JobStatus.Requested ? 'unanswered' : 'over';
        },
      };
    }
    const { requestId } = message;
    const terms = parseDataTerms(message.terms);
    return {
      what: 'question',
      id: requestId,
      deadline: Number(terms.deadline),
      call: expireQuestionCall(terms),
      standsNow: async (signal) => {
        const status = await questions.questionStatus(requestId, signal);
        return status === DataStatus.None ? 'absent' : status === DataStatus.Requested ? 'unanswered' : 'over';
      },
    };
  }

  return async (message, { signal, enqueuedAt, logger }) => {
    const { what, id, deadline, call, standsNow } = subjectOf(message);
    const ageMs = clock.now() - enqueuedAt;
    const [stands, { timestamp }] = await Promise.all([standsNow(signal), head(signal)]);
    const decision = decideExpire({ stands, now: timestamp, notBefore: deadline, ageMs });
    if (decision.kind === 'wait') return { retryAfterMs: decision.retryAfterMs, why: decision.why };
    if (decision.kind === 'end') {
      metrics.expiry(decision.ending);
      logger.info({ ending: decision.ending }, 'expiry not needed');
      return undefined;
    }
    const { outcome } = await effects.send(
      {
        key: messageId(keyOf(catalog.settlement, message), message.action),
        to: message.registry,
        data: call,
        gasLimit: (estimate) => estimate,
      },
      signal,
    );
    if (outcome.status === 'mined') {
      const { transactionHash: txHash, gasUsed, blockNumber } = outcome.receipt;
      metrics.expiry('mined');
      metrics.gasUsed('expire', gasUsed);
      logger.info({ txHash, blockNumber, gasUsed: Number(gasUsed) }, EXPIRED[what]);
      return undefined;
    }
    const refusal = refusalOf(outcome);
    if (refusal.kind === 'never') {
      metrics.expiry('refused');
      throw refused(`the expiry of ${what}`, id, refusal.reason);
    }
    if (refusal.kind === 'later')
      return { retryAfterMs: patience(ageMs), why: refusal.reason?.message ?? 'the transaction was replaced' };
    metrics.expiry('lost-race');
    logger.info({ ending: 'lost-race' }, 'expiry not needed');
    return undefined;
  };
}
