import { RemitError } from '../runtime/errors.ts';
import type { ModelLimits } from './model-limits.ts';
import { smallIntegers, elementCount, tensorBytes } from './tensor-size.ts';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../onnx/proto.ts';

/** Sums the memory that a file fixes in advance, and refuses it as soon as it is too much. */
export interface MemoryEstimate {
  addTensor(owner: string, onnxType: number, elements: number, copies: number): void;
  readonly total: number;
}

/** @throws RemitError `MODEL_MEMORY` from `addTensor` */
export function createMemoryEstimate(limits: ModelLimits): MemoryEstimate {
  let total = 0;
  return {
    get total() {
      return total;
    },
    addTensor(owner, onnxType, elements, copies) {
      const bytes = tensorBytes(onnxType, elements);
      if (bytes > limits.maxTensorBytes) throw tooMuch(`${owner} takes ${bytes} bytes`, limits.maxTensorBytes);
      total += bytes * copies;
      if (total > limits.maxPeakBytes) throw tooMuch(`the model takes at least ${total} bytes`, limits.maxPeakBytes);
    },
  };
}

function tooMuch(what: string, limit: number): RemitError {
  return new RemitError({
    code: 'MODEL_MEMORY',
    message: `${what}; the limit is ${limit}`,
    fix: 'Use a smaller model, or raise the memory limits if you trust its publisher.',
    context: { limit },
  });
}

const FLOAT32 = 1;

/**
 * Elements that a node makes out of constants alone, or undefined when its size depends on its input. A file of 67
 * bytes can ask for gigabytes this way (`ConstantOfShape` of a constant shape).
 */
export function madeElements(
  node: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): { readonly onnxType: number; readonly elements: number } | undefined {
  const integers = (index: number): number[] | undefined => {
    const tensor = constants.get(node.input?.[index] ?? '');
    return tensor && smallIntegers(tensor);
  };
  const product = (sizes: readonly number[] | undefined): number | undefined =>
    sizes && elementCount(sizes.map(Math.abs));
  const elements = ((): number | undefined => {
    switch (node.opType) {
      case 'ConstantOfShape':
        return product(integers(0));
      case 'Expand':
      case 'Tile':
        return product(integers(1)?.map((size) => (size === 0 || size === -1 ? 1 : size)));
      case 'Range':
        return rangeLength(integers(0)?.[0], integers(1)?.[0], integers(2)?.[0]);
      case 'OneHot':
        return integers(1)?.[0];
      case 'Pad':
        return product(integers(1)?.map((pad) => 1 + Math.max(0, pad)));
      case 'Resize':
        return product(integers(3));
      case 'RandomNormal':
      case 'RandomUniform':
        return product(attribute(node, 'shape')?.ints?.map((size) => size.toNumber()));
      default:
        return undefined;
    }
  })();
  if (elements === undefined) return undefined;
  const filler = node.opType === 'ConstantOfShape' ? attribute(node, 'value')?.t?.dataType : undefined;
  return { onnxType: filler ?? FLOAT32, elements };
}

/** A `Constant` node's tensor: from `value`, or built from `value_ints` and `value_int`. */
export function constantTensor(node: OnnxNode): OnnxTensor | undefined {
  const value = attribute(node, 'value')?.t;
  if (value) return value;
  const int = attribute(node, 'value_int')?.i;
  const ints = attribute(node, 'value_ints')?.ints ?? (int && [int]);
  return ints && { dataType: 7, dims: [], int64Data: ints };
}

function attribute(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute?.find((candidate) => candidate.name === name);
}

function rangeLength(start?: number, limit?: number, delta?: number): number | undefined {
  if (start === undefined || limit === undefined || !delta) return undefined;
  return Math.max(0, Math.ceil((limit - start) / delta));
}
