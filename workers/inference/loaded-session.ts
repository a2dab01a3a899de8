import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { ELEMENT_BYTES } from '../protocol/vector.ts';
import type { BatchProof, ChildSettings, ModelSource, ProviderProof, RowResult } from './child-protocol.ts';
import { defaultModelLimits } from './model-limits.ts';
import { vetModel } from './model-vetting.ts';
import type { ModelSummary } from './model-summary.ts';
import { createSession, profileNodes, type OnnxSession } from './onnx-session.ts';
import { canStack, compareRows, cutRows, probeRow, stackRows } from './row-batch.ts';
import type { Cached } from './session-cache.ts';
import { zeros } from './tensor-data.ts';
import {
  bindShapes,
  joinOutputs,
  splitInputs,
  withMeasuredOutputs,
  type Tensor,
  type TensorLayout,
} from './tensor-layout.ts';
import { withoutWeightInputs } from './weight-inputs.ts';
import { toWireError } from './wire-error.ts';

const PROBE_ROWS = 3;
const TIMED_RUNS = 3;

/** A vetted model with its session, as the child's cache holds it. */
export interface LoadedSession extends Cached {
  readonly summary: ModelSummary;
  readonly layout: TensorLayout;
  /** Milliseconds of the first run, on zeros. */
  readonly warmUpMs: number;
  /** Runs every row: stacked into one batch, or one after another. A bad row fails alone. */
  runRows(inputs: readonly Uint8Array[], stack: boolean): Promise<{ rows: RowResult[]; runMs: number }>;
  /** Times the session and counts nodes by provider; reads the file again for the profiled run. */
  prove(): Promise<ProviderProof>;
  proveBatch(): Promise<BatchProof>;
}

/**
 * Reads, verifies, vets and loads a model, then warms it up with zeros. The bytes that were hashed and vetted are the
 * bytes the engine gets (but for `withoutWeightInputs`); the path is read once.
 *
 * @throws RemitError `MODEL_DIGEST_MISMATCH`, `MODEL_FILE_MISSING`, `MODEL_TOO_LARGE` and what `vetModel` and `bindShapes` throw
 */
export async function loadSession(
  source: ModelSource,
  provider: string,
  settings: ChildSettings,
): Promise<LoadedSession> {
  const bytes = await readVerified(source, settings);
  const summary = vetModel(bytes, settings.limits);
  const declared = bindShapes(summary, source.bindings);
  requireVector('input', declared.inputLength, settings);
  const options = { provider, threads: settings.threads, optimization: settings.optimization };
  const session = await createSession(withoutWeightInputs(bytes), options);
  const blank: Tensor[] = declared.inputs.map(({ name, type, shape, length }) => ({
    name,
    type,
    shape,
    data: zeros(type, length),
  }));
  const started = performance.now();
  const layout = withMeasuredOutputs(declared, await session.run(blank));
  const warmUpMs = performance.now() - started;
  requireVector('output', layout.outputLength ?? 0, settings);
  return {
    summary,
    layout,
    warmUpMs,
    bytes: summary.estimatedPeakBytes,
    dispose: () => session.release(),
    runRows: (inputs, stack) => runRows({ session, layout, provider }, inputs, stack),
    async prove() {
      const times: number[] = [];
      for (let run = 0; run < TIMED_RUNS; run += 1) times.push(await timed(() => session.run(blank)));
      const nodes = await profileNodes(withoutWeightInputs(await readVerified(source, settings)), options, blank);
      return { nodes, runMs: times.sort((a, b) => a - b)[1] ?? 0 };
    },
    proveBatch: () => proveBatch(session, summary, layout),
  };
}

