import { describe, expect, it } from 'vitest';
import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { OP } from '../../../../workers/canonical/plan/instruction.ts';
import { naive } from './naive-oracle.ts';
import {
  FLAVOURS,
  START,
  SPACE_LENGTH,
  oneOf,
  randomInstruction,
  randomVector,
  seeded,
} from './random-instructions.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1500);

describe('execute', () => {
  for (const [name, op] of Object.entries(OP)) {
    it(`writes what the naive interpreter writes, bit for bit, for ${ROUNDS} random ${name} instructions`, () => {
      const random = seeded(op);
      for (let round = 0; round < ROUNDS; round++) {
        const instruction = randomInstruction(random, op);
        const flavour = oneOf(random, FLAVOURS);
        const [input, weights, before] = [0, 1, 2].map(() => randomVector(random, flavour, SPACE_LENGTH));
        if (!input || !weights || !before) throw new Error('unreachable');
        const size = instruction.dims.reduce((product, dim) => product * dim, 1);
        const trace = new Uint32Array(START + size);
        trace.set(before);
        const expected = naive(instruction, { 1: input, 2: weights, 3: before });
        const plan = {
          instructions: [instruction],
          inputLength: input.length,
          weightsLength: weights.length,
          traceLength: trace.length,
        };
        execute(plan, { input, weights }, { trace });
        const found = Array.from(trace.subarray(START));
        if (found.some((bits, i) => bits !== expected[i])) {
          expect({ round, flavour, instruction, found }).toEqual({ round, flavour, instruction, found: expected });
        }
        expect(trace.subarray(0, START)).toEqual(before);
      }
    });
  }
});
