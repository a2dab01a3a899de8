import type { JobId } from '../../protocol/ids.ts';
import { Delivery } from '../../protocol/job.ts';
import { vectorRoot } from '../../protocol/vector-root.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ExecutorPorts, KeptAnswer } from './ports.ts';

export interface GivenAnswer extends KeptAnswer {
  readonly output: Uint8Array;
}

export type AnswerBook = Pick<ExecutorPorts, 'store' | 'answers' | 'outputs'>;

const NOTHING = new Uint8Array();

/** An answer given before, with its bytes where the delivery needs them; undefined when the store has lost them. */
export async function recallAnswer(
  kept: KeptAnswer,
  delivery: Delivery,
  { store }: Pick<AnswerBook, 'store'>,
  signal: AbortSignal,
): Promise<GivenAnswer | undefined> {
  if (delivery === Delivery.None) return { ...kept, output: NOTHING };
  if (!(await store.has(kept.digest))) return undefined;
  const output = await store.get(kept.digest, { signal });
  return vectorRoot(output) === kept.outputRoot ? { ...kept, output } : undefined;
}

export interface NewAnswer {
  readonly jobId: JobId;
  readonly answer: GivenAnswer;
  /** The bytes are in the store already. */
  readonly stored: boolean;
  /** A trial may ask for them, and no contract has their content id. */
  readonly unpublished: boolean;
}

/** Keeps an answer that is on its way already, so a failure here is a warning: it costs a second run at worst. */
export async function keepAnswer(
  { jobId, answer, stored, unpublished }: NewAnswer,
  { store, answers, outputs }: AnswerBook,
  logger: Logger,
): Promise<void> {
  try {
    if (!stored) await store.put(answer.output);
    if (unpublished) await outputs.keep(answer.outputRoot, answer.digest);
    await answers.keep(jobId, { outputRoot: answer.outputRoot, digest: answer.digest });
  } catch (error) {
    logger.warn({ code: codeOf(error), cause: messageOf(error) }, 'answer not kept');
  }
}
