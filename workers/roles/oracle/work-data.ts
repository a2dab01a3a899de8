import { DataStatus } from '../../protocol/data-terms.ts';
import { type DataRequestId, ZERO_HEX32 } from '../../protocol/ids.ts';
import { parseDataTerms } from '../../protocol/data-terms.ts';
import type { MessageOf } from '../../queue/catalog.ts';
import type { Handler, Later } from '../../queue/consumer.ts';
import { laterOnOutage } from '../../queue/outage.ts';
import type { Clock } from '../../runtime/clock.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Desk, Pause } from './desk.ts';
import type { OracleChain } from './ports.ts';
import { type Subject, subjectKey } from './subject.ts';

type DataMessage = MessageOf<'data'>;

export interface WorkDataOptions {
  /** Milliseconds between two looks. */
  readonly pollMs: number;
  /** Questions that pay less are left to others, token units: their leader pays the gas. */
  readonly feeMin: bigint;
}

export interface WorkDataDeps {
  readonly desk: Desk;
  readonly chain: Pick<OracleChain, 'now' | 'question'>;
  /** The questions under way here, so that a leader can ask about them. */
  readonly questions: Map<string, Subject>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The request id that stands for a feed's own rounds. */
export const NO_REQUEST = ZERO_HEX32 as unknown as DataRequestId;

/** One look at a feed or a question, and back again; a question's message ends with the question. */
export function createDataHandler(
  { pollMs, feeMin }: WorkDataOptions,
  { desk, chain, questions, clock }: WorkDataDeps,
): Handler<DataMessage> {
  async function isOpen(message: DataMessage, signal: AbortSignal): Promise<boolean> {
    if (message.kind === 'feed') return true;
    const { status } = await chain.question(message.requestId, signal);
    return status === DataStatus.Requested && BigInt(await chain.now(signal)) <= BigInt(message.terms.deadline);
  }

  function later({ why, until, now }: Pause): Later {
    if (why === 'gathering') return { retryAfterMs: Math.min(pollMs, 200), why };
    const left = until === undefined ? pollMs : (until - now) * 1_000;
    return { retryAfterMs: Math.max(Math.min(pollMs, left), 50), why };
  }

  return async (message, { signal, logger: parent, enqueuedAt }) => {
    const subject = subjectOf(message);
    const logger = parent.child({
      feedId: subject.feedId,
      ...(message.kind === 'request' && { requestId: subject.requestId }),
    });
    try {
      if (message.kind === 'request' && BigInt(message.terms.fee) < feeMin) {
        logger.info({ fee: message.terms.fee, feeMin: feeMin.toString() }, 'question pays too little');
        return undefined;
      }
      if (!(await isOpen(message, signal))) {
        questions.delete(subjectKey(subject));
        logger.info({}, 'question is over');
        return undefined;
      }
      if (message.kind === 'request') questions.set(subjectKey(subject), subject);
      return later(await desk.work(subject, signal, logger));
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) === 'DOUBLE_REPORT') throw error;
      const outage = laterOnOutage(error, clock.now() - enqueuedAt);
      if (!outage) throw error;
      logger.warn({ code: codeOf(error), reason: messageOf(error) }, 'data waits for an outage to end');
      // The next turn is never far, however long the message has existed.
      return { retryAfterMs: Math.min(outage.retryAfterMs, Math.max(pollMs, 1_000)), why: outage.why };
    }
  };
}

function subjectOf(message: DataMessage): Subject {
  if (message.kind === 'feed') return { kind: 'feed', feedId: message.feedId, requestId: NO_REQUEST };
  const terms = parseDataTerms(message.terms);
  const { requestId, spec } = message;
  return { kind: 'request', feedId: terms.committee, requestId, terms, spec: Buffer.from(spec.slice(2), 'hex') };
}
