import fc from 'fast-check';
import { getBytes, keccak256 } from 'ethers';
import { describe, expect, it } from 'vitest';
import { VectorRootBuilder, vectorRoot } from '../../../workers/protocol/vector-root.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const cases = sharedVectors('vectors.json') as { length: number; bytes: string; root: string }[];

/** The definition, recursive and wasteful. */
function naiveRoot(vector: Uint8Array): string {
  const chunks = Math.ceil(vector.length / 256);
  let width = 1;
  while (width < chunks) width *= 2;
  const subtree = (first: number, size: number): Uint8Array => {
    if (size > 1) {
      const pair = [Uint8Array.of(1), subtree(first, size / 2), subtree(first + size / 2, size / 2)];
      return getBytes(keccak256(Buffer.concat(pair)));
    }
    const leaf = Buffer.alloc(257);
    leaf.set(vector.subarray(first * 256, (first + 1) * 256), 1);
    return getBytes(keccak256(leaf));
  };
  const head = Buffer.alloc(9);
  head[0] = 2;
  head.writeBigUInt64BE(BigInt(vector.length / 4), 1);
  return keccak256(Buffer.concat([head, subtree(0, width)]));
}

describe('root of a vector', () => {
  it.each(cases.map((entry) => [entry.length, entry] as const))(
    'agrees with the shared vector of %d elements',
    (length, { bytes, root }) => {
      const vector = getBytes(bytes);
      expect(vector.length).toBe(4 * length);
      expect(vectorRoot(vector)).toBe(root);
      expect(naiveRoot(vector)).toBe(root);
    },
  );

  it('agrees with its definition at every number of chunks up to 70', () => {
    for (let chunks = 0; chunks <= 70; chunks++) {
      const vector = Uint8Array.from({ length: 256 * chunks + 4 * (chunks % 3) }, (_, i) => (i * 31 + chunks) & 0xff);
      expect(vectorRoot(vector), `${chunks} chunks`).toBe(naiveRoot(vector));
    }
  });

  it('does not depend on the pieces that the bytes come in', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (parts) => {
        const whole = Buffer.concat(parts);
        const vector = whole.subarray(0, whole.length - (whole.length % 4));
        const builder = new VectorRootBuilder();
        let from = 0;
        for (const part of parts) {
          builder.update(vector.subarray(from, from + part.length));
          from += part.length;
        }
        expect(builder.byteLength).toBe(vector.length);
        expect(builder.root()).toBe(naiveRoot(vector));
      }),
    );
  });

  it('lets the caller reuse the buffer of a piece', () => {
    const builder = new VectorRootBuilder();
    const buffer = new Uint8Array(100).fill(1);
    builder.update(buffer);
    buffer.fill(9);
    expect(builder.root()).toBe(vectorRoot(new Uint8Array(100).fill(1)));
  });

  it('tells a vector from the same vector and zeros', () => {
    expect(vectorRoot(new Uint8Array(4))).not.toBe(vectorRoot(new Uint8Array(8)));
    expect(vectorRoot(new Uint8Array(0))).not.toBe(vectorRoot(new Uint8Array(256)));
  });

  it('refuses bytes that are no whole elements', () => {
    expect(() => vectorRoot(new Uint8Array(5))).toThrow(expect.objectContaining({ code: 'VECTOR_LENGTH' }));
    expect(() => new VectorRootBuilder().update(new Uint8Array(258)).root()).toThrow(/258 bytes/);
  });
});
