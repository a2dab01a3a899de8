import { type Instruction, type Operand, SPACE } from '../plan/instruction.ts';
import { type WalkedDimension, dependsOn } from './index-map.ts';
import { countOf, outputWalk, windowWalk } from './walked.ts';

/** An instruction over windows, seen as many windows side by side along the innermost output dimension, like channels. */
export interface SideBySide {
  readonly outer: readonly WalkedDimension[];
  readonly window: readonly WalkedDimension[];
  readonly inner: WalkedDimension;
}

/** From this many on, windows are worked on side by side. */
const LEAST = 8;
/** Elements of one operand that are held at a time. */
const MOST = 2 ** 18;

/** The view, when windows side by side lie together in memory for an operand, and all of them can be held at once. */
export function sideBySide(instruction: Instruction, operands: readonly Operand[]): SideBySide | undefined {
  const outputs = outputWalk(instruction).filter(({ size }) => size > 1);
  const inner = outputs.at(-1);
  const window = windowWalk(instruction);
  if (!inner || inner.size < LEAST || inner.size * countOf(window) > MOST) return undefined;
  const together = operands.some(
    (operand) => operand.space !== SPACE.LITERAL && operand.steps[inner.dimension] === 1 && isAffine(operand, inner),
  );
  return together ? { outer: outputs.slice(0, -1), window, inner } : undefined;
}

function isAffine(operand: Operand, { dimension }: WalkedDimension): boolean {
  if (operand.space === SPACE.LITERAL) return true;
  return !operand.coordinates.some(({ terms }) => terms.some((term) => term.dimension === dimension));
}

/** Whether any of these dimensions can change what an operand reads. */
export function isMovedBy(operand: Operand, walked: readonly WalkedDimension[]): boolean {
  return operand.space !== SPACE.LITERAL && walked.some(({ dimension }) => dependsOn(operand, dimension));
}
