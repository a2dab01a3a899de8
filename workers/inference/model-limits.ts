/** What a model file may be. Every bound is checked before onnxruntime sees a byte. */
export interface ModelLimits {
  readonly maxFileBytes: number;
  /** Nodes of the graph and all its subgraphs. */
  readonly maxNodes: number;
  /** Fields of the protobuf: what the decoder allocates objects for. */
  readonly maxFields: number;
  /** Nesting of protobuf messages; a plain model uses about 8, each subgraph adds 3. */
  readonly maxDepth: number;
  /** One weight, or one tensor whose size the file fixes. */
  readonly maxTensorBytes: number;
  /** All of them together, weights counted twice (file and engine). */
  readonly maxPeakBytes: number;
  /** The input vector, and the output vector: both go through the host's memory. */
  readonly maxVectorBytes: number;
  readonly minOpset: number;
  readonly maxOpset: number;
  /** Admit If, Loop and Scan. They run under the wall-clock limit only, so an endless loop costs a child process. */
  readonly allowControlFlow: boolean;
}

const MIB = 2 ** 20;

export const defaultModelLimits: ModelLimits = {
  maxFileBytes: 512 * MIB,
  maxNodes: 50_000,
  maxFields: 8_000_000,
  maxDepth: 32,
  maxTensorBytes: 1024 * MIB,
  maxPeakBytes: 2048 * MIB,
  maxVectorBytes: 64 * MIB,
  minOpset: 7,
  // onnxruntime 1.30 supports the operator sets released up to ONNX 1.21.
  maxOpset: 26,
  allowControlFlow: false,
};
