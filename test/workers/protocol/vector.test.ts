import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CANONICAL_NAN,
  alignedStarts,
  bitsOfFloat,
  canonicalBits,
  decodeFloats,
  decodeInts,
  elementsIn,
  encodeFloats,
  encodeInts,
  floatOfBits,
  joinTensors,
} from '../../../workers/protocol/vector.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('encoding of elements', () => {
  it('writes floats big-endian', () => {
    expect(hex(encodeFloats([1, -2, 0.1]))).toBe('3f800000c00000003dcccccd');
  });

  it('writes -0 as +0 and every NaN as the canonical one', () => {
    const odd = new Float32Array(new Uint32Array([0x80000000, 0x7fc00001, 0xffc00000, 0x7f800001, 0xff800000]).buffer);
    expect(hex(encodeFloats(odd))).toBe('000000007fc000007fc000007fc00000ff800000');
  });

  it('rounds doubles to the nearest float32, ties to even, and overflows to infinity', () => {
    expect(hex(encodeFloats([1 + 2 ** -24, 1 + 3 * 2 ** -24, 3.5e38, 2 ** -150]))).toBe(
      '3f8000003f8000027f80000000000000',
    );
  });

  it('leaves the array it encodes as it was', () => {
    const values = new Float32Array([-0, 1, NaN]);
    encodeFloats(values);
    expect(Object.is(values[0], -0)).toBe(true);
    expect(values[1]).toBe(1);
  });

  it('writes ints in two’s complement', () => {
    expect(hex(encodeInts([1, -1, 2 ** 31 - 1, -(2 ** 31)]))).toBe('00000001ffffffff7fffffff80000000');
  });

  it.each([[2 ** 31], [-(2 ** 31) - 1], [0.5], [NaN]])('refuses %d as an int', (value) => {
    expect(() => encodeInts([7, value])).toThrow(
      expect.objectContaining({ code: 'VECTOR_INT_RANGE', context: { element: 1 } }),
    );
  });

  it('canonicalises what it reads', () => {
    const values = decodeFloats(fromHex('80000000ff8000017f8000003f800000'));
    expect([...values]).toEqual([0, NaN, Infinity, 1]);
    expect(hex(encodeFloats(values))).toBe('000000007fc000007f8000003f800000');
  });

  it('reads from the middle of a buffer without changing it', () => {
    const bytes = fromHex('ff3f80000000000002ff');
    expect([...decodeFloats(bytes.subarray(1, 5))]).toEqual([1]);
    expect([...decodeInts(bytes.subarray(5, 9))]).toEqual([2]);
    expect(hex(bytes)).toBe('ff3f80000000000002ff');
  });

  it('refuses bytes that are no whole elements', () => {
    for (const read of [decodeFloats, decodeInts, elementsIn]) {
      expect(() => read(new Uint8Array(7))).toThrow(expect.objectContaining({ code: 'VECTOR_LENGTH' }));
    }
  });

  it('returns every float and int as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.float()), fc.array(fc.integer()), (floats, ints) => {
        expect([...decodeFloats(encodeFloats(floats))]).toEqual(floats.map((x) => x + 0));
        expect([...decodeInts(encodeInts(ints))]).toEqual(ints);
      }),
    );
  });

  it('gives one bit pattern per value', () => {
    expect(bitsOfFloat(-0)).toBe(0);
    expect(bitsOfFloat(NaN)).toBe(CANONICAL_NAN);
    expect(bitsOfFloat(-1)).toBe(0xbf800000);
    expect(floatOfBits(0xbf800000)).toBe(-1);
    expect(canonicalBits(0xff800000)).toBe(0xff800000);
    expect(canonicalBits(0xff800001)).toBe(CANONICAL_NAN);
  });
});

describe('layout of tensors', () => {
  it('aligns every tensor to 64 elements and ends with the last one', () => {
    expect(alignedStarts([1, 65, 64, 3])).toEqual({ starts: [0, 64, 192, 256], length: 259 });
    expect(alignedStarts([])).toEqual({ starts: [], length: 0 });
    expect(alignedStarts([10])).toEqual({ starts: [0], length: 10 });
  });

  it('fills the gaps with zeros', () => {
    const vector = joinTensors([encodeInts([5]), encodeInts([6, 7])]);
    expect([...decodeInts(vector)]).toEqual([5, ...Array<number>(63).fill(0), 6, 7]);
  });
});
