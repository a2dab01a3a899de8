import type { WorkResult } from '../../inference/job-work.ts';
import { sha256Of } from '../../protocol/content-id.ts';
import { type Address, type Hex, ZERO_HEX32 } from '../../protocol/ids.ts';
import { Delivery, isOpen, parseTerms, type Terms } from '../../protocol/job.ts';
import { triable } from '../../protocol/model.ts';
import type { MessageOf } from '../../queue/catalog.ts';
import type { Handler, Later, MessageContext } from '../../queue/consumer.ts';
import { laterOnOutage } from '../../queue/outage.ts';
import { codeOf, isRetryable, messageOf, RemitError } from '../../runtime/errors.ts';
import { type Admission, admit, climb, type ModelPolicy, serves } from './admission.ts';
import { type AnswerBook, type GivenAnswer, keepAnswer, recallAnswer } from './answer-book.ts';
import type { ExecutorPorts, KeptAnswer } from './ports.ts';
import { createNews } from './news.ts';
import { createRunTimes } from './run-times.ts';

type InferenceMessage = MessageOf<'inference'>;

export interface InferenceOptions extends ModelPolicy {
  /** The operator this node works for. */
  readonly operator: Address;
}

/** Vectors up to this size are small change; larger ones must be in the store before anybody is told about them. */
const SMALL_BYTES = 4_096;

/** Answers a job: decides from the chain whether to, works the answer out in the child, hands it to the submitter. */
export function createInferenceHandler(options: InferenceOptions, deps: ExecutorPorts): Handler<InferenceMessage> {
  const { chain, models, work, store, answers, outputs, attestations, metrics, clock } = deps;
  const book: AnswerBook = { store, answers, outputs };
  const times = createRunTimes();
  const isNews = createNews();

  /** Reads the chain; the job's own model policy comes last because it may have to look the model up. */
  async function decide(terms: Terms, message: InferenceMessage, context: MessageContext): Promise<Admission> {
    const { jobId } = message;
    const { signal, enqueuedAt } = context;
    const [standing, head] = await Promise.all([chain.standingOf(jobId, signal), chain.head(signal)]);
    const admission = admit({
      terms,
      status: standing.status,
      operator: options.operator,
      chainNow: head.timestamp,
      expectedMs: times.p95Ms(terms.modelId),
      ageMs: clock.now() - enqueuedAt,
    });
    if (admission.kind !== 'go') return admission;
    const ours = serves(options, terms.modelId, triable(await models.specOf(terms.modelId, signal)));
    if (ours.kind !== 'go' || !isOpen(terms)) return ours;
    const { requestBlock, requestedAt } = standing;
    const { parametersVersion, attestDeadline } = terms;
    const { operator } = options;
    const question = { jobId, operator, parametersVersion, requestBlock, requestedAt, head: head.number };
    return climb({
      standing: await chain.ladderOf(question, signal),
      attestDeadline,
      chainNow: head.timestamp,
      localNowMs: clock.now(),
    });
  }

  async function answer(
    terms: Terms,
    message: InferenceMessage,
    { signal, logger, enqueuedAt }: MessageContext,
    chainMs: number,
    startedAtMs: number,
  ): Promise<void> {
    const { jobId } = message;
    const kept = answers.find(jobId);
    const recalled = kept && (await recallAnswer(kept, terms.delivery, book, signal));
    const worked = recalled ? undefined : await work.run({ terms, input: message.input }, signal);
    const fresh = worked && freshAnswer(worked, kept, message);
    const given = recalled ?? fresh;
    if (!given) return;
    const beforeStore = clock.now();
    const early = fresh && (terms.delivery === Delivery.Blob || fresh.output.length > SMALL_BYTES);
    if (early) await store.put(fresh.output, { signal });
    const storeMs = clock.now() - beforeStore;
    const timings = {
      requestedAtMs: message.request.timestamp * 1_000,
      seenAtMs: enqueuedAt,
      startedAtMs,
      waitedMs: startedAtMs - enqueuedAt,
      chainMs,
      ...worked?.timings,
      storeMs,
    };
    await attestations.enqueueAgain('attestation', {
      chainId: message.chainId,
      registry: message.registry,
      jobId,
      terms: message.terms,
      outputRoot: given.outputRoot,
      outputContent: terms.delivery === Delivery.Blob ? given.digest : ZERO_HEX32,
      output: terms.delivery === Delivery.Inline ? hexOf(given.output) : '0x',
      timings,
    });
    const { modelId } = terms;
    const isTriable = triable(await models.specOf(modelId, signal));
    if (worked) times.record(modelId, worked.timings.workMs);
    metrics.answered(timings);
    logger.info(
      {
        modelId,
        outputRoot: given.outputRoot,
        triable: isTriable,
        recalled: recalled !== undefined,
        timings,
      },
      'job answered',
    );
    const unpublished = isTriable && terms.delivery === Delivery.None;
    if (fresh) await keepAnswer({ jobId, answer: fresh, stored: early === true, unpublished }, book, logger);
  }

  return async (message, context) => {
    const { jobId } = message;
    const logger = context.logger.child({ jobId });
    const startedAtMs = clock.now();
    try {
      const terms = parseTerms(message.terms);
      const admission = await decide(terms, message, context);
      if (admission.kind === 'wait') return { retryAfterMs: admission.retryAfterMs, why: admission.why };
      if (admission.kind === 'skip') {
        if (isNews(jobId, admission.reason)) {
          metrics.ended('skipped', admission.reason);
          logger.info({ reason: admission.reason }, 'job skipped');
        }
        return undefined;
      }
      await answer(terms, message, { ...context, logger }, clock.now() - startedAtMs, startedAtMs);
      return undefined;
    } catch (error) {
      context.signal.throwIfAborted();
      return afterFailure(error);
    }

    /** A final error is the job's or the model's fault: said once, and the job is left to expire. */
    function afterFailure(error: unknown): Later | undefined {
      const later = laterOnOutage(error, clock.now() - context.enqueuedAt);
      if (later) {
        // The operator should see once per job what it waits for; the repetitions are noise.
        const level = isNews(jobId, later.why) ? 'warn' : 'debug';
        logger[level]({ code: later.why, cause: messageOf(error) }, 'job waits for an outage to end');
        return later;
      }
      if (isRetryable(error)) throw error;
      const code = codeOf(error);
      if (!isNews(jobId, code)) return undefined;
      metrics.ended('refused', code);
      const { modelId } = message.terms;
      const fix = error instanceof Error && 'fix' in error ? error.fix : undefined;
      logger.warn({ modelId, code, cause: messageOf(error), fix }, 'job refused');
      return undefined;
    }
  };
}

/** What was worked out just now. @throws RemitError ANSWER_CHANGED when this node has given another answer before */
function freshAnswer(
  { output, outputRoot }: WorkResult,
  kept: KeptAnswer | undefined,
  { jobId }: InferenceMessage,
): GivenAnswer {
  if (!kept || kept.outputRoot === outputRoot) return { output, outputRoot, digest: sha256Of(output) };
  throw new RemitError({
    code: 'ANSWER_CHANGED',
    message: `job ${jobId} was answered with ${kept.outputRoot} before, now the model gives ${outputRoot}`,
    fix: 'Restore the store of this node, which has lost its first answer; a second, different one would be an equivocation.',
    context: { first: kept.outputRoot, second: outputRoot },
  });
}

function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
