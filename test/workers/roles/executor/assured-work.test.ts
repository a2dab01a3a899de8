import { describe, expect, it } from 'vitest';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import type { CanonicalModel } from '../../../../workers/canonical/service/canonical-models.ts';
import type { WorkResult } from '../../../../workers/inference/job-work.ts';
import type { LoadedModel } from '../../../../workers/inference/model-runner.ts';
import { modelIdOf } from '../../../../workers/protocol/model.ts';
import { bitsOfFloat, floatOfBits } from '../../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../../workers/protocol/vector-root.ts';
import { type Assurance, createAssuredWork } from '../../../../workers/roles/executor/assured-work.ts';
import { bytesOfBits } from '../../../../workers/roles/trial/elements.ts';
import { hexOf, recordingLogger, termsOf } from '../../../support/role-jobs.ts';
import { ANSWER, INPUT, PLAN, SPEC_OUT, TRACE, WEIGHT_TREE, WEIGHTS } from '../trial/bench.ts';

const MODEL = modelIdOf(SPEC_OUT);
const { signal } = new AbortController();
/** The canonical answer with one element moved by a part of its tolerance, 1e-3. */
const moved = (part: number): Uint8Array =>
  bytesOfBits(TRACE.slice(256).map((bits, at) => (at === 7 ? bitsOfFloat(floatOfBits(bits) + part * 1e-3) : bits)));

interface Scene {
  readonly assurance?: Partial<Assurance>;
  readonly answers?: readonly Uint8Array[];
  readonly canonicalOnly?: readonly string[];
  readonly triable?: boolean;
  /** the canonical run gives NaN for an element of the answer this many times, then is right */
  readonly overflows?: number;
}

function bench({ assurance = {}, answers = [ANSWER], canonicalOnly = [], triable = true, overflows = 0 }: Scene) {
  let asked = 0;
  const counts = { runs: 0, opened: 0 };
  const model: CanonicalModel = {
    ...{ spec: SPEC_OUT, plan: PLAN, canonicalOnly, weights: { tree: WEIGHT_TREE, length: WEIGHTS.length } },
    run: async (input) => {
      counts.runs += 1;
      const trace = execute(PLAN, { input, weights: WEIGHTS });
      if (counts.runs <= overflows) trace[260] = 0x7fc00000;
      return trace;
    },
  };
  const tensor = { name: 'x', type: 'float32', shape: [100], length: 100, start: 0 } as const;
  const loaded = { layout: { inputs: [tensor] } } as unknown as LoadedModel;
  const work = createAssuredWork(
    { mode: 'sampled', ratio: 0, ...assurance },
    {
      work: {
        run: async (): Promise<WorkResult> => {
          const output = answers[Math.min(asked++, answers.length - 1)] ?? ANSWER;
          const timings = { modelMs: 0, inputMs: 0, queuedMs: 0, runMs: 0, hashMs: 0, workMs: 0 };
          const served = { modelId: MODEL, spec: SPEC_OUT, triable, loaded };
          return { model: served, output, outputRoot: vectorRoot(output), timings };
        },
      },
      canonical: {
        open: async () => {
          counts.opened += 1;
          return model;
        },
      },
      blobs: { get: () => Promise.reject(new Error('no blobs')) },
      logger: recordingLogger(),
    },
  );
  const order = { terms: termsOf({ spec: SPEC_OUT, vector: INPUT }), input: hexOf(INPUT) };
  return { counts, run: () => work.run(order, signal) };
}

describe('an answer to a triable model', () => {
  it('is compared the first time, however many come at once, and then no more unless it is drawn', async () => {
    const { run, counts } = bench({});
    await Promise.all([run(), run(), run()]);
    await run();
    expect(counts.runs).toBe(1);
  });

  it.each([
    ['fast', 1, 1],
    ['sampled', 1, 3],
    ['canonical', 0, 3],
  ] as const)('with %s and ratio %d is compared %d times in three', async (mode, ratio, runs) => {
    const { run, counts } = bench({ assurance: { mode, ratio } });
    for (let time = 0; time < 3; time++) await run();
    expect(counts.runs).toBe(runs);
  });

  it('passes within a quarter of the tolerance and is refused beyond, and its model with it', async () => {
    const near = moved(0.2);
    expect((await bench({ answers: [near] }).run()).output).toBe(near);
    const { run, counts } = bench({ answers: [moved(0.3), ANSWER] });
    await expect(run()).rejects.toMatchObject({ code: 'ANSWER_GAP', retryable: false });
    await expect(run()).rejects.toMatchObject({ code: 'ANSWER_GAP' });
    expect(counts.runs).toBe(1);
  });

  it('is left to others when the canonical one is not finite, and the model is answered as before', async () => {
    const { run } = bench({ overflows: 1 });
    await expect(run()).rejects.toMatchObject({ code: 'CANONICAL_NOT_FINITE', retryable: false });
    expect((await run()).output).toBe(ANSWER);
  });

  it('is the canonical one where another engine may honestly differ', async () => {
    const { run } = bench({ answers: [moved(5)], canonicalOnly: ['Round n: a jump'] });
    expect(await run()).toMatchObject({ output: ANSWER, outputRoot: vectorRoot(ANSWER) });
  });
});

it('an answer that no court could judge is left as it is', async () => {
  const off = moved(5);
  const { run, counts } = bench({ answers: [off], triable: false });
  expect((await run()).output).toBe(off);
  expect(counts).toEqual({ runs: 0, opened: 0 });
});
