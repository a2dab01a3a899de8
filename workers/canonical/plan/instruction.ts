/** Where an operand's numbers are. The numbers are those of the encoding (docs/PLAN.md). */
export const SPACE = { LITERAL: 0, INPUT: 1, WEIGHT: 2, TRACE: 3 } as const;

/** Element types of the judge: float32 and int32, 4 bytes each. */
export const TYPE = { F32: 0, I32: 1 } as const;
export type ElementType = (typeof TYPE)[keyof typeof TYPE];

export const OP = { DOT: 1, ZIP: 2, MAP: 3, FOLD: 4, RANK: 5, JOIN: 6, PICK: 7, SELECT: 8 } as const;
export type Op = (typeof OP)[keyof typeof OP];

export const FOLD = { MAX: 0, MIN: 1, PROD: 2, ARGMAX: 3, ARGMIN: 4 } as const;

export const RANK = { LARGEST: 0, SMALLEST: 1 } as const;

export const MAP = {
  MOVE: 0,
  NEG: 1,
  ABS: 2,
  SQRT: 3,
  FLOOR: 4,
  CEIL: 5,
  ROUND: 6,
  SIGN: 7,
  EXP: 16,
  LOG: 17,
  TANH: 18,
  ERF: 19,
  SIGMOID: 20,
  SOFTPLUS: 21,
  SIN: 22,
  COS: 23,
  TO_INT: 32,
  TO_FLOAT: 40,
} as const;

export const ZIP = {
  ADD: 0,
  SUB: 1,
  MUL: 2,
  DIV: 3,
  MIN: 4,
  MAX: 5,
  FMOD: 6,
  POW: 7,
  EQ: 8,
  LT: 9,
  LE: 10,
  INT_ADD: 16,
  INT_SUB: 17,
  INT_MUL: 18,
  INT_DIV: 19,
  INT_MIN: 20,
  INT_MAX: 21,
  INT_MOD: 22,
  INT_REM: 23,
  INT_AND: 24,
  INT_OR: 25,
  INT_XOR: 26,
  INT_EQ: 27,
  INT_LT: 28,
  INT_LE: 29,
  INT_POW: 30,
} as const;

/** `coefficient · x[dimension]`. */
export interface Term {
  readonly dimension: number;
  readonly coefficient: number;
}

/** A bounded coordinate `(offset + Σ terms) / divisor`: outside `[0, size)` or not whole, the operand is out of range. */
export interface Coordinate {
  readonly size: number;
  readonly divisor: number;
  readonly stride: number;
  readonly offset: number;
  readonly terms: readonly Term[];
}

/** One number written into the instruction, as its bit pattern. */
export interface Literal {
  readonly space: typeof SPACE.LITERAL;
  readonly type: ElementType;
  readonly bits: number;
}

/** Elements of a vector, addressed by the index of the output and the window. */
export interface Reference {
  readonly space: typeof SPACE.INPUT | typeof SPACE.WEIGHT | typeof SPACE.TRACE;
  readonly type: ElementType;
  readonly base: number;
  /** one per dimension of the operand's index */
  readonly steps: readonly number[];
  readonly coordinates: readonly Coordinate[];
  /** bit pattern of what is read out of range; 0 when there are no coordinates */
  readonly pad: number;
}

export type Operand = Literal | Reference;

/** One step of a plan. Meanings, limits and encoding: docs/PLAN.md. */
export interface Instruction {
  readonly op: Op;
  /** the function of the op, 0 where it has none */
  readonly fn: number;
  readonly type: ElementType;
  /** first element of `TRACE` that it writes */
  readonly start: number;
  readonly a: number;
  readonly b: number;
  readonly dims: readonly number[];
  readonly window: readonly number[];
  readonly operands: readonly Operand[];
}
