import { type Dot, SumRounding, settled } from './dot-sums.ts';
import { operandReader } from './operand-reader.ts';
import { BLOCK, countOf, eachPiece, outputWalk, windowWalk } from './walked.ts';

/**
 * Runs any `DOT`, one element after the other: both operands are copied together in the order of the output. The way for
 * index maps where neither operand is shared by many elements.
 */
export function runDotPairs(dot: Dot): void {
  const { instruction, spaces, length, counters, floats } = dot;
  const outputs = outputWalk(instruction);
  const size = countOf(outputs);
  const together = Math.min(size, Math.max(1, Math.floor(BLOCK / length)));
  const walk = [...outputs, ...windowWalk(instruction)];
  const a = operandReader(dot.a, walk, spaces, together * length);
  const b = operandReader(dot.b, walk, spaces, together * length);
  const bias = dot.bias && operandReader(dot.bias, outputs, spaces, together);
  const rounding = new SumRounding(dot);
  const to = floats ? spaces.trace.f32 : spaces.trace.i32;
  eachPiece(size, together, (first, count) => {
    const left = a.block(first * length, count * length);
    const right = b.block(first * length, count * length);
    const addends = bias?.block(first, count);
    const x = floats ? left.elements.f32 : left.elements.i32;
    const y = floats ? right.elements.f32 : right.elements.i32;
    const z = addends && (floats ? addends.elements.f32 : addends.elements.i32);
    const at = (instruction.start + first) | 0;
    for (let t = 0; t < count; t++) {
      const [i, j] = [left.offset + t * length, right.offset + t * length];
      const addend = z ? (z[addends.offset + t] as number) : 0;
      sumPair(x, i, y, j, length);
      let value = rounding.round(pair[0] as number, addend, pair[1] as number);
      if (value === value) counters.direct += 1;
      else value = settled(dot, { values: x, offset: i, step: 1 }, { values: y, offset: j, step: 1 }, addend);
      to[at + t] = value;
    }
  });
  counters.macs += size * length;
}

/** The sum of the last pair, and the sum of its products' magnitudes. */
const pair = new Float64Array(2);

function sumPair(
  x: Float32Array | Int32Array,
  i: number,
  y: Float32Array | Int32Array,
  j: number,
  length: number,
): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let r0 = 0;
  let r1 = 0;
  const end = i + length;
  const whole = i + (length & ~3);
  for (; i < whole; i += 4, j += 4) {
    const p0 = (x[i] as number) * (y[j] as number);
    const p1 = (x[i + 1] as number) * (y[j + 1] as number);
    const p2 = (x[i + 2] as number) * (y[j + 2] as number);
    const p3 = (x[i + 3] as number) * (y[j + 3] as number);
    s0 += p0;
    s1 += p1;
    s2 += p2;
    s3 += p3;
    r0 += Math.abs(p0) + Math.abs(p1);
    r1 += Math.abs(p2) + Math.abs(p3);
  }
  for (; i < end; i++, j++) {
    const product = (x[i] as number) * (y[j] as number);
    s0 += product;
    r0 += Math.abs(product);
  }
  pair[0] = s0 + s1 + (s2 + s3);
  pair[1] = r0 + r1;
}
