import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksRead, type Openings, openingsFor, ruleOn } from '../../../../workers/canonical/judge/evidence.ts';
import { interpret, readerOf } from '../../../../workers/canonical/judge/interpret.ts';
import type { ReadElement } from '../../../../workers/canonical/judge/read-operand.ts';
import { decodeInstruction } from '../../../../workers/canonical/plan/encoding.ts';
import { type Instruction, OP, SPACE } from '../../../../workers/canonical/plan/instruction.ts';
import { sizeOf } from '../../../../workers/canonical/plan/sizes.ts';
import { chunksOf, NO_OPENING, verifyOpening } from '../../../../workers/canonical/tree/opening.ts';
import { VectorTree } from '../../../../workers/canonical/tree/vector-tree.ts';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import type { Hex32 } from '../../../../workers/protocol/ids.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';
import { randomInstruction, randomVector, seeded, SPACE_LENGTH } from '../executor/random-instructions.ts';

interface Shared {
  readonly plan: {
    readonly inputLength: number;
    readonly weightsLength: number;
    readonly traceLength: number;
    readonly input: string;
    readonly weights: string;
    readonly trace: string;
  };
  readonly instructions: readonly { readonly instruction: string }[];
  readonly rulings: readonly {
    readonly instruction: number;
    readonly element: number;
    readonly inputRoot: Hex32;
    readonly weightsRoot: Hex32;
    readonly traceRoot: Hex32;
    readonly openings: Openings;
    readonly wrong: boolean;
    readonly outOfRange: boolean;
    readonly claimed: number;
    readonly canonical: number;
  }[];
}

const shared = sharedVectors('plans.json') as Shared;
const instructions = shared.instructions.map(({ instruction }) => {
  return decodeInstruction(Buffer.from(instruction.slice(2), 'hex')) as Instruction;
});

function elementsOf(hex: string): Uint32Array {
  const bytes = Buffer.from(hex.slice(2), 'hex');
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32BE(4 * i));
}

/** Reads nothing but what is opened, as the contract does. */
function readerOfOpenings({ input, weights, trace }: Openings): ReadElement {
  const shown = { [SPACE.INPUT]: chunksOf(input), [SPACE.WEIGHT]: chunksOf(weights), [SPACE.TRACE]: chunksOf(trace) };
  return (space, address) => {
    const chunk = shown[space].get(Math.floor(address / 64));
    if (!chunk) throw new RangeError(`element ${address} of space ${space} is not opened`);
    return Buffer.from(chunk).readUInt32BE(4 * (address % 64));
  };
}

/** A random instruction over random vectors, its own numbers in the trace. */
function scene(seed: number, op: (typeof OP)[keyof typeof OP]) {
  const random = seeded(seed);
  const instruction = randomInstruction(random, op);
  const vector = () => randomVector(random, 'plain', SPACE_LENGTH);
  const [input, weights] = [vector(), vector()];
  const trace = new Uint32Array(instruction.start + sizeOf(instruction));
  trace.set(vector());
  const element = instruction.start + Math.floor(random() * sizeOf(instruction));
  const read = readerOf({ input, weights, trace });
  trace[element] = ruleOn(instruction, element, read).canonical;
  return { instruction, element, read, input, weights, trace };
}

const anything = fc.tuple(fc.nat(), fc.constantFrom(...Object.values(OP))).map(([seed, op]) => scene(seed, op));

describe('evidence about an element', () => {
  it('is enough to rule on it, belongs to its trees, and has no chunk too many', () => {
    fc.assert(
      fc.property(anything, ({ instruction, element, read, input, weights, trace }) => {
        const trees = { input: new VectorTree(input), weights: new VectorTree(weights), trace: new VectorTree(trace) };
        const openings = openingsFor(instruction, element, read, trees);
        const seen = {
          [SPACE.INPUT]: new Set<number>(),
          [SPACE.WEIGHT]: new Set<number>(),
          [SPACE.TRACE]: new Set<number>(),
        };
        const ruling = ruleOn(instruction, element, (space, address) => {
          seen[space].add(Math.floor(address / 64));
          return readerOfOpenings(openings)(space, address);
        });
        expect(ruling).toEqual(ruleOn(instruction, element, read));
        expect(chunksRead(instruction, element, read)).toEqual(seen);
        for (const [name, space] of [
          ['input', SPACE.INPUT],
          ['weights', SPACE.WEIGHT],
          ['trace', SPACE.TRACE],
        ] as const) {
          const [tree, opening] = [trees[name], openings[name]];
          expect([...chunksOf(opening).keys()]).toEqual([...seen[space]].sort((one, other) => one - other));
          if (opening === NO_OPENING) expect(seen[space].size).toBe(0);
          else expect(verifyOpening(tree.merkleRoot, tree.length, opening)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('acquits the right number and convicts every other', () => {
    fc.assert(
      fc.property(anything, fc.nat({ max: 31 }), ({ instruction, element, input, weights, trace }, bit) => {
        const read = readerOf({ input, weights, trace });
        const right = ruleOn(instruction, element, read);
        expect(right).toMatchObject({ wrong: false, claimed: right.canonical });
        trace[element] = (right.canonical ^ (1 << bit)) >>> 0;
        expect(ruleOn(instruction, element, read)).toEqual({ ...right, wrong: true, claimed: trace[element] });
      }),
      { numRuns: 400 },
    );
  });

  it.each(shared.rulings.map((ruling, i) => [i, ruling] as const))('is what Solidity reads: ruling %d', (_, one) => {
    const { inputRoot, weightsRoot, traceRoot, openings, element } = one;
    const instruction = instructions[one.instruction] as Instruction;
    const { wrong, outOfRange, claimed, canonical } = one;
    expect(ruleOn(instruction, element, readerOfOpenings(openings))).toEqual({ wrong, outOfRange, claimed, canonical });
    const { inputLength, weightsLength, traceLength } = shared.plan;
    for (const [root, length, opening] of [
      [inputRoot, inputLength, openings.input],
      [weightsRoot, weightsLength, openings.weights],
      [traceRoot, traceLength, openings.trace],
    ] as const) {
      expect(opening.chunks === '0x' || verifyOpening(root, length, opening)).toBe(true);
    }
  });
});

describe('naive interpreter', () => {
  it('writes the trace of the shared plan, zeros between instructions, as the executor does', () => {
    const { inputLength, weightsLength, traceLength } = shared.plan;
    const plan = { instructions, inputLength, weightsLength, traceLength };
    const vectors = { input: elementsOf(shared.plan.input), weights: elementsOf(shared.plan.weights) };
    const trace = interpret(plan, vectors);
    expect(trace).toEqual(elementsOf(shared.plan.trace));
    expect(trace.subarray(10, 64)).toEqual(new Uint32Array(54));
    const executed = new Uint32Array(traceLength);
    execute(plan, vectors, { trace: executed });
    expect(executed).toEqual(trace);
  });

  it('refuses to read past a vector', () => {
    const read = readerOf({ input: new Uint32Array(3), weights: new Uint32Array(0), trace: new Uint32Array(0) });
    expect(read(SPACE.INPUT, 2)).toBe(0);
    expect(() => read(SPACE.INPUT, 3)).toThrow(RangeError);
    expect(() => read(SPACE.WEIGHT, 0)).toThrow(RangeError);
  });
});
