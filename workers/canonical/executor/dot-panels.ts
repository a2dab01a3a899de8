import type { OperandReader } from './operand-reader.ts';

/** Rows that the inner loop takes at a time from either side. */
export const TILE = 4;

/**
 * Rows of an operand in float64, four at a time: element `k` of row `r` is at `(⌊r/4⌋ · length + k) · 4 + r mod 4`, so that
 * the inner loop reads on in order. Rows missing from the last four are zero.
 */
export class Panels {
  readonly values: Float64Array;
  /** ‖row‖₂; not finite when an element is not */
  readonly norms: Float64Array;
  readonly #length: number;

  /**
   * @param rows the most that it holds, a multiple of four
   * @param length elements in a row
   */
  constructor(rows: number, length: number) {
    this.values = new Float64Array(rows * length);
    this.norms = new Float64Array(rows);
    this.#length = length;
  }

  /** Where row `r` begins; its elements are `TILE` apart. */
  offsetOf(r: number): number {
    return (r - (r % TILE)) * this.#length + (r % TILE);
  }

  /** Reads `count` rows of a walk, from row `first` on. The reader's blocks are `TILE` rows long. */
  fill(reader: OperandReader, first: number, count: number, floats: boolean): void {
    for (let r = 0; r < count; r += TILE) {
      const rows = Math.min(TILE, count - r);
      const { elements, offset } = reader.block((first + r) * this.#length, rows * this.#length);
      if (rows < TILE) this.values.fill(0, r * this.#length, (r + TILE) * this.#length);
      const source = floats ? elements.f32 : elements.i32;
      if (rows === TILE) this.#four(source, offset, r);
      else for (let i = 0; i < rows; i++) this.#one(source, offset + i * this.#length, r + i);
    }
  }

  #four(source: Float32Array | Int32Array, offset: number, r: number): void {
    const length = this.#length;
    const values = this.values;
    let [n0, n1, n2, n3] = [0, 0, 0, 0];
    let to = r * length;
    for (let k = offset; k < offset + length; k++) {
      const v0 = source[k] as number;
      const v1 = source[k + length] as number;
      const v2 = source[k + 2 * length] as number;
      const v3 = source[k + 3 * length] as number;
      values[to] = v0;
      values[to + 1] = v1;
      values[to + 2] = v2;
      values[to + 3] = v3;
      n0 += v0 * v0;
      n1 += v1 * v1;
      n2 += v2 * v2;
      n3 += v3 * v3;
      to += 4;
    }
    this.norms[r] = Math.sqrt(n0);
    this.norms[r + 1] = Math.sqrt(n1);
    this.norms[r + 2] = Math.sqrt(n2);
    this.norms[r + 3] = Math.sqrt(n3);
  }

  #one(source: Float32Array | Int32Array, offset: number, r: number): void {
    let square = 0;
    let to = this.offsetOf(r);
    for (let k = offset; k < offset + this.#length; k++) {
      const value = source[k] as number;
      this.values[to] = value;
      square += value * value;
      to += TILE;
    }
    this.norms[r] = Math.sqrt(square);
  }
}

/**
 * The 4 × 4 sums of four rows of `a` with four rows of `b`, in float64: `sums[4 · i + j] = Σ_k a_i[k] · b_j[k]`. Sixteen
 * independent sums keep the additions of the processor busy.
 */
export function multiplyTile(
  a: Float64Array,
  aOffset: number,
  b: Float64Array,
  bOffset: number,
  length: number,
  sums: Float64Array,
): void {
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  let j = bOffset;
  for (let i = aOffset; i < aOffset + 4 * length; i += 4) {
    const b0 = b[j] as number;
    const b1 = b[j + 1] as number;
    const b2 = b[j + 2] as number;
    const b3 = b[j + 3] as number;
    const a0 = a[i] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = a[i + 1] as number;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = a[i + 2] as number;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = a[i + 3] as number;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
    j += 4;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[3] = s03;
  sums[4] = s10;
  sums[5] = s11;
  sums[6] = s12;
  sums[7] = s13;
  sums[8] = s20;
  sums[9] = s21;
  sums[10] = s22;
  sums[11] = s23;
  sums[12] = s30;
  sums[13] = s31;
  sums[14] = s32;
  sums[15] = s33;
}
