import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInstruction, encodeInstruction } from '../../../../workers/canonical/plan/encoding.ts';
import { type Instruction, OP, type Operand, SPACE } from '../../../../workers/canonical/plan/instruction.ts';
import { readsWindow } from '../../../../workers/canonical/plan/sizes.ts';

const unsigned = (bytes: number) => fc.maxSafeNat().map((value) => value % 2 ** (8 * bytes));
const signed = (bytes: number) => {
  const [least, most] = [-(2 ** (8 * bytes - 1)), 2 ** (8 * bytes - 1) - 1];
  return fc.oneof(
    fc.constantFrom(least, -1, 0, 1, most),
    fc.maxSafeInteger().map((value) => (value % most) + 0),
  );
};
const oneOf = <T>(values: Readonly<Record<string, T>>) => fc.constantFrom(...Object.values(values));
const list = <T>(of: fc.Arbitrary<T>, maxLength: number) => fc.array(of, { maxLength });

const type = fc.constantFrom(0, 1);
const literal = fc.record({ space: fc.constant(SPACE.LITERAL), type, bits: unsigned(4) });
const coordinate = fc.record({
  ...{ size: unsigned(4), divisor: unsigned(4), stride: signed(5), offset: signed(5) },
  terms: list(fc.record({ dimension: unsigned(1), coefficient: signed(4) }), 17),
});

function operand(length: number): fc.Arbitrary<Operand> {
  const reference = fc.record({
    ...{ space: fc.constantFrom(SPACE.INPUT, SPACE.WEIGHT, SPACE.TRACE), type, base: signed(6), pad: unsigned(4) },
    steps: fc.array(signed(5), { minLength: length, maxLength: length }),
    coordinates: list(coordinate, 9),
  });
  // without coordinates there is no place for a pad
  const normal = reference.map((one) => (one.coordinates.length === 0 ? { ...one, pad: 0 } : one));
  return fc.oneof(literal, normal);
}

/** Any instruction that the layout can hold, most of them malformed. */
const instruction: fc.Arbitrary<Instruction> = fc
  .tuple(oneOf(OP), list(unsigned(4), 9), list(unsigned(4), 9), fc.nat({ max: 4 }))
  .chain(([op, dims, window, count]) =>
    fc.record({
      ...{ op: fc.constant(op), fn: unsigned(1), type, start: unsigned(5), a: unsigned(4), b: signed(5) },
      ...{ dims: fc.constant(dims), window: fc.constant(window) },
      operands: fc.tuple(
        ...Array.from({ length: count }, (_, i) => operand(dims.length + (readsWindow(op, i) ? window.length : 0))),
      ),
    }),
  );

const move: Instruction = {
  ...{ op: OP.MAP, fn: 0, type: 0, start: 64, a: 0, b: 0, dims: [2], window: [] },
  operands: [{ space: SPACE.INPUT, type: 0, base: -2, steps: [3], coordinates: [], pad: 0 }],
};

describe('encoding of an instruction', () => {
  it('comes back as it was, and the bytes too', () => {
    fc.assert(
      fc.property(instruction, (one) => {
        const bytes = encodeInstruction(one);
        const decoded = decodeInstruction(bytes);
        expect(decoded).toEqual(one);
        expect(decoded && encodeInstruction(decoded)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('is as docs/PLAN.md lays it out', () => {
    const bounded: Operand = {
      ...{ space: SPACE.TRACE, type: 1, base: -2, steps: [-1], pad: 0x7fc00000 },
      coordinates: [{ size: 5, divisor: 2, stride: 6, offset: -7, terms: [{ dimension: 0, coefficient: -3 }] }],
    };
    const text = [
      ...['04', '03', '01', '0000000040', '00000009', 'fffffffff8'],
      ...['01', '00000002', '00'],
      ...['02', '00', '00', '3f800000'],
      ...['03', '01', 'fffffffffffe', 'ffffffffff', '01', '7fc00000'],
      ...['00000005', '00000002', '0000000006', 'fffffffff9', '01', '00', 'fffffffd'],
    ];
    const one: Instruction = {
      ...{ op: OP.FOLD, fn: 3, type: 1, start: 64, a: 9, b: -8, dims: [2], window: [] },
      operands: [{ space: SPACE.LITERAL, type: 0, bits: 0x3f800000 }, bounded],
    };
    expect(Buffer.from(encodeInstruction(one)).toString('hex')).toBe(text.join(''));
  });

  it('has no meaning when bytes are missing or left over', () => {
    fc.assert(
      fc.property(instruction, fc.nat(), (one, at) => {
        const bytes = encodeInstruction(one);
        expect(decodeInstruction(bytes.subarray(0, at % bytes.length))).toBeUndefined();
        expect(decodeInstruction(Uint8Array.of(...bytes, 0))).toBeUndefined();
      }),
    );
  });

  it('takes a negative bit pattern for the same pattern without a sign', () => {
    const of = (bits: number) => encodeInstruction({ ...move, operands: [{ space: SPACE.LITERAL, type: 1, bits }] });
    expect(of(-1)).toEqual(of(0xffffffff));
  });

  it.each([
    ['a start of 2^40', { start: 2 ** 40 }],
    ['a below zero', { a: -1 }],
    ['b of 2^39', { b: 2 ** 39 }],
    ['b below −2^39', { b: -(2 ** 39) - 1 }],
    ['a dimension of 2^32', { dims: [2 ** 32] }],
    ['a dimension that is no whole number', { dims: [1.5] }],
    ['a step of 2^39', { operands: [{ ...move.operands[0], steps: [2 ** 39] }] }],
    ['a base of −2^48', { operands: [{ ...move.operands[0], base: -(2 ** 48) }] }],
    ['256 operands', { operands: new Array(256).fill(move.operands[0]) }],
  ] as [string, Partial<Instruction>][])('refuses %s, which has no room', (_, change) => {
    expect(() => encodeInstruction({ ...move, ...change })).toThrow(
      expect.objectContaining({ code: 'PLAN_MALFORMED' }),
    );
  });
});
