import type { Optimization } from './optimization.ts';
import type { ModelLimits } from './model-limits.ts';
import type { ModelSummary } from './model-summary.ts';
import type { TensorLayout } from './tensor-layout.ts';

/** A model to run: a verified blob on disk and what to bind in it. */
export interface ModelSource {
  /** SHA-256 of the file, lower-case hex; the child checks it on the bytes it gives to the engine. */
  readonly key: string;
  /** Absolute path of the file. */
  readonly path: string;
  /** Sizes of dynamic dimensions by symbolic name; absent ones are 1. */
  readonly bindings?: Readonly<Record<string, number>>;
}

/** A model on a provider with its bindings: what one cached session serves. */
export function sessionKey(source: ModelSource, provider: string): string {
  return JSON.stringify([source.key, provider, Object.entries(source.bindings ?? {}).sort()]);
}

/** Settings of a child, sent once after it has started. */
export interface ChildSettings {
  readonly limits: Partial<ModelLimits>;
  readonly cache: { readonly maxEntries: number; readonly maxBytes: number };
  /** Threads inside one operator; absent = the engine's default. */
  readonly threads?: number;
  /** How far the engine rewrites graphs; absent = as far as it can. */
  readonly optimization?: Optimization;
}

/** How a batch of rows compares with single runs. */
export interface BatchProof {
  readonly safe: boolean;
  readonly reason: string;
}

/** What a load with `prove` measured. */
export interface ProviderProof {
  /** Nodes by provider, as the engine's profile counts them: `{ webgpu: 17, cpu: 1 }`. Empty when it cannot be learnt. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Median of three runs after the first, in milliseconds. */
  readonly runMs: number;
}

export type ChildRequest =
  | { readonly kind: 'start'; readonly settings: ChildSettings }
  | { readonly kind: 'load'; readonly source: ModelSource; readonly provider: string; readonly prove: boolean }
  | { readonly kind: 'batch'; readonly source: ModelSource; readonly provider: string }
  | {
      readonly kind: 'run';
      readonly source: ModelSource;
      readonly provider: string;
      readonly inputs: readonly Uint8Array[];
      readonly stack: boolean;
    };

export interface StartReply {
  readonly backends: readonly string[];
}

export interface LoadReply {
  readonly summary: ModelSummary;
  readonly layout: TensorLayout;
  readonly loadMs: number;
  /** The first run, on zeros, in milliseconds: compiles kernels and allocates. */
  readonly warmUpMs: number;
  readonly proof: ProviderProof | null;
}

/** An error as it crosses the process boundary. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

export type RowResult = { readonly output: Uint8Array } | { readonly error: WireError };

export interface RunReply {
  /** One per input, in order. */
  readonly rows: readonly RowResult[];
  /** Loading a session that was not cached; 0 otherwise. */
  readonly loadMs: number;
  /** Inside the engine, for all rows together. */
  readonly runMs: number;
  /** All that the child did for this request. */
  readonly childMs: number;
}

export interface ReplyByKind {
  readonly start: StartReply;
  readonly load: LoadReply;
  readonly batch: BatchProof;
  readonly run: RunReply;
}

/** What the host learns from every answer about the state of the child. */
export interface ChildState {
  readonly rssBytes: number;
  /** Session keys in the cache, oldest first. */
  readonly loaded: readonly string[];
}

export type ChildReply = ({ readonly reply: ReplyByKind[keyof ReplyByKind] } | { readonly error: WireError }) &
  ChildState;
