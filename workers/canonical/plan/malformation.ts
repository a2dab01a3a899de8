import { FOLD, type Instruction, MAP, OP, type Operand, type Reference, SPACE, TYPE, ZIP } from './instruction.ts';
import { ALIGNMENT, indexSizes, readsWindow, sizeOf, windowSize } from './sizes.ts';

/** The largest window of one instruction: sums of so many products stay inside an int256. */
export const WINDOW_MAX = 8_192;
export const DIMENSIONS_MAX = 8;
export const OPERANDS_MAX = 16;
const COORDINATES_MAX = 8;
const TERMS_MAX = 16;
const SIZE_MAX = 2 ** 32;
const START_MAX = 2 ** 40;
const INDEX_MAX = 2 ** 31;

/** Lengths of the vectors that an instruction may read. */
export interface Bounds {
  readonly inputLength: number;
  readonly weightsLength: number;
}

/**
 * Why an instruction is malformed, by the numbers of docs/PLAN.md; 0 when it is sound. Reason 1, bytes missing or left over,
 * is found when it is decoded. Reasons are looked for in the order of their numbers.
 */
export function malformation(instruction: Instruction, bounds: Bounds): number {
  if (!isKnown(instruction)) return 2;
  if (!hasItsParts(instruction)) return 3;
  if (!hasDimensions(instruction)) return 4;
  if (instruction.start % ALIGNMENT !== 0 || instruction.start + sizeOf(instruction) > START_MAX) return 5;
  const references = instruction.operands.map((operand, i) => [operand, i] as const).filter(isReference);
  if (!references.every(([operand, i]) => hasCoordinates(operand, indexSizes(instruction, i).length))) return 6;
  if (!references.every(([operand, i]) => staysInside(instruction, operand, i, bounds))) return 7;
  return instruction.op === OP.RANK && !ranksSafely(instruction) ? 8 : 0;
}

const isReference = (entry: readonly [Operand, number]): entry is readonly [Reference, number] =>
  entry[0].space !== SPACE.LITERAL;

const MAPS: ReadonlySet<number> = new Set(Object.values(MAP));
const ZIPS: ReadonlySet<number> = new Set(Object.values(ZIP));
const SPACES: ReadonlySet<number> = new Set(Object.values(SPACE));

/** The types that the operands of an instruction must have; undefined where op, function and type do not go together. */
function operandTypes({ op, fn, type, operands }: Instruction): readonly (number | undefined)[] | undefined {
  const all = (wanted: number) => operands.map(() => wanted);
  switch (op) {
    case OP.DOT:
    case OP.JOIN:
      return fn === 0 ? all(type) : undefined;
    case OP.ZIP:
      return zipTypes(fn, type, operands.length);
    case OP.MAP:
      return mapTypes(fn, type, operands.length);
    case OP.FOLD:
      if (fn > FOLD.ARGMIN) return undefined;
      if (fn < FOLD.ARGMAX) return all(type);
      return type === TYPE.I32 ? operands.map(() => undefined) : undefined;
    case OP.RANK:
      return fn <= 1 && type === TYPE.I32 ? operands.map(() => undefined) : undefined;
    case OP.PICK:
      return fn === 0 ? operands.map((_, i) => (i === 1 ? TYPE.I32 : type)) : undefined;
    case OP.SELECT:
      return fn === 0 ? operands.map((_, i) => (i === 0 ? TYPE.I32 : type)) : undefined;
  }
  return undefined;
}

function zipTypes(fn: number, type: number, count: number): readonly number[] | undefined {
  if (!ZIPS.has(fn)) return undefined;
  const [takes, gives] =
    fn < ZIP.EQ ? [TYPE.F32, TYPE.F32] : fn < ZIP.INT_ADD ? [TYPE.F32, TYPE.I32] : [TYPE.I32, TYPE.I32];
  return type === gives ? new Array<number>(count).fill(takes) : undefined;
}

