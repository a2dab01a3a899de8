import type { Hex32 } from '../protocol/ids.ts';
import { keccak, keccakHex } from '../protocol/keccak.ts';
import { quantity, rlp, type RlpField } from './rlp.ts';

const NOTHING = new Uint8Array();

interface Entry {
  /** Four bits each. */
  readonly key: readonly number[];
  readonly value: Uint8Array;
}

/**
 * Root of the Merkle-Patricia trie that holds each value under its index (yellow paper, 4.3.2 and appendix D): how a
 * header commits to its transactions and receipts.
 */
export function trieRoot(values: readonly Uint8Array[]): Hex32 {
  const entries = values.map((value, index) => ({ key: nibblesOf(rlp(quantity(BigInt(index)))), value }));
  return keccakHex(rlp(entries.length === 0 ? NOTHING : nodeOf(entries, 0)));
}

/** The node that holds `entries`, whose keys agree in their first `depth` nibbles. No key is the beginning of another. */
function nodeOf(entries: readonly Entry[], depth: number): readonly RlpField[] {
  const [first] = entries;
  if (!first) throw new Error('a node holds at least one entry');
  if (entries.length === 1) return [packed(first.key.slice(depth), true), first.value];
  let end = depth;
  while (entries.every(({ key }) => key[end] === first.key[end])) end += 1;
  if (end > depth) return [packed(first.key.slice(depth, end), false), referenceTo(nodeOf(entries, end))];
  const byNibble = Map.groupBy(entries, ({ key }) => key[depth]);
  const children = Array.from({ length: 16 }, (_, nibble): RlpField => {
    const below = byNibble.get(nibble);
    return below ? referenceTo(nodeOf(below, depth + 1)) : NOTHING;
  });
  return [...children, NOTHING];
}

/** Small nodes stand in their parent themselves, others by their hash. */
function referenceTo(node: readonly RlpField[]): RlpField {
  const encoded = rlp(node);
  return encoded.length < 32 ? node : keccak(encoded);
}

/** A part of a key with its parity, and whether it ends at a value. */
function packed(nibbles: readonly number[], isLeaf: boolean): Uint8Array {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  const all = [flag, ...(nibbles.length % 2 === 1 ? [] : [0]), ...nibbles];
  return Uint8Array.from({ length: all.length / 2 }, (_, at) => ((all[2 * at] ?? 0) << 4) | (all[2 * at + 1] ?? 0));
}

function nibblesOf(bytes: Uint8Array): readonly number[] {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15]);
}
