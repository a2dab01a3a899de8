import { readdir, readFile, rm } from 'node:fs/promises';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { RemitError } from '../runtime/errors.ts';
import type { ElementType } from './element-type.ts';
import type { Optimization } from './optimization.ts';
import type { TensorData } from './tensor-data.ts';
import type { Tensor } from './tensor-layout.ts';

export interface SessionOptions {
  readonly provider: string;
  readonly threads?: number | undefined;
  /** How far the engine rewrites the graph before it runs it; absent = as far as it can. */
  readonly optimization?: Optimization | undefined;
}

/** One loaded model on one execution provider. */
export interface OnnxSession {
  /** Runs once; outputs in the graph's order. The event loop stands still meanwhile: that is why it lives in a child. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
  release(): Promise<void>;
}

const ERRORS_ONLY = 3;

/**
 * Creates a session from bytes that passed vetting. The engine adds its CPU provider behind any other by itself, and
 * nodes that the asked provider cannot take run there: see `profileNodes`.
 */
export async function createSession(model: Uint8Array, options: SessionOptions): Promise<OnnxSession> {
  return wrap(await InferenceSession.create(model, sessionOptions(options)));
}

/**
 * Runs the model once under the engine's profiler and counts the nodes by the provider that really ran them.
 *
 * @returns counts by lower-case provider name (`{ webgpu: 17 }`), empty when the profile cannot be read
 */
export async function profileNodes(
  model: Uint8Array,
  options: SessionOptions,
  inputs: readonly Tensor[],
): Promise<Record<string, number>> {
  const prefix = `profile-${options.provider}`;
  const session = await InferenceSession.create(model, {
    ...sessionOptions(options),
    enableProfiling: true,
    profileFilePrefix: prefix,
  });
  try {
    await wrap(session).run(inputs);
  } finally {
    session.endProfiling();
    await session.release();
  }
  // The engine appends a timestamp to the prefix, in the child's own empty folder.
  const file = (await readdir('.')).find((name) => name.startsWith(prefix));
  if (file === undefined) return {};
  const profile = await readFile(file, 'utf8');
  await rm(file);
  const counts: Record<string, number> = {};
  for (const [, provider = ''] of profile.matchAll(/"provider" : "(\w+?)ExecutionProvider"/g)) {
    const name = provider.toLowerCase();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function sessionOptions({ provider, threads, optimization }: SessionOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    logSeverityLevel: ERRORS_ONLY,
    // Idle threads of the engine would spin on the cores that the host needs to bring the next input.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(optimization === undefined ? {} : { graphOptimizationLevel: optimization }),
  };
}

function wrap(session: InferenceSession): OnnxSession {
  return {
    async run(inputs) {
      const feeds = Object.fromEntries(
        inputs.map(({ name, type, shape, data }) => [name, ortTensor(type, data, shape)]),
      );
      const results = await session.run(feeds);
      return session.outputNames.map((name) => fromOrt(name, results[name]));
    },
    release: () => session.release(),
  };
}

function ortTensor(type: ElementType, data: TensorData, shape: readonly number[]): OrtTensor {
  return new OrtTensor(type as 'float32', data as Float32Array, [...shape]);
}

function fromOrt(name: string, value: OrtTensor | undefined): Tensor {
  if (value && !Array.isArray(value.data)) {
    return { name, type: value.type as ElementType, shape: value.dims, data: value.data as TensorData };
  }
  throw new RemitError({
    code: 'MODEL_REFUSED',
    message: `output "${name}" is not a tensor of numbers`,
    fix: 'Export the model with numeric outputs.',
  });
}
