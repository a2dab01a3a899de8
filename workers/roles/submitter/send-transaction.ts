import { messageId, type MessageOf } from '../../queue/catalog.ts';
import type { Handler, Later } from '../../queue/consumer.ts';
import { laterOnOutage } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { Effects } from './effects.ts';
import { isFatal } from './fatal.ts';
import { calldataFloor } from './gas-limits.ts';
import type { SubmitterMetrics } from './metrics.ts';
import { refusalOf } from './refusal.ts';

type TransactionMessage = MessageOf<'transaction'>;

export interface SendTransactionDeps {
  readonly effects: Pick<Effects, 'send'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: Pick<SubmitterMetrics, 'transaction' | 'gasUsed'>;
  /** Ends the signer: what happened must not be followed by another signature. */
  readonly fatal: (error: unknown) => void;
}

/**
 * Sends a call that another role decided on, once for ever. Whoever asked reads the chain to learn what came of it, and
 * asks again while it is missing, so a refusal here is said and not tried again.
 */
export function createSendTransaction({
  effects,
  clock,
  metrics,
  fatal,
}: SendTransactionDeps): Handler<TransactionMessage> {
  return async (message, { signal, enqueuedAt, logger: parent }): Promise<Later | undefined> => {
    const { jobId, step, to, data, value, deadline, urgentFrom } = message;
    const logger = parent.child({ jobId, step });
    try {
      const { outcome } = await effects.send(
        {
          key: messageId(message, `tx-${step}`),
          to,
          data,
          value: BigInt(value),
          gasLimit: (estimate) => max(estimate, calldataFloor(data)),
          ...(deadline !== undefined && { deadline }),
          ...(urgentFrom !== undefined && { urgentFrom }),
        },
        signal,
      );
      if (outcome.status === 'mined') {
        const { transactionHash: txHash, gasUsed, blockNumber } = outcome.receipt;
        metrics.transaction('mined');
        metrics.gasUsed('trial', gasUsed);
        logger.info({ txHash, blockNumber, gasUsed: Number(gasUsed) }, 'transaction mined');
        return undefined;
      }
      const refusal = refusalOf(outcome);
      const isLate = refusal.kind === 'too-late';
      metrics.transaction(isLate ? 'too-late' : refusal.kind === 'already-done' ? 'lost-race' : 'refused');
      const reason = 'reason' in refusal ? refusal.reason?.message : undefined;
      logger.warn({ refusal: refusal.kind, reason }, 'transaction not made');
      return undefined;
    } catch (error) {
      if (isFatal(error)) {
        logger.error({ error, code: codeOf(error) }, 'signer stops');
        fatal(error);
        throw error;
      }
      signal.throwIfAborted();
      const later = laterOnOutage(error, clock.now() - enqueuedAt);
      if (!later) throw error;
      return later;
    }
  };
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
