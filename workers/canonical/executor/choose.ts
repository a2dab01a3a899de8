import { type Instruction, type Operand, SPACE } from '../plan/instruction.ts';
import type { RunTotals } from './counters.ts';
import { indexMapOf } from './index-map.ts';
import { IndexWalk, type RunSink } from './index-walk.ts';
import { malformed } from './malformed.ts';
import { copyRun, operandReader } from './operand-reader.ts';
import { type Spaces, spaceOf } from './spaces.ts';
import { BLOCK, countOf, eachPiece, outputWalk } from './walked.ts';

/** Runs a `SELECT`. */
export function runSelect(instruction: Instruction, spaces: Spaces): void {
  const [condition, a, b] = instruction.operands;
  if (!condition || !a || !b) throw malformed(instruction);
  const walk = outputWalk(instruction);
  const size = countOf(walk);
  const reader = (operand: Operand) => operandReader(operand, walk, spaces, Math.min(BLOCK, size));
  const [which, left, right] = [reader(condition), reader(a), reader(b)];
  const to = spaces.trace.i32;
  eachPiece(size, BLOCK, (first, count) => {
    const [c, x, y] = [which.block(first, count), left.block(first, count), right.block(first, count)];
    const at = (instruction.start + first) | 0;
    for (let t = 0; t < count; t++) {
      to[at + t] = (
        c.elements.i32[c.offset + t] !== 0 ? x.elements.i32[x.offset + t] : y.elements.i32[y.offset + t]
      ) as number;
    }
  });
}

/** Copies what is in range and leaves the rest as it is. */
class OverlaySink implements RunSink {
  readonly #from: Int32Array;
  readonly #to: Int32Array;

  constructor(from: Int32Array, to: Int32Array) {
    this.#from = from;
    this.#to = to;
  }

  run(at: number, address: number, step: number, count: number): void {
    copyRun(this.#from, address, step, this.#to, at, count);
  }

  gap(): void {
    // an earlier operand, or the pad, is there
  }
}

/** Runs a `JOIN`: the operands are laid over each other from the last to the first. */
export function runJoin(instruction: Instruction, spaces: Spaces): void {
  const { operands, start } = instruction;
  const last = operands.at(-1);
  if (!last) throw malformed(instruction);
  const walk = outputWalk(instruction);
  const size = countOf(walk);
  const to = spaces.trace.i32;
  if (last.space !== SPACE.LITERAL) to.fill(last.pad | 0, start, start + size);
  for (const operand of operands.toReversed()) {
    if (operand.space === SPACE.LITERAL) {
      to.fill(operand.bits | 0, start, start + size);
      continue;
    }
    const sink = new OverlaySink(spaceOf(spaces, operand.space).i32, to);
    new IndexWalk(indexMapOf(operand, walk)).walk(0, size, start, sink);
  }
}

/** Writes down addresses; −1 stands for out of range. */
class AddressSink implements RunSink {
  readonly to: Float64Array;

  constructor(size: number) {
    this.to = new Float64Array(size);
  }

  run(at: number, address: number, step: number, count: number): void {
    for (let t = 0; t < count; t++) this.to[at + t] = address + t * step;
  }

  gap(at: number, count: number): void {
    this.to.fill(-1, at, at + count);
  }
}

/** Runs a `PICK`. */
export function runPick(instruction: Instruction, spaces: Spaces, totals: RunTotals): void {
  const { a: rows, b: stride, start } = instruction;
  const [data, index] = instruction.operands;
  if (!data || !index) throw malformed(instruction);
  const walk = outputWalk(instruction);
  const size = countOf(walk);
  const indices = operandReader(index, walk, spaces, Math.min(BLOCK, size));
  const addresses = new AddressSink(Math.min(BLOCK, size));
  const addressWalk = data.space === SPACE.LITERAL ? undefined : new IndexWalk(indexMapOf(data, walk));
  const source = data.space === SPACE.LITERAL ? spaces.trace.i32 : spaceOf(spaces, data.space).i32;
  const outOfRange = (data.space === SPACE.LITERAL ? data.bits : data.pad) | 0;
  if (!addressWalk) addresses.to.fill(-1);
  const to = spaces.trace.i32;
  eachPiece(size, BLOCK, (first, count) => {
    addressWalk?.walk(first, count, 0, addresses);
    const { elements, offset } = indices.block(first, count);
    for (let t = 0; t < count; t++) {
      const i = elements.i32[offset + t] as number;
      const row = i < 0 ? i + rows : i;
      const address = addresses.to[t] as number;
      const value = address < 0 ? outOfRange : (source[address + stride * row] as number);
      const found = row >= 0 && row < rows;
      if (!found) totals.outOfRange += 1;
      to[start + first + t] = found ? value : 0;
    }
  });
}
