import { attestCall } from '../../chain/job-calls.ts';
import type { JobView } from '../../chain/job-view.ts';
import type { Address, JobId } from '../../protocol/ids.ts';
import { Delivery, isOpen, JobStatus, parseTerms, type Terms } from '../../protocol/job.ts';
import { messageId, type MessageOf } from '../../queue/catalog.ts';
import type { Handler, Later } from '../../queue/consumer.ts';
import { laterOnOutage, patience } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { reached } from '../../runtime/milestone.ts';
import type { AttestationGuard } from '../../store/attestation-guard.ts';
import type { AttestedOutputs } from '../../store/attested-outputs.ts';
import { type AttestDecision, decideAttest } from './attest-decision.ts';
import type { EffectResult, Effects } from './effects.ts';
import { isFatal } from './fatal.ts';
import { attestGasLimit, attestShape } from './gas-limits.ts';
import type { SubmitterMetrics } from './metrics.ts';
import { isStakeShort, noStake, refusalOf, refused } from './refusal.ts';

type AttestationMessage = MessageOf<'attestation'>;

export interface SubmitAttestationOptions {
  /** The operator this node works for. */
  readonly operator: Address;
}

export interface SubmitAttestationDeps {
  readonly view: JobView;
  /** The newest block. */
  readonly head: (signal: AbortSignal) => Promise<{ readonly number: number; readonly timestamp: number }>;
  readonly guard: Pick<AttestationGuard, 'admit'>;
  readonly outputs: Pick<AttestedOutputs, 'keep'>;
  /** Runs `work` as one write to the journal; on the disk when it resolves. */
  readonly durably: <T>(work: () => T) => Promise<T>;
  readonly effects: Effects;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: SubmitterMetrics;
  /** Ends the signer: what happened must not be followed by another signature. */
  readonly fatal: (error: unknown) => void;
}

const NO_STAKE_MS = 15_000;

/** Brings an answer to the chain: reads the truth, records, signs, sends, confirms. */
export function createSubmitAttestation(
  { operator }: SubmitAttestationOptions,
  deps: SubmitAttestationDeps,
): Handler<AttestationMessage> {
  const { view, head, guard, outputs, durably, effects, clock, metrics, fatal } = deps;

  async function decide(jobId: JobId, terms: Terms, signal: AbortSignal): Promise<AttestDecision> {
    const [standing, newest] = await Promise.all([view.standingOf(jobId, signal), head(signal)]);
    const { requestBlock, requestedAt, status } = standing;
    const { parametersVersion } = terms;
    const ladder =
      isOpen(terms) && status === JobStatus.Requested
        ? await view.ladderOf(
            { jobId, operator, parametersVersion, requestBlock, requestedAt, head: newest.number },
            signal,
          )
        : undefined;
    return decideAttest({ terms, status, operator, now: newest.timestamp, ladder });
  }

  async function submit(
    message: AttestationMessage,
    terms: Terms,
    urgentFrom: number,
    signal: AbortSignal,
  ): Promise<EffectResult> {
    const { jobId, outputRoot, outputContent, output } = message;
    const isInline = terms.delivery === Delivery.Inline;
    // The record before the signature: what is on the disk now is the only output this signer will ever attest.
    await durably(() => {
      guard.admit({ operator, jobId, outputRoot, outputContent });
      if (isInline) outputs.keep(jobId, output);
    });
    reached('answer-recorded', jobId);
    const vector = isInline ? output : '0x';
    const data = attestCall(terms, { root: outputRoot, content: outputContent, vector });
    const shape = attestShape(terms, data);
    return effects.send(
      {
        key: messageId(message, 'attest'),
        to: message.registry,
        data,
        ...(shape !== undefined && { shape }),
        gasLimit: (estimate) => attestGasLimit(terms, estimate),
        deadline: Number(terms.attestDeadline),
        urgentFrom,
      },
      signal,
    );
  }

  function conclude(
    message: AttestationMessage,
    { outcome, sentAtMs }: EffectResult,
    startedAtMs: number,
    ageMs: number,
    logger: Logger,
  ): Later | undefined {
    const { jobId, timings } = message;
    if (outcome.status === 'mined') {
      const { transactionHash: txHash, gasUsed, blockNumber, effectiveGasPrice } = outcome.receipt;
      const minedAtMs = clock.now();
      metrics.attestation('mined');
      metrics.gasUsed('attest', gasUsed);
      const seenAtMs = timings['seenAtMs'];
      if (sentAtMs !== undefined && seenAtMs !== undefined) metrics.eventToBroadcast(sentAtMs - seenAtMs);
      if (sentAtMs !== undefined) metrics.broadcastToMined(minedAtMs - sentAtMs);
      logger.info(
        {
          txHash,
          blockNumber,
          gasUsed: Number(gasUsed),
          gasPrice: String(effectiveGasPrice),
          outputRoot: message.outputRoot,
          timings: { ...timings, submitStartedAtMs: startedAtMs, sentAtMs, minedAtMs },
        },
        'job attested',
      );
      return undefined;
    }
    const refusal = refusalOf(outcome);
    if (refusal.kind === 'already-done') return end('lost-race', logger);
    if (refusal.kind === 'too-late') return end('too-late', logger);
    if (refusal.kind === 'never') {
      metrics.attestation('refused');
      throw refused('the attestation of job', jobId, refusal.reason);
    }
    if (refusal.reason && isStakeShort(refusal.reason)) {
      const { code, message: text, fix } = noStake(operator, refusal.reason);
      logger.error({ code, reason: text, fix }, 'attestation waits for stake');
      return { retryAfterMs: NO_STAKE_MS, why: code };
    }
    return { retryAfterMs: patience(ageMs), why: refusal.reason?.message ?? 'the transaction was replaced' };
  }

  function end(ending: 'lost-race' | 'too-late' | 'not-eligible' | 'stood-down', logger: Logger): Later | undefined {
    metrics.attestation(ending);
    logger.info({ ending }, 'attestation not needed');
    return undefined;
  }

  return async (message, context) => {
    const { signal, enqueuedAt } = context;
    const { jobId } = message;
    const logger = context.logger.child({ jobId });
    const startedAtMs = clock.now();
    try {
      const terms = parseTerms(message.terms);
      const decision = await decide(jobId, terms, signal);
      if (decision.kind === 'wait') return { retryAfterMs: decision.retryAfterMs, why: decision.why };
      if (decision.kind === 'end') return end(decision.ending, logger);
      const result = await submit(message, terms, decision.urgentFrom, signal);
      return conclude(message, result, startedAtMs, startedAtMs - enqueuedAt, logger);
    } catch (error) {
      if (isFatal(error)) {
        logger.error({ error, code: codeOf(error) }, 'signer stops');
        fatal(error);
        throw error;
      }
      signal.throwIfAborted();
      const later = laterOnOutage(error, startedAtMs - enqueuedAt);
      if (!later) throw error;
      return later;
    }
  };
}
