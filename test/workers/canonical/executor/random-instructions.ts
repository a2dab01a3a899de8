import {
  type Coordinate,
  type ElementType,
  type Instruction,
  MAP,
  OP,
  type Op,
  type Operand,
  type Reference,
  SPACE,
  TYPE,
  ZIP,
} from '../../../../workers/canonical/plan/instruction.ts';

/** A stream of numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export type Random = () => number;
export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
export const between = (random: Random, low: number, high: number): number => low + below(random, high - low + 1);
export function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = values[below(random, values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
}

/** Lengths of the vectors that random instructions read; they write the trace from `START` on. */
export const SPACE_LENGTH = 512;
export const START = 512;

/** What random data look like. */
export const FLAVOURS = ['plain', 'wide', 'small integers', 'tiny', 'huge', 'special', 'cancelling', 'any'] as const;
export type Flavour = (typeof FLAVOURS)[number];

const SPECIAL = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 1, 0x807fffff, 0x3f800000, 0x7f7fffff];
const pattern = new Uint32Array(1);
const float = new Float32Array(pattern.buffer);

export function bitsFor(value: number): number {
  float[0] = value;
  return pattern[0] ?? 0;
}

/** A random pattern of a float. */
export function randomFloat(random: Random, flavour: Flavour): number {
  const sign = random() < 0.5 ? -1 : 1;
  switch (flavour) {
    case 'plain':
      return bitsFor(random() * 2 - 1);
    case 'wide':
      return bitsFor(sign * (1 + random()) * 2 ** between(random, -40, 20));
    case 'small integers':
      return bitsFor(sign * below(random, 5));
    case 'tiny':
      return bitsFor(sign * (1 + random()) * 2 ** between(random, -149, -60));
    case 'huge':
      return bitsFor(sign * (1 + random()) * 2 ** between(random, 25, 36));
    case 'special':
      return random() < 0.8 ? bitsFor(random() * 4 - 2) : oneOf(random, SPECIAL);
    case 'cancelling':
      return bitsFor(sign * 2 ** between(random, -1, 1) * (1 + below(random, 4) * 2 ** -23));
    default:
      return Math.floor(random() * 4294967296);
  }
}

/** Patterns of both types, as the flavour says. */
export function randomVector(random: Random, flavour: Flavour, length: number): Uint32Array {
  const integers = random() < 0.3;
  return Uint32Array.from({ length }, () => (integers ? between(random, -6, 6) >>> 0 : randomFloat(random, flavour)));
}

