import { isCommittedTo, type JobView } from '../../chain/job-view.ts';
import { parseRecord } from '../../protocol/attestation-record.ts';
import type { Address, Hex, JobId } from '../../protocol/ids.ts';
import { CallbackPhase, Delivery, parseTerms, type Terms } from '../../protocol/job.ts';
import type { MessageOf } from '../../queue/catalog.ts';
import type { Handler, Later } from '../../queue/consumer.ts';
import { patience } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SubmitterMetrics } from './metrics.ts';
import { refused } from './refusal.ts';
import type { SettleBatch } from './settle-batch.ts';
import { decideSettle } from './settle-decision.ts';
import type { SettleResult, SettleTransaction } from './settle-transaction.ts';

export type SettleMessage = Extract<MessageOf<'settlement'>, { action: 'settle' }>;

export interface SettleJobOptions {
  /** The operator whose earnings are counted. */
  readonly operator: Address;
}

export interface SettleJobDeps {
  readonly view: Pick<JobView, 'standingOf'>;
  readonly head: (signal: AbortSignal) => Promise<{ readonly timestamp: number }>;
  /** The output that this signer attested; undefined when it was another signer. */
  readonly outputOf: (jobId: JobId) => Hex | undefined;
  readonly batch: SettleBatch;
  readonly transaction: Pick<SettleTransaction, 'resume'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: SubmitterMetrics;
}

/** Settles an attested job once its challenge window has passed. */
export function createSettleJob({ operator }: SettleJobOptions, deps: SettleJobDeps): Handler<SettleMessage> {
  const { view, head, outputOf, batch, transaction, clock, metrics } = deps;

  /** The vector that an inline `onFinal` callback is given; settling without it would be refused. */
  function outputFor({ jobId, output }: SettleMessage, terms: Terms): Hex {
    if (terms.callbackPhase !== CallbackPhase.OnFinal || terms.delivery !== Delivery.Inline) return '0x';
    const found = outputOf(jobId) ?? output;
    if (found === '0x') throw outputUnknown(jobId);
    return found;
  }

  function conclude(
    jobId: JobId,
    result: SettleResult,
    ageMs: number,
    startedAtMs: number,
    logger: Logger,
  ): Later | undefined {
    switch (result.kind) {
      case 'settled': {
        const { receipt, operatorAmount, publisherAmount, treasuryAmount, callbackFailed } = result;
        metrics.settlement('mined');
        metrics.earned(operatorAmount);
        logger.info(
          {
            txHash: receipt.transactionHash,
            blockNumber: receipt.blockNumber,
            gasUsed: Number(receipt.gasUsed),
            gasPrice: String(receipt.effectiveGasPrice),
            batch: result.batch,
            operator,
            operatorAmount: String(operatorAmount),
            publisherAmount: String(publisherAmount),
            treasuryAmount: String(treasuryAmount),
            callbackFailed,
            timings: { settleStartedAtMs: startedAtMs, settledAtMs: clock.now() },
          },
          'job settled',
        );
        return undefined;
      }
      case 'already-done':
        return end('lost-race', logger);
      case 'too-late':
        return end('too-late', logger);
      case 'later':
        return { retryAfterMs: patience(ageMs), why: result.reason?.message ?? 'the transaction did not settle it' };
      case 'never':
        metrics.settlement('refused');
        throw refused('the settlement of job', jobId, result.reason);
    }
  }

  function end(ending: 'lost-race' | 'stood-down' | 'too-late', logger: Logger): Later | undefined {
    metrics.settlement(ending);
    logger.info({ ending }, 'settlement not needed');
    return undefined;
  }

  return async (message, { signal, enqueuedAt, logger }) => {
    const { jobId } = message;
    const startedAtMs = clock.now();
    const ageMs = startedAtMs - enqueuedAt;
    const resumed = await transaction.resume(jobId);
    if (resumed) return conclude(jobId, resumed, ageMs, startedAtMs, logger);
    const record = parseRecord(message.record);
    const [standing, { timestamp }] = await Promise.all([view.standingOf(jobId, signal), head(signal)]);
    const decision = decideSettle({
      status: standing.status,
      isOurs: isCommittedTo(standing, record),
      now: timestamp,
      notBefore: Number(record.challengeEnd),
      ageMs,
    });
    if (decision.kind === 'wait') return { retryAfterMs: decision.retryAfterMs, why: decision.why };
    if (decision.kind === 'end') return end(decision.ending, logger);
    const terms = parseTerms(message.terms);
    const result = await batch.add(jobId, { terms, record, output: outputFor(message, terms) });
    return conclude(jobId, result, ageMs, startedAtMs, logger);
  };
}

function outputUnknown(jobId: JobId): RemitError {
  return new RemitError({
    code: 'OUTPUT_UNKNOWN',
    message: `job ${jobId} wants its output in the callback, and neither the journal nor the message has it`,
    fix: 'settle it from the machine whose signer attested it, or give that signer its journal back',
    retryable: true,
    context: { jobId },
  });
}
