import type { Hex, Hex32 } from '../../protocol/ids.ts';
import { CHUNK_BYTES } from '../../protocol/vector.ts';
import { chunksIn, depthOf, HASH_BYTES, hexOfHash, leafOf, nodeOf, type TreeNodes } from './tree-nodes.ts';

/** Chunks of one vector, and the hashes that lead from them to its Merkle root: `Opening` of the contracts. */
export interface Opening {
  /** per range of chunks: the first in 5 bytes, how many in 3; ascending, disjoint */
  readonly ranges: Hex;
  readonly chunks: Hex;
  /** what is missing on the way up, level by level from the leaves, each from left to right */
  readonly siblings: readonly Hex32[];
}

/** The opening of a vector that is not looked into. */
export const NO_OPENING: Opening = { ranges: '0x', chunks: '0x', siblings: [] };

/** Opens chunks of any tree whose nodes are known where they are needed. No chunks give `NO_OPENING`. */
export function openChunks(tree: TreeNodes, wanted: Iterable<number>): Opening {
  const chunks = [...new Set(wanted)].sort((one, other) => one - other);
  if (chunks.length === 0) return NO_OPENING;
  const siblings: Hex32[] = [];
  let known = chunks;
  for (let height = 0; height < tree.depth; height++) {
    const above: number[] = [];
    for (let i = 0; i < known.length; i++) {
      const index = known[i] ?? 0;
      const sibling = index % 2 === 0 ? index + 1 : index - 1;
      if (index % 2 === 0 && known[i + 1] === sibling) i++;
      else siblings.push(hexOfHash(tree.node(height, sibling)));
      above.push(Math.floor(index / 2));
    }
    known = above;
  }
  return {
    ranges: rangesOf(chunks),
    chunks: `0x${Buffer.concat(chunks.map((index) => tree.chunk(index))).toString('hex')}`,
    siblings,
  };
}

function rangesOf(chunks: readonly number[]): Hex {
  const parts: Buffer[] = [];
  for (let i = 0; i < chunks.length;) {
    const first = chunks[i] ?? 0;
    let count = 1;
    while (chunks[i + count] === first + count) count++;
    const range = Buffer.alloc(8);
    range.writeUIntBE(first, 0, 5);
    range.writeUIntBE(count, 5, 3);
    parts.push(range);
    i += count;
  }
  return `0x${Buffer.concat(parts).toString('hex')}`;
}

/** The chunks that an opening shows, by index. @throws RangeError when ranges and bytes do not fit each other */
export function chunksOf({ ranges, chunks }: Pick<Opening, 'ranges' | 'chunks'>): ReadonlyMap<number, Uint8Array> {
  const [list, bytes] = [Buffer.from(ranges.slice(2), 'hex'), Buffer.from(chunks.slice(2), 'hex')];
  const shown = new Map<number, Uint8Array>();
  let [at, last] = [0, -1];
  for (let i = 0; i < list.length; i += 8) {
    const [first, count] = [list.readUIntBE(i, 5), list.readUIntBE(i + 5, 3)];
    if (first <= last || count === 0) throw new RangeError(`ranges are not ascending at ${first}`);
    for (let index = first; index < first + count; index++, at += CHUNK_BYTES) {
      shown.set(index, bytes.subarray(at, at + CHUNK_BYTES));
    }
    last = first + count - 1;
  }
  if (at !== bytes.length) throw new RangeError(`${bytes.length} bytes for ${shown.size} chunks`);
  return shown;
}

/** Whether an opening belongs to the vector with this Merkle root and length: what the chain checks. */
export function verifyOpening(merkleRoot: Hex32, length: number, opening: Opening): boolean {
  const shown = chunksOf(opening);
  if (shown.size === 0 || [...shown.keys()].some((index) => index >= chunksIn(length))) return false;
  const rest = [...opening.siblings];
  let known = [...shown].map(([index, chunk]) => ({ index, hash: leafOf(chunk) }));
  for (let height = 0; height < depthOf(length); height++) {
    const above: { index: number; hash: Uint8Array }[] = [];
    for (let i = 0; i < known.length; i++) {
      const one = known[i];
      if (!one) break;
      const even = one.index % 2 === 0;
      const next = even && known[i + 1]?.index === one.index + 1 ? known[++i]?.hash : undefined;
      const sibling = next ?? hashOf(rest.shift());
      if (!sibling) return false;
      above.push({
        index: Math.floor(one.index / 2),
        hash: even ? nodeOf(one.hash, sibling) : nodeOf(sibling, one.hash),
      });
    }
    known = above;
  }
  return (
    rest.length === 0 && known.length === 1 && hexOfHash(known[0]?.hash ?? new Uint8Array(HASH_BYTES)) === merkleRoot
  );
}

function hashOf(hex: Hex32 | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : Buffer.from(hex.slice(2), 'hex');
}
