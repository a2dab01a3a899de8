import { describe, expect, it } from 'vitest';
import { encodeInstruction } from '../../../../workers/canonical/plan/encoding.ts';
import { type Instruction, MAP, OP, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import {
  checkPlan,
  instructionAt,
  instructionPath,
  type Plan,
  planLeaf,
  planRoot,
} from '../../../../workers/canonical/plan/plan.ts';
import { hexOfHash, nodeOf } from '../../../../workers/canonical/tree/tree-nodes.ts';

/** Copies `size` elements of the input. */
const copy = (start: number, size: number): Instruction => ({
  op: OP.MAP,
  fn: MAP.MOVE,
  type: TYPE.F32,
  start,
  a: 0,
  b: 0,
  dims: [size],
  window: [],
  operands: [{ space: SPACE.INPUT, type: TYPE.F32, base: 0, steps: [1], coordinates: [], pad: 0 }],
});
const planOf = (...instructions: readonly Instruction[]): Plan => {
  const last = instructions.at(-1);
  const traceLength = last ? last.start + (last.dims[0] ?? 0) : 0;
  return { instructions, inputLength: 200, weightsLength: 0, traceLength };
};
const plan = planOf(copy(0, 10), copy(64, 100), copy(192, 1));

describe('planRoot', () => {
  it('is the leaf itself for one instruction', () => {
    expect(planRoot(planOf(copy(0, 3)))).toBe(hexOfHash(planLeaf(encodeInstruction(copy(0, 3)))));
  });

  it('fills up to a power of two with zero hashes', () => {
    const leaves = plan.instructions.map((instruction) => planLeaf(encodeInstruction(instruction)));
    const [first, second, third] = leaves;
    if (!first || !second || !third) throw new Error('three leaves');
    const root = nodeOf(nodeOf(first, second), nodeOf(third, new Uint8Array(32)));
    expect(planRoot(plan)).toBe(hexOfHash(root));
  });

  it('is reached from every instruction along its path', () => {
    plan.instructions.forEach((instruction, index) => {
      let [hash, at] = [planLeaf(encodeInstruction(instruction)), index];
      for (const sibling of instructionPath(plan, index)) {
        const other = Buffer.from(sibling.slice(2), 'hex');
        hash = at % 2 === 0 ? nodeOf(hash, other) : nodeOf(other, hash);
        at = Math.floor(at / 2);
      }
      expect(hexOfHash(hash)).toBe(planRoot(plan));
    });
  });
});

describe('instructionAt', () => {
  it.each([
    [0, 0, false],
    [9, 0, false],
    [10, 0, true],
    [63, 0, true],
    [64, 1, false],
    [163, 1, false],
    [164, 1, true],
    [192, 2, false],
    [193, 2, true],
  ])('finds element %i with instruction %i (padding: %s)', (element, index, padding) => {
    expect(instructionAt(plan, element)).toEqual({ index, padding });
  });
});

describe('checkPlan', () => {
  it('accepts instructions that follow each other', () => {
    expect(() => {
      checkPlan(plan);
    }).not.toThrow();
  });

  it.each([
    ['a gap', planOf(copy(0, 10), copy(128, 10)), /instruction 1 starts at 128 instead of 64/],
    ['an overlap', planOf(copy(0, 100), copy(64, 10)), /instruction 1 starts at 64 instead of 128/],
    ['no instructions', planOf(), /at least one instruction/],
    ['another trace length', { ...plan, traceLength: 200 }, /ends the trace at 193 instead of 200/],
    ['a malformed instruction', { ...plan, inputLength: 50 }, /instruction 1 breaks limit 7/],
  ])('refuses %s', (_, broken, message) => {
    expect(() => {
      checkPlan(broken);
    }).toThrow(message);
  });
});
