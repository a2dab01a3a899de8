import { readFile } from 'node:fs/promises';
import type { Hex32, ModelId } from '../../protocol/ids.ts';
import type { ModelSpec } from '../../protocol/model.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createRemembered } from '../../runtime/remembered.ts';
import type { CanonicalRunner } from '../executor/canonical-runner.ts';
import type { Plan } from '../plan/plan.ts';
import { VectorTree } from '../tree/vector-tree.ts';

/** What a model file compiles to; the same on every machine. */
export interface CompiledModel {
  readonly plan: Plan;
  /** Bit patterns in host order. */
  readonly weights: Uint32Array;
  readonly planRoot: Hex32;
  /** With the length, as the spec has it. */
  readonly weightsRoot: Hex32;
  /** Why nodes should answer from the canonical run; empty when they need not. */
  readonly canonicalOnly: readonly string[];
}

/** A model whose plan was compiled here to the roots that its publisher registered. */
export interface CanonicalModel {
  readonly spec: ModelSpec;
  readonly plan: Plan;
  readonly weights: { readonly tree: VectorTree; readonly length: number };
  /** Why nodes should answer from the canonical run; empty when they need not. */
  readonly canonicalOnly: readonly string[];
  /** The canonical trace of an input, bit patterns in host order. @throws RemitError what `CanonicalRunner.run` throws */
  run(input: Uint32Array, signal: AbortSignal): Promise<Uint32Array>;
}

export interface CanonicalModels {
  /** @throws RemitError PLAN_ROOT_MISMATCH, what the compiler refuses, BLOB_…, MODEL_UNKNOWN; a final one is remembered */
  open(modelId: ModelId, signal: AbortSignal): Promise<CanonicalModel>;
}

export interface CanonicalModelsDeps {
  readonly specs: { specOf(modelId: ModelId, signal?: AbortSignal): Promise<ModelSpec> };
  /** Brings the blob of this digest to a local file whose bytes have just been hashed. */
  readonly blobs: {
    locate(digest: string, options: { readonly signal: AbortSignal }): Promise<{ readonly path: string }>;
  };
  readonly compile: (file: Uint8Array, signal: AbortSignal) => Promise<CompiledModel>;
  readonly runner: Pick<CanonicalRunner, 'run'>;
  readonly logger: Logger;
}

/** Models held at once: each holds its weights and their tree. */
const HELD = 8;

/**
 * Models ready for canonical runs. A plan that is not its file would convict honest claimants, so a model is opened only
 * after its file was compiled here to the registered roots.
 */
export function createCanonicalModels({ specs, blobs, compile, runner, logger }: CanonicalModelsDeps): CanonicalModels {
  async function load(modelId: ModelId, signal: AbortSignal): Promise<CanonicalModel> {
    const spec = await specs.specOf(modelId, signal);
    const { path } = await blobs.locate(spec.onnxSha256, { signal });
    const compiled = await compile(await readFile(path, { signal }), signal);
    requireRoots(modelId, spec, compiled);
    const { plan } = compiled;
    // Shared memory is not copied into the thread of every run.
    const weights = new Uint32Array(new SharedArrayBuffer(compiled.weights.byteLength));
    weights.set(compiled.weights);
    logger.info(
      { modelId, instructions: plan.instructions.length, traceLength: plan.traceLength, weights: weights.length },
      'plan recompiled to the registered roots',
    );
    return {
      spec,
      plan,
      canonicalOnly: compiled.canonicalOnly,
      weights: { tree: new VectorTree(weights), length: weights.length },
      run: async (input, runSignal) => {
        const { trace } = await runner.run({ plan, input, weights, root: false }, { signal: runSignal });
        return trace;
      },
    };
  }

  // A final refusal is about the file, and the file is the model.
  const opened = createRemembered({ atMost: HELD }, { make: load });
  return { open: (modelId, signal) => opened.get(modelId, signal) };
}

function requireRoots(modelId: ModelId, spec: ModelSpec, compiled: CompiledModel): void {
  const found = {
    planRoot: compiled.planRoot,
    planLength: compiled.plan.instructions.length,
    weightsRoot: compiled.weightsRoot,
    traceLength: compiled.plan.traceLength,
  };
  const wrong = Object.entries(found).find(([field, value]) => spec[field as keyof typeof found] !== value);
  if (!wrong) return;
  const [field, value] = wrong;
  throw new RemitError({
    code: 'PLAN_ROOT_MISMATCH',
    message: `model ${modelId} is registered with ${field} ${spec[field as keyof typeof found]}, its file compiles to ${value}`,
    fix: 'Do not serve or challenge this model: its registered plan is not its file. The publisher has to register it again.',
    context: { modelId, field, registered: spec[field as keyof typeof found], compiled: value },
  });
}
