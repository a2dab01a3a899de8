import { expect } from 'chai';
import { network } from 'hardhat';
import { decodeInstruction, encodeInstruction } from '../../../workers/canonical/plan/encoding.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../../workers/canonical/plan/instruction.ts';
import { malformation } from '../../../workers/canonical/plan/malformation.ts';
import {
  below,
  between,
  oneOf,
  type Random,
  randomInstruction,
  seeded,
  SPACE_LENGTH,
} from '../../workers/canonical/executor/random-instructions.ts';

const CASES = 6_000;
const SEED = 20_260_304;
const BOUNDS = { inputLength: SPACE_LENGTH, weightsLength: SPACE_LENGTH };

const { ethers } = await network.create({ override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false } });
const judge = await ethers.deployContract('TensorJudge', { gasLimit: 10_000_000n });

const reasonOf = async (bytes: Uint8Array, { inputLength, weightsLength } = BOUNDS): Promise<number> =>
  Number(await judge.malformation(bytes, inputLength, weightsLength));

function twinReason(bytes: Uint8Array): number {
  const decoded = decodeInstruction(bytes);
  return decoded === undefined ? 1 : malformation(decoded, BOUNDS);
}

/** Overwrites, cuts or lengthens an encoding; most of the times in one byte. */
function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  switch (below(random, 12)) {
    case 0:
      return changed.slice(0, below(random, changed.length));
    case 1:
      return Uint8Array.from([...changed, ...changed.slice(0, between(random, 1, 9))]);
    case 2:
      return Uint8Array.from({ length: changed.length }, () => below(random, 256));
  }
  for (let i = between(random, 1, 3); i > 0; i--) {
    const at = random() < 0.4 ? below(random, Math.min(24, changed.length)) : below(random, changed.length);
    const byte = changed[at] ?? 0;
    changed[at] = oneOf(random, [0, 1, 2, 255, byte + 1, byte - 1, byte ^ (1 << below(random, 8)), below(random, 256)]);
  }
  return changed;
}

const reference = { space: SPACE.INPUT, type: TYPE.F32, base: 0, steps: [1], coordinates: [], pad: 0 } as const;
const coordinate = { size: 8, divisor: 1, stride: 1, offset: 0, terms: [{ dimension: 0, coefficient: 1 }] } as const;
const bounded = { ...reference, steps: [0], coordinates: [coordinate] } as const;
const move: Instruction = {
  ...{ op: OP.MAP, fn: 0, type: TYPE.F32, start: 64, a: 0, b: 0, dims: [8], window: [] },
  operands: [reference],
};
const dot: Instruction = { ...move, op: OP.DOT, a: 1, window: [4], operands: [0, 1].map(() => inWindow(1, 1)) };
const rank: Instruction = { ...move, op: OP.RANK, type: TYPE.I32, dims: [4], window: [4], operands: [inWindow(0, 1)] };
const pick: Instruction = { ...move, op: OP.PICK, a: 4, b: 8, operands: [reference, { ...reference, type: TYPE.I32 }] };
const join: Instruction = { ...move, op: OP.JOIN, operands: [bounded] };
const zip: Instruction = { ...move, op: OP.ZIP, operands: [reference, reference] };
const fold: Instruction = { ...move, op: OP.FOLD, window: [4], operands: [inWindow(1, 1)] };

function inWindow(step: number, windowStep: number) {
  return { ...reference, steps: [step, windowStep] };
}

const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);
const withCoordinate = (changes: object): Instruction => ({
  ...join,
  operands: [{ ...bounded, coordinates: [{ ...coordinate, ...changes }] }],
});
const odd = (changes: object): Instruction => ({ ...move, ...changes });

