import { getBytes, keccak256 } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keccak } from '../../../workers/protocol/keccak.ts';

describe('keccak256', () => {
  it('agrees with ethers at every length around its block size', () => {
    for (let length = 0; length <= 600; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      expect(keccak(bytes), `${length} bytes`).toEqual(getBytes(keccak256(bytes)));
    }
  });

  it('agrees with ethers on anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        expect(keccak(bytes)).toEqual(getBytes(keccak256(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with ethers on messages that do not fit its memory', () => {
    for (const length of [474 * 136 - 1, 474 * 136, 474 * 136 + 1, 2 * 474 * 136, 200_000]) {
      const bytes = new Uint8Array(length).fill(length & 0xff);
      expect(keccak(bytes), `${length} bytes`).toEqual(getBytes(keccak256(bytes)));
    }
  });

  it('returns bytes of their own', () => {
    const first = keccak(new Uint8Array(1));
    const before = first.slice();
    keccak(new Uint8Array(2));
    expect(first).toEqual(before);
  });
});