/** What the host would have to take over. @throws RemitError `MODEL_TOO_LARGE` */
function requireVector(side: 'input' | 'output', elements: number, { limits }: ChildSettings): void {
  const bytes = elements * ELEMENT_BYTES;
  const limit = limits.maxVectorBytes ?? defaultModelLimits.maxVectorBytes;
  if (bytes <= limit) return;
  throw new RemitError({
    code: 'MODEL_TOO_LARGE',
    message: `the ${side} vector of the model has ${bytes} bytes; the limit is ${limit}`,
    fix: 'Use a model with smaller inputs and outputs.',
    context: { side, bytes, limit },
  });
}

async function readVerified({ key, path }: ModelSource, { limits }: ChildSettings): Promise<Uint8Array> {
  const maxBytes = limits.maxFileBytes ?? defaultModelLimits.maxFileBytes;
  const size = await stat(path).then(
    (stats) => stats.size,
    (error: unknown) => {
      throw new RemitError({
        code: 'MODEL_FILE_MISSING',
        message: `the model file cannot be read: ${messageOf(error)}`,
        fix: 'Fetch the model into the store again.',
        retryable: true,
        context: { key },
      });
    },
  );
  // Checked before a byte is read; the vetting then checks what was really read.
  if (size > maxBytes) {
    throw new RemitError({
      code: 'MODEL_TOO_LARGE',
      message: `the model file has ${size} bytes; the limit is ${maxBytes}`,
      fix: 'Use a smaller model, or raise the operator limit.',
    });
  }
  const bytes = await readFile(path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest === key) return bytes;
  throw new RemitError({
    code: 'MODEL_DIGEST_MISMATCH',
    message: `the model file hashes to ${digest}, expected ${key}`,
    fix: 'Delete the file and fetch the model again; do not load a file that changes.',
    context: { expected: key, got: digest },
  });
}

async function runRows(
  {
    session,
    layout,
    provider,
  }: { readonly session: OnnxSession; readonly layout: TensorLayout; readonly provider: string },
  inputs: readonly Uint8Array[],
  stack: boolean,
): Promise<{ rows: RowResult[]; runMs: number }> {
  const rows: RowResult[] = [];
  const good: { readonly at: number; readonly tensors: Tensor[] }[] = [];
  for (const [at, input] of inputs.entries()) {
    try {
      good.push({ at, tensors: splitInputs(layout, input) });
    } catch (error) {
      rows[at] = { error: toWireError(error, provider) };
    }
  }
  let runMs = 0;
  const run = async (tensors: readonly Tensor[]): Promise<Tensor[]> => {
    const started = performance.now();
    const outputs = await session.run(tensors);
    runMs += performance.now() - started;
    return outputs;
  };
  const stacked =
    stack && good.length > 1
      ? await batchOf(
          run,
          good.map((row) => row.tensors),
        )
      : undefined;
  for (const [index, { at, tensors }] of good.entries()) {
    try {
      rows[at] = { output: joinOutputs(layout, stacked?.[index] ?? (await run(tensors))) };
    } catch (error) {
      rows[at] = { error: toWireError(error, provider) };
    }
  }
  return { rows, runMs };
}

/** Undefined when the batch fails as a whole: its rows are then run one by one. */
async function batchOf(
  run: (tensors: readonly Tensor[]) => Promise<Tensor[]>,
  rows: readonly Tensor[][],
): Promise<Tensor[][] | undefined> {
  try {
    return cutRows(await run(stackRows(rows)), rows.length);
  } catch {
    return undefined;
  }
}

async function proveBatch(session: OnnxSession, summary: ModelSummary, layout: TensorLayout): Promise<BatchProof> {
  const shape = canStack(summary, layout);
  if (!shape.safe) return shape;
  try {
    const rows = Array.from({ length: PROBE_ROWS }, (_, seed) => probeRow(layout, seed));
    const singles: Tensor[][] = [];
    for (const row of rows) singles.push(await session.run(row));
    return compareRows(singles, cutRows(await session.run(stackRows(rows)), rows.length));
  } catch (error) {
    return { safe: false, reason: `a batch cannot be run: ${messageOf(error)}` };
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
