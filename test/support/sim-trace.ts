import { keccak } from '../../workers/protocol/keccak.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { CHUNK_BYTES, CHUNK_ELEMENTS, ELEMENT_BYTES } from '../../workers/protocol/vector.ts';
import type { OwnTree } from '../../workers/roles/trial/descent.ts';
import { rootHeight } from '../../workers/roles/trial/trial-view.ts';

const hexOf = (bytes: Uint8Array): Hex32 => `0x${Buffer.from(bytes).toString('hex')}` as Hex32;
const tagged = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  keccak(Buffer.concat([Uint8Array.of(tag), ...parts]));

/** The tree of docs/PLAN.md over a vector, every level in memory. */
export function simTree(vector: Uint8Array): OwnTree & { readonly root: Hex32 } {
  const chunks = Math.max(1, Math.ceil(vector.length / CHUNK_BYTES));
  const height = rootHeight(chunks);
  const chunk = (index: number): Uint8Array => {
    const bytes = new Uint8Array(CHUNK_BYTES);
    bytes.set(vector.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
    return bytes;
  };
  const levels: Uint8Array[][] = [Array.from({ length: 2 ** height }, (_, index) => tagged(0, chunk(index)))];
  for (let level = 0; level < height; level++) {
    const low = levels[level] ?? [];
    levels.push(low.flatMap((left, at) => (at % 2 === 0 ? [tagged(1, left, low[at + 1] ?? left)] : [])));
  }
  const node = (at: number, index: number): Hex32 => hexOf(levels[at]?.[index] ?? new Uint8Array(32));
  return { height, node, chunk, root: node(height, 0) };
}

/** A made-up model: `instructions` of `size` elements each, every element a function of the one before it. */
export interface SimPlan {
  readonly instructions: number;
  readonly size: number;
}

export const strideOf = ({ size }: SimPlan): number => Math.ceil(size / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
export const lengthOf = (plan: SimPlan): number => (plan.instructions - 1) * strideOf(plan) + plan.size;

export function isPadding(plan: SimPlan, element: number): boolean {
  return element >= lengthOf(plan) || element % strideOf(plan) >= plan.size;
}

/** What the plan says of an element, given the claimed vector. */
export function ruleOf(plan: SimPlan, vector: Uint32Array, element: number): number {
  if (isPadding(plan, element)) return 0;
  let before = element - 1;
  while (before >= 0 && isPadding(plan, before)) before--;
  return (Math.imul((vector[before] ?? 7) ^ element, 2_654_435_761) | 1) >>> 0;
}

/** The canonical trace, or what follows from `changes` (bits by element) when a cheat computes on from them. */
export function traceOf(plan: SimPlan, changes: ReadonlyMap<number, number> = new Map(), goOn = true): Uint32Array {
  const chunks = Math.ceil(lengthOf(plan) / CHUNK_ELEMENTS);
  const length = 2 ** rootHeight(chunks) * CHUNK_ELEMENTS;
  const honest = new Uint32Array(length);
  const claimed = new Uint32Array(length);
  for (let element = 0; element < length; element++) {
    honest[element] = ruleOf(plan, honest, element);
    claimed[element] = changes.get(element) ?? (goOn ? ruleOf(plan, claimed, element) : (honest[element] ?? 0));
  }
  return claimed;
}

export function bytesOf(elements: Uint32Array): Uint8Array {
  const bytes = Buffer.alloc(elements.length * ELEMENT_BYTES);
  elements.forEach((bits, at) => bytes.writeUInt32BE(bits, at * ELEMENT_BYTES));
  return bytes;
}
