import type { ModelId } from '../protocol/ids.ts';
import { type ModelSpec, triable } from '../protocol/model.ts';
import type { Logger } from '../runtime/logger.ts';
import { createRemembered } from '../runtime/remembered.ts';
import type { LoadedModel, ModelRunner } from './model-runner.ts';
import { requireSpecFit } from './spec-fit.ts';

/** A registered model that is loaded here, and whose file is what its spec says. */
export interface ServedModel {
  readonly modelId: ModelId;
  readonly spec: ModelSpec;
  /** Whether the chain itself can decide an answer of this model. */
  readonly triable: boolean;
  readonly loaded: LoadedModel;
}

/** Models by their on-chain id, ready to run. */
export interface ModelShelf {
  /** @throws RemitError what the spec source throws */
  specOf(modelId: ModelId, signal: AbortSignal): Promise<ModelSpec>;
  /**
   * Fetches, vets, loads and checks the model once; later calls give the same.
   *
   * @throws RemitError `MODEL_SPEC_MISMATCH`, every `MODEL_…` code of the runner, `BLOB_…`; a final one is remembered
   */
  open(modelId: ModelId, signal: AbortSignal): Promise<ServedModel>;
  /** Forgets a model, so that the next `open` looks at its file again. */
  forget(modelId: ModelId): void;
}

export interface ModelShelfDeps {
  readonly specs: { specOf(modelId: ModelId, signal?: AbortSignal): Promise<ModelSpec> };
  /** Brings the blob of this digest to a local file whose bytes have just been hashed. */
  readonly blobs: {
    locate(digest: string, options: { readonly signal: AbortSignal }): Promise<{ readonly path: string }>;
  };
  readonly runner: Pick<ModelRunner, 'load'>;
  readonly logger: Logger;
}

/** How many models, and how many refusals, are remembered. */
const REMEMBERED = 1_024;

export function createModelShelf({ specs, blobs, runner, logger }: ModelShelfDeps): ModelShelf {
  async function load(modelId: ModelId, signal: AbortSignal): Promise<ServedModel> {
    const spec = await specs.specOf(modelId, signal);
    const { path } = await blobs.locate(spec.onnxSha256, { signal });
    const loaded = await runner.load({ key: spec.onnxSha256.slice(2), path });
    requireSpecFit(spec, loaded.layout);
    const model = { modelId, spec, triable: triable(spec), loaded };
    const { provider, loadMs, warmUpMs, batch } = loaded;
    logger.info(
      {
        modelId,
        provider: provider.provider,
        line: provider.line,
        runMs: provider.runMs,
        loadMs,
        warmUpMs,
        batch: batch.reason,
        triable: model.triable,
      },
      'model ready',
    );
    if (!model.triable) logger.warn({ modelId }, 'model is not triable: its answers can be compared, never judged');
    return model;
  }

  // A final refusal is about the file, and the file is the model.
  const opened = createRemembered({ atMost: REMEMBERED }, { make: load });
  return {
    specOf: (modelId, signal) => specs.specOf(modelId, signal),
    open: (modelId, signal) => opened.get(modelId, signal),
    forget: (modelId) => {
      opened.forget(modelId);
    },
  };
}
