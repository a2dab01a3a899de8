import type { WorkResult } from '../../inference/job-work.ts';
import { JobStatus, parseTerms, type Terms } from '../../protocol/job.ts';
import { outputLength, triable } from '../../protocol/model.ts';
import { ELEMENT_BYTES } from '../../protocol/vector.ts';
import type { MessageOf } from '../../queue/catalog.ts';
import type { Handler, Later, MessageContext } from '../../queue/consumer.ts';
import { laterOnOutage, patience } from '../../queue/outage.ts';
import { codeOf, isRetryable, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { obtainClaim } from './claim.ts';
import { compareClaim, isAlarm, type Verdict, worstGapRatio } from './compare.ts';
import type { WatchtowerPorts } from './ports.ts';
import { isSampled } from './sampling.ts';

type VerificationMessage = MessageOf<'verification'>;

export interface VerificationOptions {
  /** Part of all attested jobs that is checked, 0 to 1. */
  readonly sampleRatio: number;
  readonly sampleSalt: string;
  /** Accepted part of every tolerance. Defaults to ½. */
  readonly fraction?: number;
}

/** Part of the challenge window that is kept for opening a trial when something stays unpublished. */
const LAST_PART = 1 / 4;

/**
 * Re-runs an attested job and says what it found. What the chain itself can judge is handed on for trial, where the canonical
 * run confirms it before a bond is risked.
 */
export function createVerificationHandler(
  { sampleRatio, sampleSalt, fraction = 0.5 }: VerificationOptions,
  deps: WatchtowerPorts,
): Handler<VerificationMessage> {
  const { chain, models, work, blobs, verdicts, trials, metrics, clock } = deps;

  async function rerun(terms: Terms, message: VerificationMessage, signal: AbortSignal): Promise<WorkResult | Verdict> {
    try {
      return await work.run({ terms, input: message.input }, signal);
    } catch (error) {
      // The model or the input is at fault for good; who answered it anyway had something that this node has not.
      if (isRetryable(error)) throw error;
      return { verdict: 'inconclusive', reason: `${codeOf(error)}: ${messageOf(error)}` };
    }
  }

  async function judge(
    terms: Terms,
    message: VerificationMessage,
    late: boolean,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const own = await rerun(terms, message, signal);
    if ('verdict' in own) return own;
    const { outputRoot, outputContent } = message.record;
    // A vector that is equal bit by bit needs no publication to be checked.
    if (own.outputRoot === outputRoot) return { verdict: 'agrees' };
    const { outputs } = own.model.spec;
    const claim = await obtainClaim(
      {
        jobId: message.jobId,
        delivery: terms.delivery,
        outputRoot,
        outputContent,
        output: message.output,
        attestTransaction: message.attest.txHash,
        bytes: outputLength(own.model.spec) * ELEMENT_BYTES,
      },
      { blobs, chain },
      signal,
    ).catch((error: unknown) => withheld(error, late));
    return 'bytes' in claim ? compareClaim(outputs, claim.bytes, own.output, fraction) : claim;
  }

  async function report(
    terms: Terms,
    message: VerificationMessage,
    verdict: Verdict,
    logger: Logger,
    signal: AbortSignal,
  ) {
    const { modelId } = terms;
    const { operator, outputRoot } = message.record;
    const isTriable = await models.specOf(modelId, signal).then(triable, () => false);
    const { verdict: name, ...detail } = verdict;
    const ratio = worstGapRatio(verdict);
    const at = clock.now();
    verdicts.keep({
      jobId: message.jobId,
      modelId,
      operator,
      verdict: name,
      worstGapRatio: ratio,
      triable: isTriable,
      at,
      detail: { ...detail, outputRoot, attestTransaction: message.attest.txHash },
    });
    metrics.found(name);
    if (isTriable && isAlarm(verdict)) await trials.enqueueAgain('trial', message);
    const fields = { modelId, operator, verdict: name, worstGapRatio: ratio, triable: isTriable, ...detail };
    if (isAlarm(verdict)) logger.warn(fields, 'verdict');
    else logger.info(fields, 'verdict');
  }

  /** What it means that something is out of reach: nothing yet while the window is open, a finding once it is nearly over. */
  function afterFailure(error: unknown, late: boolean, { enqueuedAt }: MessageContext): Later | Verdict {
    const later = laterOnOutage(error, clock.now() - enqueuedAt);
    if (!later) throw error;
    if (!late || !later.why.startsWith('BLOB_')) return later;
    return { verdict: 'inconclusive', reason: `${later.why}: ${messageOf(error)}` };
  }

  return async (message, context) => {
    const { signal, enqueuedAt } = context;
    const logger = context.logger.child({ jobId: message.jobId });
    const skip = (reason: string): undefined => {
      metrics.skipped(reason);
      logger.debug({ reason }, 'attestation not checked');
      return undefined;
    };
    if (!isSampled(message.jobId, sampleRatio, sampleSalt)) {
      skip('not-sampled');
      return;
    }
    const terms = parseTerms(message.terms);
    // Waiting for a publication must end while there is still time to demand it in court.
    let late = false;
    let verdict: Verdict | Later;
    try {
      const [{ status }, head] = await Promise.all([chain.standingOf(message.jobId, signal), chain.head(signal)]);
      const windowEnd = Number(message.record.challengeEnd);
      late = head.timestamp > windowEnd - terms.challengeWindow * LAST_PART;
      if (status === JobStatus.None || status === JobStatus.Requested) {
        if (head.timestamp > windowEnd) {
          skip('attestation-gone');
          return;
        }
        return { retryAfterMs: patience(clock.now() - enqueuedAt), why: 'the attestation is not on the chain' };
      }
      verdict = await judge(terms, message, late, signal);
    } catch (error) {
      signal.throwIfAborted();
      verdict = afterFailure(error, late, context);
    }
    if ('retryAfterMs' in verdict) return verdict;
    await report(terms, message, verdict, logger, signal);
    return undefined;
  };
}

/** A blob that nobody has is withheld once the window is nearly over; until then somebody may still publish it. */
function withheld(error: unknown, late: boolean): Extract<Verdict, { verdict: 'withheld' }> {
  if (late && codeOf(error).startsWith('BLOB_')) return { verdict: 'withheld', reason: messageOf(error) };
  throw error;
}
