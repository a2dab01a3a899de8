/** Element types that may cross the network's vector encoding; each widens exactly to one 4-byte element. */
export type ElementType = 'bool' | 'float32' | 'int16' | 'int32' | 'int64' | 'int8' | 'uint16' | 'uint8';

/** Bits per element by ONNX data type number: strings and unknown types are absent. */
const bits: ReadonlyMap<number, number> = new Map([
  [1, 32],
  [2, 8],
  [3, 8],
  [4, 16],
  [5, 16],
  [6, 32],
  [7, 64],
  [9, 8],
  [10, 16],
  [11, 64],
  [12, 32],
  [13, 64],
  [14, 64],
  [15, 128],
  [16, 16],
  [17, 8],
  [18, 8],
  [19, 8],
  [20, 8],
  [21, 4],
  [22, 4],
  [23, 4],
  [24, 8],
  [25, 2],
  [26, 2],
]);

const crossing: ReadonlyMap<number, ElementType> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
]);

/** Bits that one element of an ONNX data type takes in memory, or undefined when it has no fixed size. */
export function bitsPerElement(onnxType: number): number | undefined {
  return bits.get(onnxType);
}

/** The element type of a graph input or output, or undefined when it cannot cross the vector encoding. */
export function elementTypeOf(onnxType: number): ElementType | undefined {
  return crossing.get(onnxType);
}

/** Smallest and largest value that an integer type can take inside a vector (4-byte elements), both included. */
export const integerRange: Readonly<Record<Exclude<ElementType, 'float32'>, readonly [number, number]>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 31), 2 ** 31 - 1],
};
