import { orderKey } from '../arithmetic/float32.ts';
import { type Instruction, RANK, TYPE } from '../plan/instruction.ts';
import { malformed } from './malformed.ts';
import { operandReader } from './operand-reader.ts';
import type { Spaces } from './spaces.ts';
import { countOf, outputWalk, windowWalk } from './walked.ts';

/** Runs a `RANK`: every window is ordered once and written along dimension `a`. */
export function runRank(instruction: Instruction, spaces: Spaces): void {
  const { a: along, dims, fn, start } = instruction;
  const [operand] = instruction.operands;
  if (!operand) throw malformed(instruction);
  const window = windowWalk(instruction);
  const length = countOf(window);
  const ranks = dims[along] ?? 1;
  const inner = dims.slice(along + 1).reduce((count, size) => count * size, 1);
  const rest = outputWalk(instruction).filter(({ dimension }) => dimension !== along);
  const reader = operandReader(operand, [...rest, ...window], spaces, length);
  const keys = new Float64Array(length);
  const order = new Uint32Array(length);
  const keyOf = operand.type === TYPE.F32 ? floatKey(fn) : integerKey(fn);
  const to = spaces.trace.i32;
  for (let o = 0; o < countOf(rest); o++) {
    const { elements, offset } = reader.block(o * length, length);
    for (let k = 0; k < length; k++) {
      keys[k] = keyOf(elements.i32[offset + k] as number);
      order[k] = k;
    }
    order.sort((i, j) => (keys[i] as number) - (keys[j] as number) || i - j);
    const base = start + Math.floor(o / inner) * ranks * inner + (o % inner);
    for (let r = 0; r < ranks; r++) to[base + r * inner] = r < length ? (order[r] as number) : 0;
  }
}

/** What an element is ordered by, the smallest first; NaN comes last. */
function floatKey(fn: number): (bits: number) => number {
  return (bits) => {
    const key = orderKey(bits >>> 0);
    if (key === 0) return Infinity;
    return fn === RANK.LARGEST ? -key : key;
  };
}

function integerKey(fn: number): (value: number) => number {
  return fn === RANK.LARGEST ? (value) => -value : (value) => value;
}
