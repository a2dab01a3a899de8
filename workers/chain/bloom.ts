import { getBytes, hexlify, keccak256 } from 'ethers';
import type { Hex } from '../protocol/ids.ts';
import type { RawLog } from './chain-values.ts';

const BYTES = 256;

/** The three bits that an address or topic sets in a block's 2,048-bit filter (yellow paper, 4.3.1). */
function bitsOf(entry: string): readonly number[] {
  const digest = getBytes(keccak256(entry));
  return [0, 2, 4].map((at) => (((digest[at] ?? 0) << 8) | (digest[at + 1] ?? 0)) & 2047);
}

/** False: certainly no log of the block has this address or topic. True: one may have. */
export function mayContain(bloom: Hex, entry: string): boolean {
  const bytes = getBytes(bloom);
  return bitsOf(entry).every((bit) => (((bytes[BYTES - 1 - (bit >> 3)] ?? 0) >> (bit & 7)) & 1) === 1);
}

/** The filter of a block that holds exactly these logs. */
export function bloomOf(logs: readonly RawLog[]): Hex {
  const bytes = new Uint8Array(BYTES);
  for (const log of logs) {
    for (const bit of [log.address, ...log.topics].flatMap(bitsOf)) {
      const at = BYTES - 1 - (bit >> 3);
      bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
    }
  }
  return hexlify(bytes) as Hex;
}