/** An instruction for every way to break a limit. */
const BROKEN: readonly (readonly [reason: number, how: string, instruction: Instruction])[] = [
  [2, 'op 0', odd({ op: 0 })],
  [2, 'op 9', odd({ op: 9 })],
  [2, 'a type of 2', odd({ type: 2 })],
  [2, 'a space of 4', odd({ operands: [{ ...reference, space: 4 }] })],
  [2, 'an operand with a type of 2', odd({ op: OP.RANK, type: TYPE.I32, operands: [{ ...reference, type: 2 }] })],
  [2, 'an integer operand for a float', odd({ operands: [{ ...reference, type: TYPE.I32 }] })],
  [2, 'a MAP function between two groups', odd({ fn: 8 })],
  [2, 'a MAP function past the last', odd({ fn: 41 })],
  [2, 'TO_INT that gives a float', odd({ fn: 32 })],
  [2, 'TO_FLOAT of a float', odd({ fn: 40 })],
  [2, 'a ZIP function between two groups', { ...zip, fn: 11 }],
  [2, 'a ZIP function past the last', { ...zip, fn: 31 }],
  [2, 'a comparison that gives a float', { ...zip, fn: 8 }],
  [2, 'an integer ZIP of floats', { ...zip, fn: 16, type: TYPE.I32 }],
  [2, 'a FOLD function past the last', { ...fold, fn: 5, type: TYPE.I32 }],
  [2, 'ARGMAX that gives a float', { ...fold, fn: 3 }],
  [2, 'a RANK function past the last', { ...rank, fn: 2 }],
  [2, 'RANK that gives a float', { ...rank, type: TYPE.F32 }],
  [2, 'DOT with a function', { ...dot, fn: 1 }],
  [2, 'PICK by a float', { ...pick, operands: [reference, reference] }],
  [2, 'SELECT by a float', odd({ op: OP.SELECT, operands: times(3, reference) })],
  [3, 'DOT of one operand', { ...dot, operands: dot.operands.slice(0, 1) }],
  [3, 'DOT of four operands', { ...dot, operands: [...dot.operands, reference, reference] }],
  [3, 'DOT divided by 0', { ...dot, a: 0 }],
  [3, 'DOT with b', { ...dot, b: 1 }],
  [
    3,
    'integer DOT divided by 2',
    odd({ ...dot, a: 2, type: 1, operands: dot.operands.map((o) => ({ ...o, type: 1 })) }),
  ],
  [3, 'ZIP of one operand', { ...zip, operands: [reference] }],
  [3, 'MAP of two operands', { ...move, operands: [reference, reference] }],
  [3, 'MAP with a', { ...move, a: 1 }],
  [3, 'MAP with b', { ...move, b: -1 }],
  [3, 'JOIN of nothing', { ...join, operands: [] }],
  [3, 'JOIN of 17', { ...join, operands: times(17, bounded) }],
  [3, 'PICK out of nothing', { ...pick, a: 0 }],
  [3, 'PICK out of 2^31', { ...pick, a: 2 ** 31 }],
  [3, 'PICK with one operand', { ...pick, operands: [reference] }],
  [3, 'SELECT of two', odd({ op: OP.SELECT, operands: [{ ...reference, type: TYPE.I32 }, reference] })],
  [3, 'RANK with b', { ...rank, b: 1 }],
  [3, 'RANK of two operands', { ...rank, operands: times(2, inWindow(0, 1)) }],
  [3, 'RANK along a dimension that is not there', { ...rank, a: 1 }],
  [4, 'nine dimensions', odd({ dims: times(9, 1), operands: [{ ...reference, steps: times(9, 0) }] })],
  [4, 'nine window dimensions', { ...fold, window: times(9, 1), operands: [{ ...reference, steps: times(10, 0) }] }],
  [4, 'a dimension of 0', odd({ dims: [0] })],
  [4, 'a window dimension of 0', { ...fold, window: [0] }],
  [4, 'a window in MAP', odd({ window: [1] })],
  [4, 'more than 2^32 elements', odd({ dims: [2 ** 16 + 1, 2 ** 16], operands: [{ ...reference, steps: [0, 0] }] })],
  [4, 'a window of 8,193', { ...fold, window: [8_193] }],
  [5, 'a start between chunks', odd({ start: 65 })],
  [5, 'an end past 2^40', odd({ start: 2 ** 40 - 64, dims: [65] })],
  [6, 'nine coordinates', { ...join, operands: [{ ...bounded, coordinates: times(9, coordinate) }] }],
  [6, 'a coordinate of size 0', withCoordinate({ size: 0 })],
  [6, 'a divisor of 0', withCoordinate({ divisor: 0 })],
  [6, 'seventeen terms', withCoordinate({ terms: times(17, { dimension: 0, coefficient: 0 }) })],
  [6, 'a term in a dimension that is not there', withCoordinate({ terms: [{ dimension: 1, coefficient: 1 }] })],
  [
    6,
    'the last of five terms in a dimension that is not there',
    withCoordinate({ terms: [...times(4, coordinate.terms[0]), { dimension: 1, coefficient: 0 }] }),
  ],
  [7, 'an address below 0', odd({ operands: [{ ...reference, base: 6, steps: [-1] }] })],
  [7, 'an address past the input', odd({ operands: [{ ...reference, base: SPACE_LENGTH - 7 }] })],
  [
    7,
    'an address past the weights',
    odd({ operands: [{ ...reference, space: SPACE.WEIGHT, base: SPACE_LENGTH - 7 }] }),
  ],
  [7, 'a trace that is not written yet', odd({ operands: [{ ...reference, space: SPACE.TRACE, base: 57 }] })],
  [7, 'a coordinate that leads below 0', withCoordinate({ stride: -1 })],
  [7, 'a coordinate that leads past the end', withCoordinate({ stride: 74 })],
  [7, 'an index that leads past the end', { ...pick, b: 169 }],
  [7, 'an index that leads below 0', { ...pick, b: -1 }],
  [8, 'more ranks than elements', { ...rank, dims: [5] }],
  [8, 'a ranked operand with a step along the ranks', { ...rank, operands: [inWindow(1, 1)] }],
  [
    8,
    'a ranked operand with a coordinate along the ranks',
    { ...rank, operands: [{ ...inWindow(0, 0), coordinates: [coordinate] }] },
  ],
];

