import { FOLD, type Instruction, MAP, OP, type Operand, RANK, SPACE, TYPE, ZIP } from './instruction.ts';
import { indexLength } from './sizes.ts';

/** The name of a number of the encoding; the number itself when it names nothing. */
function nameIn(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, number]) => number === value)?.[0] ?? `?${value}`;
}

const FUNCTIONS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [OP.ZIP]: ZIP,
  [OP.MAP]: MAP,
  [OP.FOLD]: FOLD,
  [OP.RANK]: RANK,
};

const DIMENSIONS = 'ijlmnpqrstuvwxyz';

/**
 * An instruction in one line for people, such as
 * `DOT f32 [1,200]·[100] ÷1 @128: A=TRACE[64+l] B=WEIGHT[100·j+l]`. The dimensions of an operand's index are the letters
 * `i j l m …`, those of the output first; a coordinate is `⟨numerator/divisor<size⟩`. Not for machines: the encoding is.
 */
export function explainInstruction(instruction: Instruction): string {
  const { op, fn, type, start, a, b, dims, window, operands } = instruction;
  const names = FUNCTIONS[op];
  const head = names ? `${nameIn(OP, op)}.${nameIn(names, fn)}` : nameIn(OP, op);
  const shape = `[${dims.join(',')}]${window.length > 0 ? `·[${window.join(',')}]` : ''}`;
  const list = operands.map((operand, i) => {
    return `${String.fromCharCode(65 + i)}=${operandText(operand, indexLength(instruction, i))}`;
  });
  return [head, nameIn(TYPE, type).toLowerCase(), shape, ...parameters(op, a, b), `@${start}:`, ...list].join(' ');
}

function parameters(op: number, a: number, b: number): readonly string[] {
  if (op === OP.DOT) return [`÷${a}`];
  if (op === OP.RANK) return [`along ${letter(a)}`];
  return op === OP.PICK ? [`${a} of step ${b}`] : [];
}

const letter = (dimension: number): string => DIMENSIONS[dimension] ?? `x${dimension}`;

function operandText(operand: Operand, length: number): string {
  if (operand.space === SPACE.LITERAL) return `0x${(operand.bits >>> 0).toString(16).padStart(8, '0')}`;
  const steps = operand.steps.slice(0, length).map((step, i) => [step, letter(i)] as const);
  const coordinates = operand.coordinates.map(({ size, divisor, stride, offset, terms }) => {
    const numerator = sum(
      offset,
      terms.map(({ dimension, coefficient }) => [coefficient, letter(dimension)] as const),
    );
    return [stride, `⟨${divisor === 1 ? numerator : `(${numerator})/${divisor}`}<${size}⟩`] as const;
  });
  const address = sum(operand.base, [...steps, ...coordinates]);
  const pad = operand.pad === 0 ? '' : ` else 0x${(operand.pad >>> 0).toString(16).padStart(8, '0')}`;
  return `${nameIn(SPACE, operand.space)}[${address}]${pad}`;
}

/** `constant + factor·name + …` without what is zero, except that a bound is always shown. */
function sum(constant: number, parts: readonly (readonly [factor: number, name: string])[]): string {
  let text = constant === 0 ? '' : String(constant);
  for (const [factor, name] of parts) {
    if (factor === 0 && !name.startsWith('⟨')) continue;
    const size = Math.abs(factor) === 1 ? name : `${Math.abs(factor)}·${name}`;
    text += factor < 0 ? `-${size}` : text === '' ? size : `+${size}`;
  }
  return text === '' ? '0' : text;
}
