import { expireCall } from '../../chain/job-calls.ts';
import type { JobView } from '../../chain/job-view.ts';
import { parseTerms } from '../../protocol/job.ts';
import { messageId, type MessageOf } from '../../queue/catalog.ts';
import type { Handler } from '../../queue/consumer.ts';
import { patience } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Effects } from './effects.ts';
import type { SubmitterMetrics } from './metrics.ts';
import { refusalOf, refused } from './refusal.ts';
import { decideExpire } from './settle-decision.ts';

export type ExpireMessage = Extract<MessageOf<'settlement'>, { action: 'expire' }>;

export interface ExpireJobDeps {
  readonly view: Pick<JobView, 'standingOf'>;
  readonly head: (signal: AbortSignal) => Promise<{ readonly timestamp: number }>;
  readonly effects: Effects;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: SubmitterMetrics;
}

/** Gives the requester its fee back when nobody answered in time. */
export function createExpireJob({ view, head, effects, clock, metrics }: ExpireJobDeps): Handler<ExpireMessage> {
  return async (message, { signal, enqueuedAt, logger }) => {
    const { jobId } = message;
    const terms = parseTerms(message.terms);
    const ageMs = clock.now() - enqueuedAt;
    const [{ status }, { timestamp }] = await Promise.all([view.standingOf(jobId, signal), head(signal)]);
    const decision = decideExpire({ status, now: timestamp, notBefore: Number(terms.attestDeadline), ageMs });
    if (decision.kind === 'wait') return { retryAfterMs: decision.retryAfterMs, why: decision.why };
    if (decision.kind === 'end') {
      metrics.expiry(decision.ending);
      logger.info({ ending: decision.ending }, 'expiry not needed');
      return undefined;
    }
    const { outcome } = await effects.send(
      {
        key: messageId(message, 'expire'),
        to: message.registry,
        data: expireCall(terms),
        gasLimit: (estimate) => estimate,
      },
      signal,
    );
    if (outcome.status === 'mined') {
      const { transactionHash: txHash, gasUsed, blockNumber } = outcome.receipt;
      metrics.expiry('mined');
      metrics.gasUsed('expire', gasUsed);
      logger.info({ txHash, blockNumber, gasUsed: Number(gasUsed) }, 'job expired');
      return undefined;
    }
    const refusal = refusalOf(outcome);
    if (refusal.kind === 'never') {
      metrics.expiry('refused');
      throw refused('the expiry', jobId, refusal.reason);
    }
    if (refusal.kind === 'later')
      return { retryAfterMs: patience(ageMs), why: refusal.reason?.message ?? 'the transaction was replaced' };
    metrics.expiry('lost-race');
    logger.info({ ending: 'lost-race' }, 'expiry not needed');
    return undefined;
  };
}
