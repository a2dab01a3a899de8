import type { ElementType } from './element-type.ts';

/** One graph input or output. */
export interface TensorSpec {
  readonly name: string;
  readonly type: ElementType;
  /** A dynamic dimension is null. */
  readonly shape: readonly (number | null)[];
  /** For each dimension, its symbolic name (`batch_size`), or null. */
  readonly symbols: readonly (string | null)[];
}

/** What vetting learnt about a model without running it. */
export interface ModelSummary {
  /** In graph order; a graph input with an initializer is a weight, not an input. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Nodes of the graph and all its subgraphs. */
  readonly nodes: number;
  /** Version of the default operator set. */
  readonly opset: number;
  /** Numbers in all initializers. */
  readonly parameters: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Upper estimate of memory known before a run: weights twice, plus every tensor whose size the file fixes. */
  readonly estimatedPeakBytes: number;
}
