import { type DotLayout, outputOffsets } from './dot-layout.ts';
import { Panels, TILE, multiplyTile } from './dot-panels.ts';
import { type Dot, SumRounding, settled } from './dot-sums.ts';
import type { WalkedDimension } from './index-map.ts';
import { type OperandReader, operandReader } from './operand-reader.ts';
import { countOf, eachPiece, windowWalk } from './walked.ts';

/** Float64 numbers of A that are held at a time, and of B: the latter stay in the second-level cache. */
const A_NUMBERS = 2 ** 19;
const B_NUMBERS = 2 ** 15;

/** Rows of `length` numbers that fit, in whole tiles. */
function rowsThatFit(rows: number, length: number, numbers: number): number {
  const fitting = Math.min(rows, Math.max(TILE, Math.floor(numbers / length)));
  return Math.ceil(fitting / TILE) * TILE;
}

/**
 * Runs a `DOT` as matrix products: blocks of rows of both operands are copied together once (a convolution's patches, too)
 * and multiplied in tiles of 4 × 4 sums.
 */
export function runDotMatrix(dot: Dot, layout: DotLayout): void {
  const rows = countOf(layout.rows);
  const columns = countOf(layout.columns);
  const run = new MatrixRun(dot, layout, rows, columns);
  for (let batch = 0; batch < countOf(layout.batch); batch++) run.batch(batch);
  dot.counters.macs += countOf(layout.batch) * rows * columns * dot.length;
}

class MatrixRun {
  readonly #dot: Dot;
  readonly #rounding: SumRounding;
  readonly #rows: number;
  readonly #columns: number;
  readonly #rowReader: OperandReader;
  readonly #columnReader: OperandReader;
  readonly #rowPanels: Panels;
  readonly #columnPanels: Panels;
  readonly #rowsAtOnce: number;
  readonly #columnsAtOnce: number;
  readonly #batchOffsets: Int32Array;
  readonly #rowOffsets: Int32Array;
  readonly #columnOffsets: Int32Array;
  readonly #biasReader: OperandReader | undefined;
  /** the addends of four rows, `columnsAtOnce` apart */
  readonly #bias: Float32Array | Int32Array;
  readonly #biasBits: Int32Array;
  readonly #sums = new Float64Array(TILE * TILE);

  constructor(dot: Dot, { batch, rows: rowWalk, columns: columnWalk }: DotLayout, rows: number, columns: number) {
    const { instruction, spaces, length } = dot;
    this.#dot = dot;
    this.#rounding = new SumRounding(dot);
    this.#rows = rows;
    this.#columns = columns;
    const window = windowWalk(instruction);
    const inOrder = (...walks: (readonly WalkedDimension[])[]) => walks.flat();
    this.#rowReader = operandReader(dot.a, inOrder(batch, rowWalk, window), spaces, TILE * length);
    this.#columnReader = operandReader(dot.b, inOrder(batch, columnWalk, window), spaces, TILE * length);
    this.#rowsAtOnce = rowsThatFit(rows, length, A_NUMBERS);
    this.#columnsAtOnce = rowsThatFit(columns, length, B_NUMBERS);
    this.#rowPanels = new Panels(this.#rowsAtOnce, length);
    this.#columnPanels = new Panels(this.#columnsAtOnce, length);
    this.#batchOffsets = outputOffsets(instruction.dims, batch);
    this.#rowOffsets = outputOffsets(instruction.dims, rowWalk);
    this.#columnOffsets = outputOffsets(instruction.dims, columnWalk);
    this.#biasReader = dot.bias && operandReader(dot.bias, inOrder(batch, rowWalk, columnWalk), spaces, 0);
    const bias = new Float32Array(TILE * this.#columnsAtOnce);
    this.#biasBits = new Int32Array(bias.buffer);
    this.#bias = dot.floats ? bias : this.#biasBits;
  }

  batch(batch: number): void {
    const floats = this.#dot.floats;
    eachPiece(this.#rows, this.#rowsAtOnce, (firstRow, rows) => {
      this.#rowPanels.fill(this.#rowReader, batch * this.#rows + firstRow, rows, floats);
      eachPiece(this.#columns, this.#columnsAtOnce, (firstColumn, columns) => {
        this.#columnPanels.fill(this.#columnReader, batch * this.#columns + firstColumn, columns, floats);
        for (let row = 0; row < rows; row += TILE) {
          const high = Math.min(TILE, rows - row);
          this.#readBias(batch, firstRow + row, high, firstColumn, columns);
          for (let column = 0; column < columns; column += TILE) {
            const wide = Math.min(TILE, columns - column);
            this.#tile(batch, firstRow, row, high, firstColumn, column, wide);
          }
        }
      });
    });
  }

  #readBias(batch: number, row: number, rows: number, firstColumn: number, columns: number): void {
    if (!this.#biasReader) return;
    for (let i = 0; i < rows; i++) {
      const first = (batch * this.#rows + row + i) * this.#columns + firstColumn;
      this.#biasReader.read(first, columns, this.#biasBits, i * this.#columnsAtOnce);
    }
  }

  #tile(
    batch: number,
    firstRow: number,
    row: number,
    rows: number,
    firstColumn: number,
    column: number,
    columns: number,
  ): void {
    const { length, instruction, floats, counters, spaces } = this.#dot;
    const [a, b, sums, bias] = [this.#rowPanels, this.#columnPanels, this.#sums, this.#bias];
    multiplyTile(a.values, row * length, b.values, column * length, length, sums);
    const to = floats ? spaces.trace.f32 : spaces.trace.i32;
    const start = (instruction.start + (this.#batchOffsets[batch] as number)) | 0;
    for (let i = 0; i < rows; i++) {
      const norm = a.norms[row + i] as number;
      const rowStart = start + (this.#rowOffsets[firstRow + row + i] as number);
      for (let j = 0; j < columns; j++) {
        const addend = bias[i * this.#columnsAtOnce + column + j] as number;
        const reach = norm * (b.norms[column + j] as number);
        let value = this.#rounding.round(sums[i * TILE + j] as number, addend, reach);
        if (value === value) counters.direct += 1;
        else value = this.#settle(row + i, column + j, addend);
        to[rowStart + (this.#columnOffsets[firstColumn + column + j] as number)] = value;
      }
    }
  }

  #settle(row: number, column: number, bias: number): number {
    const [a, b] = [this.#rowPanels, this.#columnPanels];
    const left = { values: a.values, offset: a.offsetOf(row), step: TILE };
    return settled(this.#dot, left, { values: b.values, offset: b.offsetOf(column), step: TILE }, bias);
  }
}
