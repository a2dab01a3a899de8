import { describe, expect, it } from 'vitest';
import { decodeInstruction, encodeInstruction } from '../../../../workers/canonical/plan/encoding.ts';
import { type Instruction, OP } from '../../../../workers/canonical/plan/instruction.ts';
import { randomInstruction, seeded } from '../executor/random-instructions.ts';

const move: Instruction = {
  op: OP.MAP,
  fn: 0,
  type: 0,
  start: 64,
  a: 0,
  b: 0,
  dims: [2, 3],
  window: [],
  operands: [
    {
      space: 1,
      type: 0,
      base: 5,
      steps: [-1, 0],
      coordinates: [{ size: 4, divisor: 2, stride: -3, offset: -6, terms: [{ dimension: 1, coefficient: 2 }] }],
      pad: 0xff800000,
    },
  ],
};

describe('the encoding of an instruction', () => {
  it('lays the fields out as docs/PLAN.md says, byte by byte', () => {
    const fields = [
      '03 00 00 0000000040 00000000 0000000000', // MAP MOVE f32, start 64
      '02 00000002 00000003 00 01', //              two dimensions, no window, one operand
      '01 00 000000000005 ffffffffff 0000000000', // INPUT, base 5, steps −1 and 0
      '01 ff800000', //                             one coordinate; pad −∞
      '00000004 00000002 fffffffffd fffffffffa 01 01 00000002', // size 4, ÷2, stride −3, offset −6, 2·x1
    ];
    expect(Buffer.from(encodeInstruction(move)).toString('hex')).toBe(fields.join('').replaceAll(' ', ''));
  });

  it('is read back as it was written, for every operation', () => {
    const random = seeded(7);
    for (const op of Object.values(OP)) {
      for (let i = 0; i < 300; i++) {
        const instruction = randomInstruction(random, op);
        expect(decodeInstruction(encodeInstruction(instruction))).toEqual(instruction);
      }
    }
  });

  it('is refused when bytes are missing or left over', () => {
    const bytes = encodeInstruction(move);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeInstruction(bytes.subarray(0, length))).toBeUndefined();
    }
    expect(decodeInstruction(Uint8Array.of(...bytes, 0))).toBeUndefined();
  });
});
