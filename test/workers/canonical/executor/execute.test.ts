import { describe, expect, it } from 'vitest';
import { OP } from '../../../../workers/canonical/plan/instruction.ts';
import { malformation } from '../../../../workers/canonical/plan/malformation.ts';
import { FLAVOURS, SPACE_LENGTH, oneOf, randomInstruction, randomVector, seeded } from './random-instructions.ts';
import { executed, judged } from './run-and-judge.ts';

/** Random instructions per operation: more with ROUNDS=…. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1500);

describe('execute', () => {
  for (const [name, op] of Object.entries(OP)) {
    it(`writes what the judge would, bit for bit, for random ${name} instructions`, () => {
      const random = seeded(op);
      for (let round = 0; round < ROUNDS; round++) {
        const instruction = randomInstruction(random, op);
        const flavour = oneOf(random, FLAVOURS);
        const vector = () => randomVector(random, flavour, SPACE_LENGTH);
        const vectors = { input: vector(), weights: vector(), before: vector() };
        expect(malformation(instruction, { inputLength: SPACE_LENGTH, weightsLength: SPACE_LENGTH })).toBe(0);
        const [found, expected] = [executed(instruction, vectors), judged(instruction, vectors)];
        if (found.some((bits, i) => bits !== expected[i])) {
          expect({ round, flavour, instruction, found }).toEqual({ round, flavour, instruction, found: expected });
        }
      }
    });
  }
});
