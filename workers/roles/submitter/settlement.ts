import type { MessageOf } from '../../queue/catalog.ts';
import type { Handler } from '../../queue/consumer.ts';
import { laterOnOutage } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { ExpireMessage } from './expire.ts';
import { isFatal } from './fatal.ts';
import type { SettleMessage } from './settle-job.ts';

export interface SettlementDeps {
  readonly settle: Handler<SettleMessage>;
  readonly expire: Handler<ExpireMessage>;
  readonly clock: Pick<Clock, 'now'>;
  readonly fatal: (error: unknown) => void;
}

/** The ends of jobs and questions that come with time. All are owed however long an outage takes. */
export function createSettlement({ settle, expire, clock, fatal }: SettlementDeps): Handler<MessageOf<'settlement'>> {
  return async (message, context) => {
    const logger = context.logger.child(
      message.action === 'expire-question' ? { requestId: message.requestId } : { jobId: message.jobId },
    );
    try {
      return await (message.action === 'settle'
        ? settle(message, { ...context, logger })
        : expire(message, { ...context, logger }));
    } catch (error) {
      if (isFatal(error)) {
        logger.error({ error, code: codeOf(error) }, 'signer stops');
        fatal(error);
        throw error;
      }
      context.signal.throwIfAborted();
      const later = laterOnOutage(error, clock.now() - context.enqueuedAt);
      if (!later) throw error;
      return later;
    }
  };
}
