import type { BatchPolicy } from './batching.ts';
import type { ChildSettings } from './child-protocol.ts';
import type { AskedProvider } from './devices.ts';
import type { ModelLimits } from './model-limits.ts';
import type { Optimization } from './optimization.ts';

/** Everything about a runner that an operator may set; absent = the default named here. */
export interface OnnxRunnerOptions {
  /** Execution provider: `auto`, a name, or names in order of preference. Default `auto`. */
  readonly provider?: AskedProvider;
  /** Children, each with its own copy of the models it runs. Default 1: the engine uses all cores by itself. */
  readonly children?: number;
  /** Threads inside one operator. Default: the engine's. */
  readonly threads?: number;
  /** How far the engine rewrites graphs before it runs them: other sums, in another order. Default `all`. */
  readonly optimization?: Optimization;
  readonly limits?: Partial<ModelLimits>;
  /** Sessions kept loaded per child. Default 8 and 2 GiB. */
  readonly cache?: ChildSettings['cache'];
  /** Default 32 rows, 0 ms. */
  readonly batch?: BatchPolicy;
  /** Private memory of a child. Default 4 GiB; Node does not start below 1 GiB. */
  readonly memoryBytes?: number;
  /** V8 heap of a child. Default 1024. */
  readonly heapMib?: number;
  readonly startTimeoutMs?: number;
  /** Default 60 s; covers vetting, session creation, warm-up and proof. */
  readonly loadTimeoutMs?: number;
  /** Default 30 s, for a whole batch. */
  readonly runTimeoutMs?: number;
  /** Default: 100,000 requests or 1 GiB. */
  readonly recycle?: { readonly runs: number; readonly rssGrowthBytes: number };
  /** The only environment variables of a child. Default none. */
  readonly environment?: Readonly<Record<string, string>>;
}

const GIB = 2 ** 30;

const defaults = {
  provider: 'auto',
  children: 1,
  limits: {},
  cache: { maxEntries: 8, maxBytes: 2 * GIB },
  batch: { maxSize: 32, maxDelayMs: 0 },
  memoryBytes: 4 * GIB,
  heapMib: 1024,
  startTimeoutMs: 20_000,
  loadTimeoutMs: 60_000,
  runTimeoutMs: 30_000,
  recycle: { runs: 100_000, rssGrowthBytes: GIB },
  environment: {},
} satisfies OnnxRunnerOptions;

export type CompleteRunnerOptions = OnnxRunnerOptions & Required<Omit<OnnxRunnerOptions, 'threads' | 'optimization'>>;

export function withDefaults(options: OnnxRunnerOptions): CompleteRunnerOptions {
  return { ...defaults, ...options };
}

/** What the child itself has to know. */
export function childSettings({ limits, cache, threads, optimization }: CompleteRunnerOptions): ChildSettings {
  return {
    limits,
    cache,
    ...(threads === undefined ? {} : { threads }),
    ...(optimization === undefined ? {} : { optimization }),
  };
}
