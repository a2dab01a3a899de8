import type { Clock } from '../runtime/clock.ts';
import { RemitError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { maxJoined } from './batching.ts';
import { sessionKey, type BatchProof, type ModelSource } from './child-protocol.ts';
import { createChildSlot, type ChildSlot } from './child-slot.ts';
import { findConfinement, type Confinement } from './confinement.ts';
import { chooseProvider, type ProviderReport } from './devices.ts';
import type { ModelSummary } from './model-summary.ts';
import { childSettings, withDefaults, type CompleteRunnerOptions, type OnnxRunnerOptions } from './runner-options.ts';
import { createRunQueue, type RunOrder, type RunOutcome } from './run-queue.ts';
import type { TensorLayout } from './tensor-layout.ts';

/** A model that was vetted, loaded, warmed up and proven on its provider. */
export interface LoadedModel {
  readonly key: string;
  readonly summary: ModelSummary;
  /** Lengths of the input and output vectors. */
  readonly layout: TensorLayout;
  readonly provider: ProviderReport;
  readonly batch: BatchProof;
  readonly loadMs: number;
  readonly warmUpMs: number;
}

/** Runs models by key. The model runs elsewhere: nothing that it does can stop or read this process. */
export interface ModelRunner {
  /**
   * Vets, loads and proves a model; loading it again gives the first answer again.
   *
   * @throws RemitError `EXECUTION_PROVIDER_UNAVAILABLE`, every `MODEL_…` code
   */
  load(source: ModelSource): Promise<LoadedModel>;
  /**
   * Runs a loaded model.
   *
   * @param modelKey `ModelSource.key`
   * @param input the input vector (`protocol/vector.ts`)
   * @param signal gives the answer up; a run inside the engine cannot be stopped and ends unheard
   * @returns the output vector and where the time went, in milliseconds
   * @throws RemitError `MODEL_NOT_LOADED`, `INPUT_…`, `OUTPUT_…`, `MODEL_TIMEOUT`, `MODEL_MEMORY`, `MODEL_CRASHED`, `MODEL_REFUSED`
   */
  run(modelKey: string, input: Uint8Array, signal: AbortSignal): Promise<RunOutcome>;
  /** Ends the children; waiting runs fail with `RUNNER_CLOSED`. */
  close(): Promise<void>;
}

export interface RunnerMetrics {
  ran(facts: { readonly rows: number; readonly runMs: number; readonly provider: string }): void;
  childEnded(reason: 'failed' | 'recycled'): void;
}

export interface OnnxRunnerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RunnerMetrics;
  /** How children are held; found out from the system when absent. */
  readonly confinement?: Confinement;
}

interface Known {
  readonly model: LoadedModel;
  readonly order: Omit<RunOrder, 'input' | 'signal'>;
}

/** Starts nothing until the first load. */
export async function createOnnxRunner(given: OnnxRunnerOptions, deps: OnnxRunnerDeps): Promise<ModelRunner> {
  const options = withDefaults(given);
  const confinement = deps.confinement ?? (await findConfinement({ memoryBytes: options.memoryBytes }));
  const slots = Array.from({ length: options.children }, () =>
    createChildSlot(
      { ...options, settings: childSettings(options) },
      { ...deps, confinement, onEnd: (reason) => deps.metrics?.childEnded(reason) },
    ),
  );
  const queue = createRunQueue({ batch: options.batch }, { ...deps, slots });
  const loads = new Map<string, Promise<Known>>();

  const load = async (source: ModelSource): Promise<Known> => {
    const { report, loaded, batch } = await queue.exclusive((slot) => prove(slot, source, options, deps));
    deps.logger.info({ model: source.key, nodes: report.nodes, batch: batch.reason }, report.line);
    const { summary, layout, loadMs, warmUpMs } = loaded;
    const { provider, runMs } = report;
    return {
      model: { key: source.key, summary, layout, provider: report, batch, loadMs, warmUpMs },
      order: {
        source,
        provider,
        session: sessionKey(source, provider),
        stack: batch.safe,
        maxJoined: maxJoined({ stackable: batch.safe, runMs }),
      },
    };
  };

  return {
    async load(source) {
      const loading = loads.get(source.key) ?? load(source);
      loads.set(source.key, loading);
      try {
        return (await loading).model;
      } catch (error) {
        loads.delete(source.key);
        throw error;
      }
    },
    async run(modelKey, input, signal) {
      const known = await loads.get(modelKey);
      if (!known) throw notLoaded(modelKey);
      return queue.run({ ...known.order, input, signal });
    },
    close: () => queue.close(),
  };
}

async function prove(
  slot: ChildSlot,
  source: ModelSource,
  { provider: asked, batch: policy, loadTimeoutMs }: CompleteRunnerOptions,
  { clock }: Pick<OnnxRunnerDeps, 'clock'>,
) {
  const started = clock.now();
  const { report, loaded } = await chooseProvider(
    { key: source.key, asked, platform: process.platform },
    { attempt: (provider) => slot.request({ kind: 'load', source, provider, prove: true }) },
  );
  // What the providers have left of the time, and something where they took all of it.
  const leftMs = Math.max(loadTimeoutMs - (clock.now() - started), loadTimeoutMs / 4);
  const batch: BatchProof =
    policy.maxSize > 1
      ? await slot.request({ kind: 'batch', source, provider: report.provider }, leftMs)
      : { safe: false, reason: 'batching is off' };
  return { report, loaded, batch };
}

function notLoaded(key: string): RemitError {
  return new RemitError({
    code: 'MODEL_NOT_LOADED',
    message: `model ${key} is not loaded in this runner`,
    fix: 'Load the model before running it.',
    context: { key },
  });
}
