import { CHUNK_ELEMENTS } from '../../protocol/vector.ts';
import { type Instruction, type Reference, SPACE } from '../plan/instruction.ts';
import { NO_OPENING, openChunks, type Opening } from '../tree/opening.ts';
import type { TreeNodes } from '../tree/tree-nodes.ts';
import { judgeElement } from './judge-element.ts';
import type { ReadElement } from './read-operand.ts';

/** What the judge is shown of the three vectors: `Openings` of the contracts. */
export interface Openings {
  readonly input: Opening;
  readonly weights: Opening;
  readonly trace: Opening;
}

/** What the judge says about a claimed element: `Ruling` of the contracts. */
export interface Ruling {
  readonly wrong: boolean;
  readonly outOfRange: boolean;
  readonly claimed: number;
  readonly canonical: number;
}

type Space = Reference['space'];

/** Chunks of each vector that the judgement of an element reads, the claimed one's among them. */
export type Chunks = Readonly<Record<Space, ReadonlySet<number>>>;

/** @param element index in the trace; must belong to `instruction` */
export function chunksRead(instruction: Instruction, element: number, read: ReadElement): Chunks {
  const chunks = {
    [SPACE.INPUT]: new Set<number>(),
    [SPACE.WEIGHT]: new Set<number>(),
    [SPACE.TRACE]: new Set([Math.floor(element / CHUNK_ELEMENTS)]),
  };
  judgeElement(instruction, element - instruction.start, (space, address) => {
    chunks[space].add(Math.floor(address / CHUNK_ELEMENTS));
    return read(space, address);
  });
  return chunks;
}

/** The openings that prove what an element must be, out of trees whose nodes are known where it matters. */
export function openingsFor(
  instruction: Instruction,
  element: number,
  read: ReadElement,
  trees: { readonly input: TreeNodes; readonly weights: TreeNodes; readonly trace: TreeNodes },
): Openings {
  const chunks = chunksRead(instruction, element, read);
  const open = (tree: TreeNodes, space: Space): Opening =>
    chunks[space].size === 0 ? NO_OPENING : openChunks(tree, chunks[space]);
  return {
    input: open(trees.input, SPACE.INPUT),
    weights: open(trees.weights, SPACE.WEIGHT),
    trace: open(trees.trace, SPACE.TRACE),
  };
}

/** Judges a claimed element the way the contract does. @param read the claimant's own trace among the vectors */
export function ruleOn(instruction: Instruction, element: number, read: ReadElement): Ruling {
  const claimed = read(SPACE.TRACE, element);
  const { bits: canonical, outOfRange } = judgeElement(instruction, element - instruction.start, read);
  return { wrong: claimed !== canonical, outOfRange, claimed, canonical };
}
