import { type Dot, floatElement, isFloatDot } from './dot-sums.ts';
import { type Block, operandReader } from './operand-reader.ts';
import { BLOCK, countOf, eachPiece, outputWalk, windowWalk } from './walked.ts';

/**
 * Runs any `DOT`, one element after the other: both operands are copied together in the order of the output. The way for
 * index maps where neither operand is shared by many elements.
 */
export function runDotPairs(dot: Dot): void {
  const { instruction, spaces, length, counters } = dot;
  const outputs = outputWalk(instruction);
  const size = countOf(outputs);
  const together = Math.min(size, Math.max(1, Math.floor(BLOCK / length)));
  const walk = [...outputs, ...windowWalk(instruction)];
  const a = operandReader(dot.a, walk, spaces, together * length);
  const b = operandReader(dot.b, walk, spaces, together * length);
  const bias = dot.bias && operandReader(dot.bias, outputs, spaces, together);
  const element = isFloatDot(dot) ? floatPair : integerPair;
  const to = isFloatDot(dot) ? spaces.trace.f32 : spaces.trace.i32;
  eachPiece(size, together, (first, count) => {
    const left = a.block(first * length, count * length);
    const right = b.block(first * length, count * length);
    const addends = bias?.block(first, count);
    for (let t = 0; t < count; t++) to[instruction.start + first + t] = element(dot, left, right, addends, t);
  });
  counters.macs += size * length;
}

type Pair = (dot: Dot, a: Block, b: Block, bias: Block | undefined, t: number) => number;

const floatPair: Pair = (dot, a, b, bias, t) => {
  const { length } = dot;
  const [x, y] = [a.elements.f32, b.elements.f32];
  const [i, j] = [a.offset + t * length, b.offset + t * length];
  let sum = 0;
  let reach = 0;
  for (let k = 0; k < length; k++) {
    const product = (x[i + k] as number) * (y[j + k] as number);
    sum += product;
    reach += Math.abs(product);
  }
  const addend = bias ? (bias.elements.f32[bias.offset + t] as number) : 0;
  const strided = (values: Float32Array, offset: number) => ({ values, offset, step: 1 });
  return floatElement(dot, sum, reach, addend, strided(x, i), strided(y, j));
};

const integerPair: Pair = ({ length }, a, b, bias, t) => {
  const [x, y] = [a.elements.i32, b.elements.i32];
  const [i, j] = [a.offset + t * length, b.offset + t * length];
  let sum = bias ? (bias.elements.i32[bias.offset + t] as number) : 0;
  for (let k = 0; k < length; k++) sum = (sum + Math.imul(x[i + k] as number, y[j + k] as number)) | 0;
  return sum;
};
