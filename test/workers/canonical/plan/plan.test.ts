import { concat, keccak256, ZeroHash } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInstruction, encodeInstruction } from '../../../../workers/canonical/plan/encoding.ts';
import { explainInstruction } from '../../../../workers/canonical/plan/explain.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import { malformation } from '../../../../workers/canonical/plan/malformation.ts';
import {
  checkPlan,
  instructionAt,
  instructionPath,
  type Plan,
  planRoot,
} from '../../../../workers/canonical/plan/plan.ts';
import { nextStart, sizeOf } from '../../../../workers/canonical/plan/sizes.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

interface Shared {
  readonly plan: {
    readonly planRoot: string;
    readonly inputLength: number;
    readonly weightsLength: number;
    readonly traceLength: number;
  };
  readonly instructions: readonly {
    readonly about: string;
    readonly instruction: string;
    readonly leaf: string;
    readonly start: number;
    readonly size: number;
    readonly reason: number;
    readonly siblings: readonly string[];
  }[];
}

const shared = sharedVectors('plans.json') as Shared;

const leafOf = (bytes: Uint8Array): string => keccak256(concat(['0x00', bytes]));
const nodeOf = (left: string, right: string): string => keccak256(concat(['0x01', left, right]));

function naiveRoot(leaves: readonly string[]): string {
  let level = [...leaves];
  while (Math.log2(level.length) % 1 !== 0) level.push(ZeroHash);
  while (level.length > 1) level = level.flatMap((hash, i) => (i % 2 === 0 ? [nodeOf(hash, level[i + 1] ?? '')] : []));
  return level[0] ?? '';
}

function climb(leaf: string, index: number, siblings: readonly string[]): string {
  return siblings.reduce((hash, sibling, height) => {
    return Math.floor(index / 2 ** height) % 2 === 0 ? nodeOf(hash, sibling) : nodeOf(sibling, hash);
  }, leaf);
}

/** Instructions that move so many elements of the input, one after the other. */
function moves(sizes: readonly number[]): Plan {
  const instructions: Instruction[] = [];
  for (const size of sizes) {
    const last = instructions.at(-1);
    instructions.push({
      ...{ op: OP.MAP, fn: 0, type: TYPE.F32, start: last ? nextStart(last) : 0, a: 0, b: 0 },
      ...{ dims: [size], window: [] },
      operands: [{ space: SPACE.INPUT, type: TYPE.F32, base: 0, steps: [1], coordinates: [], pad: 0 }],
    });
  }
  const last = instructions.at(-1);
  return { instructions, inputLength: 300, weightsLength: 0, traceLength: last ? last.start + sizeOf(last) : 0 };
}

const sizesOf = (minLength: number) => fc.array(fc.integer({ min: 1, max: 300 }), { minLength, maxLength: 20 });

describe('root of a plan', () => {
  it('is that of its definition, and every instruction has a path to it', () => {
    fc.assert(
      fc.property(sizesOf(1), (sizes) => {
        const plan = moves(sizes);
        const leaves = plan.instructions.map((instruction) => leafOf(encodeInstruction(instruction)));
        expect(planRoot(plan)).toBe(naiveRoot(leaves));
        leaves.forEach((leaf, index) => {
          expect(climb(leaf, index, instructionPath(plan, index))).toBe(planRoot(plan));
        });
      }),
    );
  });

  it('is that of the shared plan, with the instructions, leaves and paths that Solidity reads', () => {
    const { plan, instructions } = shared;
    const decoded = instructions.map(({ instruction }) => {
      return decodeInstruction(Buffer.from(instruction.slice(2), 'hex')) as Instruction;
    });
    checkPlan({ ...plan, instructions: decoded });
    expect(planRoot({ instructions: decoded })).toBe(plan.planRoot);
    instructions.forEach(({ instruction, leaf, siblings, start, size, reason, about }, index) => {
      const found = decoded[index] as Instruction;
      expect(leafOf(Buffer.from(instruction.slice(2), 'hex'))).toBe(leaf);
      expect(climb(leaf, index, siblings)).toBe(plan.planRoot);
      expect({ start: found.start, size: sizeOf(found), reason: malformation(found, plan) }).toEqual({
        start,
        size,
        reason,
      });
      expect(explainInstruction(found)).toBe(about);
    });
    expect(new Set(decoded.map(({ op }) => op)).size).toBe(Object.keys(OP).length);
  });
});

describe('instruction at an element', () => {
  it('is the one that writes it, or the last one before the padding', () => {
    fc.assert(
      fc.property(sizesOf(1), (sizes) => {
        const plan = moves(sizes);
        for (let element = 0; element < plan.traceLength + 70; element += 7) {
          const index = plan.instructions.findLastIndex(({ start }) => start <= element);
          const one = plan.instructions[index] as Instruction;
          expect(instructionAt(plan, element)).toEqual({ index, padding: element >= one.start + sizeOf(one) });
        }
      }),
    );
  });
});

describe('check of a plan', () => {
  const sound = moves([10, 65, 1]);
  const changed = (index: number, change: Partial<Instruction>): Plan => ({
    ...sound,
    instructions: sound.instructions.map((one, i) => (i === index ? { ...one, ...change } : one)),
  });

  it('lets a sound plan pass', () => {
    expect(() => {
      checkPlan(sound);
    }).not.toThrow();
  });

  it.each([
    ['an instruction that breaks a limit', changed(1, { a: 1 }), 'instruction 1 breaks limit 3 of docs/PLAN.md'],
    ['a first instruction that starts late', changed(0, { start: 64 }), 'instruction 0 starts at 64 instead of 0'],
    ['a gap', changed(2, { start: 256 }), 'instruction 2 starts at 256 instead of 192'],
    ['an overlap', changed(2, { start: 128 }), 'instruction 2 starts at 128 instead of 192'],
    ['another length', { ...sound, traceLength: 192 }, 'instruction 2 ends the trace at 193 instead of 192'],
    ['no instructions', { ...sound, instructions: [] }, 'instruction 0 is missing'],
  ] as [string, Plan, string][])('refuses %s', (_, plan, message) => {
    expect(() => {
      checkPlan(plan);
    }).toThrow(
      expect.objectContaining({ code: 'PLAN_MALFORMED', message: expect.stringContaining(message) as string }),
    );
  });
});

describe('an instruction in words', () => {
  it('shows dimensions, operands, bounds and pads', () => {
    expect(shared.instructions.map(({ about }) => about)).toEqual(
      expect.arrayContaining([
        'DOT f32 [2,5]·[20] ÷1 @0: A=INPUT[20·i+l] B=WEIGHT[20·j+l] C=WEIGHT[128+j]',
        'JOIN f32 [5,5] @512: A=WEIGHT[j+64·⟨i<3⟩] B=TRACE[j+5·⟨-3+i<2⟩] else 0x7fc00000',
        'MAP.TO_FLOAT f32 [] @704: A=TRACE[384]',
      ]),
    );
  });
});