const UNARY = [1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** A random instruction within the limits of docs/PLAN.md, for vectors of `SPACE_LENGTH` elements. */
export function randomInstruction(random: Random, op: Op): Instruction {
  const dims = shape(random, 4);
  if (op === OP.RANK && dims.length === 0) dims.push(1);
  const rank = dims.length;
  const windowed = op === OP.DOT || op === OP.FOLD || op === OP.RANK;
  const window = windowed ? shape(random, 3) : [];
  const index = [...dims, ...window];
  const some = (type: ElementType, over: readonly number[] = dims) => randomOperand(random, type, over);
  const type = oneOf(random, [TYPE.F32, TYPE.F32, TYPE.I32]);
  const base = { op, fn: 0, type, start: START, a: 0, b: 0, dims, window };
  switch (op) {
    case OP.DOT: {
      const a = type === TYPE.I32 ? 1 : oneOf(random, [1, 1, 1, 2, 3, 9, 49, 4294967295]);
      const operands = [some(type, index), some(type, index)];
      if (random() < 0.5) operands.push(some(type));
      return { ...base, a, operands };
    }
    case OP.ZIP: {
      const fn = oneOf(random, Object.values(ZIP));
      const from = fn >= 16 ? TYPE.I32 : TYPE.F32;
      return { ...base, fn, type: fn >= 8 ? TYPE.I32 : TYPE.F32, operands: [some(from), some(from)] };
    }
    case OP.MAP: {
      const fn = oneOf(random, [MAP.MOVE, MAP.TO_INT, MAP.TO_FLOAT, ...UNARY]);
      if (fn === MAP.MOVE) return { ...base, operands: [some(type)] };
      const from = fn === MAP.TO_FLOAT ? TYPE.I32 : TYPE.F32;
      return { ...base, fn, type: fn === MAP.TO_INT ? TYPE.I32 : TYPE.F32, operands: [some(from)] };
    }
    case OP.FOLD: {
      const fn = below(random, 5);
      return { ...base, fn, type: fn >= 3 ? TYPE.I32 : type, operands: [some(type, index)] };
    }
    case OP.RANK: {
      const a = below(random, rank);
      const size = window.reduce((product, dim) => product * dim, 1);
      const ranked = dims.map((dim, i) => (i === a ? Math.min(dim, size) : dim));
      const operand = randomOperand(random, type, [...ranked, ...window], a);
      return { ...base, fn: below(random, 2), type: TYPE.I32, a, dims: ranked, operands: [operand] };
    }
    case OP.JOIN:
      return { ...base, operands: Array.from({ length: between(random, 1, 4) }, () => some(type)) };
    case OP.PICK: {
      const [a, b] = [between(random, 1, 6), between(random, -4, 4)];
      const data = randomOperand(random, type, dims, -1, Math.abs(b) * a);
      return { ...base, a, b, operands: [data, some(TYPE.I32)] };
    }
    default:
      return { ...base, operands: [some(TYPE.I32), some(type), some(type)] };
  }
}

function shape(random: Random, most: number): number[] {
  const sizes = Array.from({ length: below(random, most + 1) }, () => between(random, 1, 4));
  // wide enough for the ways of running that work on many windows at once
  if (sizes.length > 0 && random() < 0.25) sizes[random() < 0.7 ? sizes.length - 1 : 0] = between(random, 7, 13);
  return sizes;
}

function randomOperand(random: Random, type: ElementType, index: readonly number[], without = -1, margin = 0): Operand {
  if (random() < 0.1) {
    const bits = type === TYPE.F32 ? randomFloat(random, oneOf(random, FLAVOURS)) : between(random, -3, 3) >>> 0;
    return { space: SPACE.LITERAL, type, bits };
  }
  const contiguous = random() < 0.3;
  const steps = index.map((_, i) => {
    if (i === without) return 0;
    if (!contiguous) return oneOf(random, [0, 0, 1, 1, between(random, -9, 9), between(random, -9, 9)]);
    return index.slice(i + 1).reduce((product, dim) => product * dim, 1);
  });
  const coordinates = contiguous
    ? []
    : Array.from({ length: below(random, 3) }, () => coordinate(random, index, without));
  let [low, high] = [-margin, margin];
  const reach = (least: number, most: number) =>
    ([low, high] = [low + Math.min(least, most), high + Math.max(least, most)]);
  steps.forEach((step, i) => reach(0, step * ((index[i] ?? 1) - 1)));
  coordinates.forEach(({ stride, size }) => reach(0, stride * (size - 1)));
  if (high - low >= SPACE_LENGTH) return randomOperand(random, type, index, without, margin);
  const base = -low + below(random, SPACE_LENGTH - (high - low));
  const space: Reference['space'] = oneOf(random, [SPACE.INPUT, SPACE.WEIGHT, SPACE.TRACE]);
  const pad =
    coordinates.length === 0 ? 0 : type === TYPE.F32 ? randomFloat(random, 'special') : between(random, -3, 3);
  return { space, type, base, steps, coordinates, pad: pad >>> 0 };
}

function coordinate(random: Random, index: readonly number[], without: number): Coordinate {
  const dimensions = index.map((_, i) => i).filter((i) => i !== without);
  const terms = dimensions.length === 0 ? 0 : below(random, 4);
  return {
    size: between(random, 1, 9),
    divisor: oneOf(random, [1, 1, 1, 2, 3]),
    stride: between(random, -9, 9),
    offset: between(random, -3, 3),
    terms: Array.from({ length: terms }, () => ({
      dimension: oneOf(random, dimensions),
      coefficient: oneOf(random, [1, 1, 1, 2, -1, -2, 3, 0]),
    })),
  };
}
