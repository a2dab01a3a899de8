import type { FastElementary } from '../arithmetic/elementary-fast.ts';
import { type Instruction, MAP, type Operand } from '../plan/instruction.ts';
import { mapLoop } from './map-functions.ts';
import { malformed } from './malformed.ts';
import { operandReader } from './operand-reader.ts';
import type { Spaces } from './spaces.ts';
import { BLOCK, countOf, eachPiece, outputWalk } from './walked.ts';
import { zipLoop } from './zip-functions.ts';

/** Runs a `ZIP`. */
export function runZip(instruction: Instruction, spaces: Spaces, elementary: FastElementary): void {
  const loop = zipLoop(instruction.fn, elementary);
  const [a, b] = instruction.operands;
  if (!loop || !a || !b) throw malformed(instruction);
  const walk = outputWalk(instruction);
  const size = countOf(walk);
  const reader = (operand: Operand) => operandReader(operand, walk, spaces, Math.min(BLOCK, size));
  const [left, right] = [reader(a), reader(b)];
  eachPiece(size, BLOCK, (first, count) => {
    const to = { elements: spaces.trace, offset: (instruction.start + first) | 0 };
    loop(left.block(first, count), right.block(first, count), to, count);
  });
}

/** Runs a `MAP`. */
export function runMap(instruction: Instruction, spaces: Spaces, elementary: FastElementary): void {
  const [a] = instruction.operands;
  if (!a) throw malformed(instruction);
  const walk = outputWalk(instruction);
  const size = countOf(walk);
  if (instruction.fn === MAP.MOVE) {
    operandReader(a, walk, spaces, 0).read(0, size, spaces.trace.i32, instruction.start);
    return;
  }
  const loop = mapLoop(instruction.fn, elementary);
  if (!loop) throw malformed(instruction);
  const reader = operandReader(a, walk, spaces, Math.min(BLOCK, size));
  eachPiece(size, BLOCK, (first, count) => {
    loop(reader.block(first, count), { elements: spaces.trace, offset: (instruction.start + first) | 0 }, count);
  });
}
