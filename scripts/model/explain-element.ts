import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { readerOf } from '../../workers/canonical/judge/interpret.ts';
import { judgeElement } from '../../workers/canonical/judge/judge-element.ts';
import { addressOf, canonicalOf, type ReadElement, readOperand } from '../../workers/canonical/judge/read-operand.ts';
import { explainInstruction } from '../../workers/canonical/plan/explain.ts';
import {
  type ElementType,
  type Instruction,
  OP,
  type Operand,
  SPACE,
  TYPE,
} from '../../workers/canonical/plan/instruction.ts';
import { instructionAt } from '../../workers/canonical/plan/plan.ts';
import { readsWindow, unravel, windowSize } from '../../workers/canonical/plan/sizes.ts';
import { floatOfBits } from '../../workers/protocol/vector.ts';
import { RemitError } from '../../workers/runtime/errors.ts';

/** A number that was read: where, and what it is. */
export interface ReadNumber {
  /** `TRACE[17]`; `pad` out of range, `literal` in the instruction */
  readonly at: string;
  /** of the trace, where it lies there: it can be explained as well */
  readonly element: number | undefined;
  readonly value: number;
  readonly bits: string;
}

/** How one number of a trace comes about. */
export interface ElementStory {
  readonly element: number;
  readonly instruction: number;
  readonly node: string;
  readonly opType: string;
  readonly text: string;
  /** coordinates in the instruction's output */
  readonly coordinates: readonly number[];
  /** operands that are read once, by their letter */
  readonly operands: readonly (ReadNumber & { readonly letter: string })[];
  /** one number of each operand that walks the window, place by place */
  readonly window: readonly (readonly ReadNumber[])[];
  readonly windowSize: number;
  /** what a sum of products is divided by */
  readonly divisor: number | undefined;
  readonly value: number;
  readonly bits: string;
}

const SPACES = Object.fromEntries(Object.entries(SPACE).map(([name, number]) => [number, name]));
const hex = (bits: number): string => `0x${(bits >>> 0).toString(16).padStart(8, '0')}`;
const numberOf = (bits: number, type: ElementType): number => (type === TYPE.F32 ? floatOfBits(bits) : bits | 0);

/**
 * Which instruction makes an element of the trace, from which numbers: enough to do it again by hand.
 *
 * @throws RemitError `MODEL_ELEMENT_UNKNOWN` for an element that no instruction writes
 */
export function explainElement(
  { plan, weights, origins }: Pick<CompiledModel, 'plan' | 'weights' | 'origins'>,
  run: { readonly input: Uint32Array; readonly trace: Uint32Array },
  element: number,
): ElementStory {
  const { index, padding } = instructionAt(plan, element);
  const instruction = plan.instructions[index];
  if (!instruction || padding || element < 0) throw elementUnknown(element, plan.traceLength);
  const read = readerOf({ ...run, weights });
  const flat = element - instruction.start;
  const { op, dims, operands, type, a } = instruction;
  const o = unravel(flat, dims);
  const { bits } = judgeElement(instruction, flat, read);
  const walking = operands.filter((_, i) => readsWindow(op, i));
  const size = walking.length === 0 ? 0 : windowSize(instruction);
  return {
    element,
    instruction: index,
    node: origins[index]?.node ?? '',
    opType: origins[index]?.opType ?? '',
    text: explainInstruction(instruction),
    coordinates: o,
    operands: operands.flatMap((operand, i) => {
      if (readsWindow(op, i)) return [];
      const shift = op === OP.PICK && i === 0 ? pickShift(instruction, o, read) : 0;
      return [{ letter: String.fromCharCode(65 + i), ...numberAt(operand, o, read, shift) }];
    }),
    window: Array.from({ length: size }, (_, k) => {
      const x = [...o, ...unravel(k, instruction.window)];
      return walking.map((operand) => numberAt(operand, x, read));
    }),
    windowSize: size,
    divisor: op === OP.DOT ? a : undefined,
    value: numberOf(bits, type),
    bits: hex(bits),
  };
}

/**
 * The elements of the trace that an element is made of, and those that these are made of, level by level, each once.
 *
 * @param depth how many levels are followed
 * @param most how many elements are followed at most
 */
export function explainBelow(
  story: ElementStory,
  { depth, most }: { readonly depth: number; readonly most: number },
  explain: (element: number) => ElementStory,
): { readonly stories: readonly ElementStory[]; readonly omitted: number } {
  const seen = new Set([story.element]);
  const stories: ElementStory[] = [];
  let [level, omitted]: [readonly ElementStory[], number] = [[story], 0];
  for (let d = 0; d < depth; d++) {
    const reads = level.flatMap(({ operands, window }) => [...operands, ...window.flat()]);
    const elements = [...new Set(reads.flatMap((read) => read.element ?? []))].filter((element) => !seen.has(element));
    const followed = elements.slice(0, Math.max(0, most - stories.length));
    omitted += elements.length - followed.length;
    for (const element of elements) seen.add(element);
    level = followed.map(explain);
    stories.push(...level);
  }
  return { stories, omitted };
}

/** How far the index of a `PICK` moves its data; null when the data does not have it. */
function pickShift({ a, b, operands }: Instruction, o: readonly number[], read: ReadElement): number | null {
  const [, index] = operands;
  const asked = index ? readOperand(index, o, read) | 0 : 0;
  const row = asked < 0 ? asked + a : asked;
  return row < 0 || row >= a ? null : row * b;
}

function numberAt(operand: Operand, x: readonly number[], read: ReadElement, shift: number | null = 0): ReadNumber {
  const number = (at: string, raw: number, element?: number): ReadNumber => {
    const bits = canonicalOf(raw, operand.type);
    return { at, element, value: numberOf(bits, operand.type), bits: hex(bits) };
  };
  if (operand.space === SPACE.LITERAL) return number('literal', operand.bits);
  const address = addressOf(operand, x);
  if (address === undefined) return number('pad', operand.pad);
  if (shift === null) return number('no such index', 0);
  const [place, raw] = [address + shift, read(operand.space, address + shift)];
  return number(`${SPACES[operand.space] ?? ''}[${place}]`, raw, operand.space === SPACE.TRACE ? place : undefined);
}

function elementUnknown(element: number, traceLength: number): RemitError {
  return new RemitError({
    code: 'MODEL_ELEMENT_UNKNOWN',
    message: `no instruction writes element ${element}; the trace has ${traceLength}, with gaps between instructions`,
    fix: 'take an element from a trial, or name one of an output: --output 0 --at 0',
    context: { element, traceLength },
  });
}
