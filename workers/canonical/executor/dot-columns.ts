import { type Dot, SumRounding, settled } from './dot-sums.ts';
import { type SideBySide, isMovedBy } from './innermost.ts';
import { operandReader } from './operand-reader.ts';
import { countOf } from './walked.ts';

type Numbers = Float32Array | Int32Array;

/**
 * Runs a `DOT` whose windows lie side by side, such as a depthwise convolution or a mean over positions: all channels are
 * summed together, one position of the window after the other.
 */
export function runDotColumns(dot: Dot, { outer, window, inner }: SideBySide): void {
  const { instruction, spaces, length, counters, floats } = dot;
  const width = inner.size;
  const count = countOf(outer);
  const all = length * width;
  const walk = [...outer, ...window, inner];
  const a = operandReader(dot.a, walk, spaces, all);
  const b = operandReader(dot.b, walk, spaces, all);
  const bias = dot.bias && operandReader(dot.bias, [...outer, inner], spaces, width);
  const sums = new Float64Array(width);
  const reaches = new Float64Array(width);
  const rounding = new SumRounding(dot);
  const to = floats ? spaces.trace.f32 : spaces.trace.i32;
  const [aMoves, bMoves] = [isMovedBy(dot.a, outer), isMovedBy(dot.b, outer)];
  let [left, right] = [a.block(0, all), b.block(0, all)];
  for (let o = 0; o < count; o++) {
    if (aMoves && o > 0) left = a.block(o * all, all);
    if (bMoves && o > 0) right = b.block(o * all, all);
    const addends = bias?.block(o * width, width);
    const x = floats ? left.elements.f32 : left.elements.i32;
    const y = floats ? right.elements.f32 : right.elements.i32;
    const z = addends && (floats ? addends.elements.f32 : addends.elements.i32);
    sumColumns(x, left.offset, y, right.offset, length, sums, reaches);
    const at = (instruction.start + o * width) | 0;
    for (let c = 0; c < width; c++) {
      const addend = z ? (z[addends.offset + c] as number) : 0;
      let value = rounding.round(sums[c] as number, addend, reaches[c] as number);
      if (value === value) counters.direct += 1;
      else {
        const column = (values: Numbers, offset: number) => ({ values, offset: offset + c, step: width });
        value = settled(dot, column(x, left.offset), column(y, right.offset), addend);
      }
      to[at + c] = value;
    }
  }
  counters.macs += count * all;
}

/** `sums[c] = Σ_k x[k][c] · y[k][c]`, and the same of the magnitudes. */
function sumColumns(
  x: Numbers,
  i: number,
  y: Numbers,
  j: number,
  length: number,
  sums: Float64Array,
  reaches: Float64Array,
): void {
  const width = sums.length;
  sums.fill(0);
  reaches.fill(0);
  for (let k = 0; k < length; k++) {
    for (let c = 0; c < width; c++) {
      const product = (x[i + c] as number) * (y[j + c] as number);
      sums[c] = (sums[c] as number) + product;
      reaches[c] = (reaches[c] as number) + Math.abs(product);
    }
    i += width;
    j += width;
  }
}
