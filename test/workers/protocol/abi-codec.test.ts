import { AbiCoder, ParamType } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abiCodec } from '../../../workers/protocol/abi-codec.ts';
import { parseAddress } from '../../../workers/protocol/ids.ts';

interface Sample {
  readonly type: string;
  readonly value: unknown;
}

const hex = (length: { minLength: number; maxLength: number }) =>
  fc.uint8Array(length).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const bits = fc.constantFrom(8, 16, 32, 40, 64, 96, 128, 160, 256);

const uints = bits.chain((width) =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }).map((value) => ({ type: `uint${width}`, value })),
);
const ints = bits.chain((width) => {
  const limit = 1n << BigInt(width - 1);
  return fc.bigInt({ min: -limit, max: limit - 1n }).map((value) => ({ type: `int${width}`, value }));
});
const fixed = fc
  .integer({ min: 1, max: 32 })
  .chain((length) => hex({ minLength: length, maxLength: length }).map((value) => ({ type: `bytes${length}`, value })));
const simple: fc.Arbitrary<Sample> = fc.oneof(
  uints,
  ints,
  fixed,
  fc.boolean().map((value) => ({ type: 'bool', value })),
  hex({ minLength: 20, maxLength: 20 }).map((value) => ({ type: 'address', value: parseAddress(value) })),
  hex({ minLength: 0, maxLength: 70 }).map((value) => ({ type: 'bytes', value })),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => ({ type: 'string', value })),
);

/** Every item of a list is the same value: they have one type. */
const { any: values } = fc.letrec<{ any: Sample }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    fc.array(tie('any'), { minLength: 1, maxLength: 4 }).map((fields) => ({
      type: `tuple(${fields.map(({ type }, at) => `${type} f${at}`).join(',')})`,
      value: Object.fromEntries(fields.map(({ value }, at) => [`f${at}`, value])),
    })),
    fc.tuple(tie('any'), fc.integer({ min: 0, max: 3 })).map(([{ type, value }, count]) => ({
      type: `${type}[]`,
      value: Array.from({ length: count }, () => value),
    })),
    fc.tuple(tie('any'), fc.integer({ min: 1, max: 3 })).map(([{ type, value }, count]) => ({
      type: `${type}[${count}]`,
      value: Array.from({ length: count }, () => value),
    })),
  ),
}));

const codecOf = (...types: readonly string[]) => abiCodec(types.map((type) => ParamType.from(type)));

describe('the codec', () => {
  it('writes what ethers writes, and reads it back', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (samples) => {
        const types = samples.map(({ type }) => type);
        const said = samples.map(({ value }) => value);
        const written = codecOf(...types).encode(said);
        expect(`0x${written}`).toBe(AbiCoder.defaultAbiCoder().encode(types, said));
        expect(codecOf(...types).decode(written)).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  it('reads nothing out of a part of it', () => {
    fc.assert(
      fc.property(values, fc.nat(), ({ type, value }, cut) => {
        const codec = codecOf(type);
        const written = codec.encode([value]);
        // What a text or bytes end with is filled up to a word; nobody reads that.
        const part = written.slice(0, cut % Math.max(1, written.length - 63));
        expect(() => codec.decode(part)).toThrow(TypeError);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['uint8', 256n],
    ['uint8', -1n],
    ['uint8', 1.5],
    ['uint8', '1'],
    ['int8', 128n],
    ['bool', 1],
    ['address', '0x11'],
    ['bytes4', '0x112233'],
    ['bytes', '0x1'],
    ['bytes', '11'],
    ['string', 1],
    ['uint8[]', 1n],
    ['uint8[2]', [1n]],
    ['tuple(uint8 a)', undefined],
    ['tuple(uint8 a)', {}],
  ])('refuses to write as %s what does not fit: %s', (type, value) => {
    expect(() => codecOf(type).encode([value])).toThrow();
  });

  it.each([
    ['uint8', '01'.padEnd(64, '0')],
    ['bool', '2'.padStart(64, '0')],
    ['address', 'f'.repeat(64)],
    ['bytes4', 'f'.repeat(64)],
    ['bytes', 'f'.repeat(64)],
    ['uint8[]', `${'20'.padStart(64, '0')}${'f'.repeat(64)}`],
    ['string', `${'20'.padStart(64, '0')}${'1'.padStart(64, '0')}${'ff'.padEnd(64, '0')}`],
  ])('refuses to read as %s what cannot be one: %s', (type, digits) => {
    expect(() => codecOf(type).decode(digits)).toThrow(TypeError);
  });
});
