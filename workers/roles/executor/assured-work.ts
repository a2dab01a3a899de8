import type { CanonicalModels } from '../../canonical/service/canonical-models.ts';
import { canonicalOutput } from '../../canonical/service/canonical-output.ts';
import { obtainInput, type InputBlobs } from '../../inference/job-input.ts';
import type { JobWork, WorkOrder, WorkResult } from '../../inference/job-work.ts';
import { keccak } from '../../protocol/keccak.ts';
import type { ModelId } from '../../protocol/ids.ts';
import { type ModelSpec, OutputKind } from '../../protocol/model.ts';
import { compareOutputs } from '../../protocol/tolerance.ts';
import { decodeInts } from '../../protocol/vector.ts';
import { vectorRoot } from '../../protocol/vector-root.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';

/** How an answer to a triable model is assured before it is attested. */
export interface Assurance {
  /**
   * `fast`: the first answer of each model is compared with the canonical run; `sampled`: a share of the later ones too;
   * `canonical`: all of them.
   */
  readonly mode: 'fast' | 'sampled' | 'canonical';
  /** Share of answers that `sampled` compares, 0 to 1. */
  readonly ratio: number;
}

export interface AssuredWorkDeps {
  readonly work: JobWork;
  readonly canonical: CanonicalModels;
  readonly blobs: InputBlobs;
  readonly logger: Logger;
}

/** Part of every tolerance that our own engine may use up: the rest is for what a challenger's engine does differently. */
const FRACTION = 1 / 4;

/**
 * Work whose answers have been compared with the canonical run, so that the stake stands behind nothing that a court would
 * find wrong. A model whose engine was caught once is answered no more until the process starts anew.
 */
export function createAssuredWork({ mode, ratio }: Assurance, deps: AssuredWorkDeps): JobWork {
  const { work, canonical, blobs, logger } = deps;
  /** The first comparison of each model; those that come meanwhile wait for it. */
  const first = new Map<ModelId, Promise<void>>();
  const caught = new Map<ModelId, RemitError>();

  function isDrawn({ terms }: WorkOrder): boolean {
    return mode === 'canonical' || (mode === 'sampled' && share(`${terms.modelId}${terms.inputRoot}`) < ratio);
  }

  async function canonicalAnswer(order: WorkOrder, { model }: WorkResult, signal: AbortSignal): Promise<Uint8Array> {
    const opened = await canonical.open(model.modelId, signal);
    const input = await obtainInput({ terms: order.terms, input: order.input, model }, { blobs }, signal);
    const trace = await opened.run(new Uint32Array(decodeInts(input).buffer), signal);
    requireFinite(opened.spec, trace);
    return canonicalOutput(opened.spec, trace);
  }

  /** @throws RemitError ANSWER_GAP, and from then on for every answer of this model */
  async function compare(order: WorkOrder, result: WorkResult, signal: AbortSignal): Promise<void> {
    const { modelId, spec } = result.model;
    const found = compareOutputs(spec.outputs, result.output, await canonicalAnswer(order, result, signal), FRACTION);
    logger.debug({ modelId, gap: found.worst?.ratio ?? 0 }, 'answer compared with the canonical run');
    if (found.agrees) return;
    const gap = answerGap(modelId, found.worst.ratio);
    caught.set(modelId, gap);
    throw gap;
  }

  async function compareFirst(order: WorkOrder, result: WorkResult, signal: AbortSignal): Promise<boolean> {
    const { modelId } = result.model;
    const running = first.get(modelId);
    if (running) {
      await running;
      return false;
    }
    const comparing = compare(order, result, signal);
    first.set(modelId, comparing);
    // What an outage or an abort ended has compared nothing.
    comparing.catch(() => first.delete(modelId));
    await comparing;
    return true;
  }

  return {
    async run(order, signal) {
      const { modelId } = order.terms;
      const before = caught.get(modelId);
      if (before) throw before;
      const result = await work.run(order, signal);
      if (!result.model.triable) return result;
      // Opening compiles the plan to its registered roots: without that no triable model is answered.
      const { canonicalOnly } = await canonical.open(modelId, signal);
      if (canonicalOnly.length > 0) {
        const output = await canonicalAnswer(order, result, signal);
        return { ...result, output, outputRoot: vectorRoot(output) };
      }
      const isFirst = await compareFirst(order, result, signal);
      if (!isFirst && isDrawn(order)) await compare(order, result, signal);
      return result;
    },
  };
}

/** Bits of the exponent: all set in infinities and NaN. */
const NOT_FINITE = 0x7f800000;

/**
 * An input can make a canonical number overflow where an engine's stays finite. Such an answer would end void, so the job is
 * left to others; nothing is wrong with the model.
 */
function requireFinite({ outputs }: ModelSpec, trace: Uint32Array): void {
  for (const { start, length, kind } of outputs) {
    if (kind !== OutputKind.Continuous) continue;
    const at = trace.subarray(start, start + length).findIndex((bits) => (bits & NOT_FINITE) === NOT_FINITE);
    if (at < 0) continue;
    throw new RemitError({
      code: 'CANONICAL_NOT_FINITE',
      message: `number ${at} of the canonical answer is not finite: this input leads the model out of its range`,
      fix: 'nothing here: the job is not answered; the publisher can declare a narrower domain',
      context: { element: at },
    });
  }
}

/** The same answer for the same question, uniform in [0, 1). */
function share(text: string): number {
  return Buffer.from(keccak(Buffer.from(text))).readUIntBE(0, 6) / 2 ** 48;
}

function answerGap(modelId: ModelId, ratio: number): RemitError {
  return new RemitError({
    code: 'ANSWER_GAP',
    message: `an answer to model ${modelId} is ${ratio.toPrecision(3)} tolerances off the canonical one; ${FRACTION} is the most that is attested`,
    fix: 'use another execution provider (REMIT_EXECUTION_PROVIDER=cpu); until this process starts anew the model is not answered',
    context: { modelId, ratio },
  });
}