/** The most of each that breaks no limit. */
const LARGEST: readonly (readonly [what: string, instruction: Instruction])[] = [
  ['eight dimensions', odd({ dims: times(8, 1), operands: [{ ...reference, steps: times(8, 0) }] })],
  ['eight window dimensions', { ...fold, window: times(8, 1), operands: [{ ...reference, steps: times(9, 0) }] }],
  ['2^32 elements', odd({ dims: [2 ** 16, 2 ** 16], operands: [{ ...reference, steps: [0, 0] }] })],
  ['a window of 8,192', { ...fold, window: [8_192], operands: [inWindow(1, 0)] }],
  ['an end at 2^40', odd({ start: 2 ** 40 - 64, dims: [64], operands: [{ ...reference, steps: [0] }] })],
  ['sixteen terms', withCoordinate({ terms: times(16, { dimension: 0, coefficient: 0 }) })],
  ['2^31 − 1 indices', { ...pick, a: 2 ** 31 - 1, b: 0 }],
  ['a MAP function of the last kind', odd({ fn: 40, operands: [{ ...reference, type: TYPE.I32 }] })],
];

describe('tensor judge limits', () => {
  for (const [what, instruction] of LARGEST) {
    it(`allows ${what}`, async () => {
      const bytes = encodeInstruction(instruction);
      expect(twinReason(bytes), 'twin').to.equal(0);
      expect(await reasonOf(bytes)).to.equal(0);
    });
  }

  for (const [reason, how, instruction] of BROKEN) {
    it(`gives reason ${reason} for ${how}`, async () => {
      const bytes = encodeInstruction(instruction);
      expect(twinReason(bytes), 'twin').to.equal(reason);
      expect(await reasonOf(bytes)).to.equal(reason);
    });
  }

  it('finds nothing wrong with the instructions that the broken ones are made of', async () => {
    const last = odd({ operands: [{ ...reference, base: SPACE_LENGTH - 8 }] });
    const full = { ...join, operands: times(16, { ...bounded, coordinates: times(8, { ...coordinate, stride: 0 }) }) };
    for (const instruction of [move, dot, rank, pick, join, zip, fold, last, full]) {
      expect(await reasonOf(encodeInstruction(instruction)), JSON.stringify(instruction)).to.equal(0);
    }
  });

  it('gives reason 1 for every beginning of an instruction, and for one with more behind it', async () => {
    const bytes = encodeInstruction({ ...dot, operands: [...dot.operands, bounded] });
    expect(await reasonOf(bytes)).to.equal(0);
    for (let length = 0; length < bytes.length; length++) {
      expect(await reasonOf(bytes.slice(0, length)), `${length} bytes`).to.equal(1);
    }
    expect(await reasonOf(Uint8Array.from([...bytes, 0]))).to.equal(1);
  });

  it(`gives the twin's reason for ${CASES} mutated instructions`, async () => {
    const random = seeded(SEED);
    const seen = new Map<number, number>();
    for (let i = 0; i < CASES; i++) {
      const bytes = mutated(random, encodeInstruction(randomInstruction(random, oneOf(random, Object.values(OP)))));
      const expected = twinReason(bytes);
      expect(await reasonOf(bytes), Buffer.from(bytes).toString('hex')).to.equal(expected);
      seen.set(expected, (seen.get(expected) ?? 0) + 1);
    }
    for (let reason = 0; reason <= 8; reason++) expect(seen.get(reason) ?? 0, `reason ${reason}`).to.be.greaterThan(5);
  });

  it('reads a long instruction without running away', async () => {
    const bytes = new Uint8Array(400).fill(255);
    expect(await reasonOf(bytes)).to.equal(twinReason(bytes));
  });
});