function mapTypes(fn: number, type: number, count: number): readonly number[] | undefined {
  if (!MAPS.has(fn)) return undefined;
  const [takes, gives] =
    fn === MAP.MOVE
      ? [type, type]
      : fn === MAP.TO_INT
        ? [TYPE.F32, TYPE.I32]
        : fn === MAP.TO_FLOAT
          ? [TYPE.I32, TYPE.F32]
          : [TYPE.F32, TYPE.F32];
  return type === gives ? new Array<number>(count).fill(takes) : undefined;
}

function isKnown(instruction: Instruction): boolean {
  const { type, operands } = instruction;
  if (type > TYPE.I32 || operands.some((operand) => !SPACES.has(operand.space) || operand.type > TYPE.I32))
    return false;
  const types = operandTypes(instruction);
  return types !== undefined && operands.every((operand, i) => types[i] === undefined || types[i] === operand.type);
}

function hasItsParts({ op, type, a, b, dims, operands }: Instruction): boolean {
  const [least, most] = OPERANDS[op];
  if (operands.length < least || operands.length > most) return false;
  switch (op) {
    case OP.DOT:
      return b === 0 && (type === TYPE.I32 ? a === 1 : a >= 1);
    case OP.PICK:
      return a >= 1 && a < INDEX_MAX;
    case OP.RANK:
      return b === 0 && a < dims.length;
    default:
      return a === 0 && b === 0;
  }
}

const OPERANDS: Readonly<Record<Instruction['op'], readonly [number, number]>> = {
  [OP.DOT]: [2, 3],
  [OP.ZIP]: [2, 2],
  [OP.MAP]: [1, 1],
  [OP.FOLD]: [1, 1],
  [OP.RANK]: [1, 1],
  [OP.JOIN]: [1, OPERANDS_MAX],
  [OP.PICK]: [2, 2],
  [OP.SELECT]: [3, 3],
};

function hasDimensions(instruction: Instruction): boolean {
  const { op, dims, window } = instruction;
  if (dims.length > DIMENSIONS_MAX || window.length > DIMENSIONS_MAX) return false;
  if ([...dims, ...window].includes(0)) return false;
  if (window.length > 0 && !readsWindow(op, 0)) return false;
  return sizeOf(instruction) <= SIZE_MAX && windowSize(instruction) <= WINDOW_MAX;
}

function hasCoordinates({ coordinates }: Reference, dimensions: number): boolean {
  return (
    coordinates.length <= COORDINATES_MAX &&
    coordinates.every(
      ({ size, divisor, terms }) =>
        size > 0 && divisor > 0 && terms.length <= TERMS_MAX && terms.every(({ dimension }) => dimension < dimensions),
    )
  );
}

/** The address's smallest and largest value, every index and every coordinate taken on its own. Exact: bigint. */
function staysInside(instruction: Instruction, operand: Reference, i: number, bounds: Bounds): boolean {
  let [low, high] = [BigInt(operand.base), BigInt(operand.base)];
  const extend = (step: number, count: number): void => {
    const reach = BigInt(step) * BigInt(count - 1);
    if (reach < 0n) low += reach;
    else high += reach;
  };
  indexSizes(instruction, i).forEach((size, at) => {
    extend(operand.steps[at] ?? 0, size);
  });
  for (const { size, stride } of operand.coordinates) extend(stride, size);
  if (instruction.op === OP.PICK && i === 0) extend(instruction.b, instruction.a);
  return low >= 0n && high < BigInt(boundOf(operand, instruction, bounds));
}

function boundOf({ space }: Reference, { start }: Instruction, { inputLength, weightsLength }: Bounds): number {
  return space === SPACE.INPUT ? inputLength : space === SPACE.WEIGHT ? weightsLength : start;
}

/** What is ranked must not depend on the rank that is asked for, and there must be so many. */
function ranksSafely(instruction: Instruction): boolean {
  const { a, dims, operands } = instruction;
  if ((dims[a] ?? 0) > windowSize(instruction)) return false;
  return operands.every(
    (operand) =>
      operand.space === SPACE.LITERAL ||
      (operand.steps[a] === 0 && operand.coordinates.every(({ terms }) => terms.every((t) => t.dimension !== a))),
  );
}
