import type { Hex32 } from '../../protocol/ids.ts';
import { keccak } from '../../protocol/keccak.ts';
import { RemitError } from '../../runtime/errors.ts';
import { encodeInstruction } from './encoding.ts';
import type { Instruction } from './instruction.ts';
import { type Bounds, malformation } from './malformation.ts';
import { nextStart, sizeOf } from './sizes.ts';

/** What the chain runs instead of a model: docs/PLAN.md. Lengths in elements. */
export interface Plan extends Bounds {
  readonly instructions: readonly Instruction[];
  readonly traceLength: number;
}

const HASH_BYTES = 32;
const NO_LEAF = new Uint8Array(HASH_BYTES);

/** `keccak256(0x00 ‖ instruction)`. */
export function planLeaf(instruction: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(1 + instruction.length);
  tagged.set(instruction, 1);
  return keccak(tagged);
}

/** The Merkle root of a plan's instructions. */
export function planRoot({ instructions }: Pick<Plan, 'instructions'>): Hex32 {
  const levels = planLevels(instructions);
  return hexOf(levels.at(-1)?.[0] ?? NO_LEAF);
}

/** The hashes on the way from instruction `index` to the plan's root, from the leaf up. */
export function instructionPath({ instructions }: Pick<Plan, 'instructions'>, index: number): readonly Hex32[] {
  const levels = planLevels(instructions);
  let at = index;
  return levels.slice(0, -1).map((level) => {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1] ?? NO_LEAF;
    at = Math.floor(at / 2);
    return hexOf(sibling);
  });
}

function planLevels(instructions: readonly Instruction[]): readonly (readonly Uint8Array[])[] {
  const leaves = instructions.map((instruction) => planLeaf(encodeInstruction(instruction)));
  const width = 2 ** Math.ceil(Math.log2(Math.max(1, leaves.length)));
  while (leaves.length < width) leaves.push(NO_LEAF);
  const levels = [leaves];
  for (let level = leaves; level.length > 1;) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) above.push(nodeOf(level[i] ?? NO_LEAF, level[i + 1] ?? NO_LEAF));
    levels.push(above);
    level = above;
  }
  return levels;
}

function nodeOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const tagged = new Uint8Array(1 + 2 * HASH_BYTES);
  tagged[0] = 0x01;
  tagged.set(left, 1);
  tagged.set(right, 1 + HASH_BYTES);
  return keccak(tagged);
}

const hexOf = (hash: Uint8Array): Hex32 => `0x${Buffer.from(hash).toString('hex')}` as Hex32;

/** The instruction that writes `element` of the trace, or the one after which it is padding. */
export function instructionAt(
  { instructions }: Pick<Plan, 'instructions'>,
  element: number,
): { readonly index: number; readonly padding: boolean } {
  let [low, high] = [0, instructions.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((instructions[middle]?.start ?? Infinity) <= element) low = middle;
    else high = middle - 1;
  }
  const found = instructions[low];
  return { index: low, padding: !found || element >= found.start + sizeOf(found) };
}

/**
 * Checks a whole plan as the chain could be made to: every instruction sound, each starting where the one before ends, the
 * last ending with the trace.
 *
 * @throws RemitError `PLAN_MALFORMED`
 */
export function checkPlan(plan: Plan): void {
  let [start, end] = [0, 0];
  plan.instructions.forEach((instruction, index) => {
    const reason = malformation(instruction, plan);
    if (reason !== 0) throw malformed(index, `breaks limit ${reason} of docs/PLAN.md`);
    if (instruction.start !== start) throw malformed(index, `starts at ${instruction.start} instead of ${start}`);
    start = nextStart(instruction);
    end = instruction.start + sizeOf(instruction);
  });
  if (plan.instructions.length === 0) throw malformed(0, 'is missing: a plan has at least one instruction');
  if (end !== plan.traceLength) {
    throw malformed(plan.instructions.length - 1, `ends the trace at ${end} instead of ${plan.traceLength}`);
  }
}

function malformed(index: number, what: string): RemitError {
  return new RemitError({
    code: 'PLAN_MALFORMED',
    message: `instruction ${index} ${what}`,
    fix: 'compile the model again; a registered plan like this can be ended by anybody with proveMalformed',
    context: { instruction: index },
  });
}
