import { changedTree, type JudgedTree } from '../../scripts/conformance/changed-tree.ts';
import type { Question } from '../../scripts/conformance/judge-samples.ts';
import type { ModelRun } from '../../test/support/model-runs.ts';
import { type Chunks } from '../../workers/canonical/judge/evidence.ts';
import { judgeElement } from '../../workers/canonical/judge/judge-element.ts';
import { encodeInstruction } from '../../workers/canonical/plan/encoding.ts';
import { type Instruction, OP, SPACE, TYPE } from '../../workers/canonical/plan/instruction.ts';
import { malformation } from '../../workers/canonical/plan/malformation.ts';
import { sizeOf } from '../../workers/canonical/plan/sizes.ts';
import { NO_OPENING, openChunks, type Opening } from '../../workers/canonical/tree/opening.ts';
import { CHUNK_ELEMENTS } from '../../workers/protocol/vector.ts';

type Space = keyof Chunks;

/** What is done to a right claim. */
export const MUTATIONS = ['up', 'down', 'neighbour', 'operand', 'shift', 'swap'] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** A question with the answer that the twin gives. */
export interface Asked {
  readonly question: Question;
  readonly wrong: boolean;
  readonly claimed: number;
  readonly canonical: number;
  /** the instruction counts what beats a rank and names no right one */
  readonly ranked: boolean;
}

interface Change {
  readonly space: Space;
  readonly address: number;
  readonly bits: number;
}

/** A place of a run: an element and the instruction that writes it. */
export interface Place {
  readonly run: ModelRun;
  readonly instruction: Instruction;
  readonly element: number;
}

/** Any element of any instruction, each instruction as likely as the others. */
export function somePlace(run: ModelRun, random: () => number): Place {
  const { instructions } = run.model.plan;
  const instruction = instructions[Math.floor(random() * instructions.length)];
  if (!instruction) throw new RangeError('a plan without instructions');
  return { run, instruction, element: instruction.start + Math.floor(random() * sizeOf(instruction)) };
}

/** The question about the element as it stands in the run, or with one number changed. */
export function ask({ run, instruction, element }: Place, change?: Change): Asked {
  const vectors = { [SPACE.INPUT]: run.input, [SPACE.WEIGHT]: run.weights, [SPACE.TRACE]: run.trace };
  const at = (space: Space, address: number): number =>
    change?.space === space && change.address === address ? change.bits : (vectors[space][address] ?? 0);
  const chunks = {
    [SPACE.INPUT]: new Set<number>(),
    [SPACE.WEIGHT]: new Set<number>(),
    [SPACE.TRACE]: new Set([Math.floor(element / CHUNK_ELEMENTS)]),
  };
  const { bits } = judgeElement(instruction, element - instruction.start, (space, address) => {
    chunks[space].add(Math.floor(address / CHUNK_ELEMENTS));
    return at(space, address);
  });
  const treeOf = (space: Space): JudgedTree => {
    const name = space === SPACE.INPUT ? 'input' : space === SPACE.WEIGHT ? 'weights' : 'trace';
    const tree = run.trees[name];
    return change?.space === space ? changedTree(tree, change.address, change.bits) : tree;
  };
  const [input, weights, trace] = [treeOf(SPACE.INPUT), treeOf(SPACE.WEIGHT), treeOf(SPACE.TRACE)];
  const open = (tree: JudgedTree, space: Space): Opening =>
    chunks[space].size === 0 ? NO_OPENING : openChunks(tree, chunks[space]);
  const claimed = at(SPACE.TRACE, element);
  return {
    question: {
      instruction: `0x${Buffer.from(encodeInstruction(instruction)).toString('hex')}`,
      vectors: {
        ...{ inputRoot: input.merkleRoot, inputLength: input.length },
        ...{ weightsRoot: weights.merkleRoot, weightsLength: weights.length },
        ...{ traceRoot: trace.merkleRoot, traceLength: trace.length },
      },
      element,
      openings: {
        input: open(input, SPACE.INPUT),
        weights: open(weights, SPACE.WEIGHT),
        trace: open(trace, SPACE.TRACE),
      },
    },
    ...{ wrong: claimed !== bits, claimed, canonical: bits, ranked: instruction.op === OP.RANK },
  };
}

/** The same claim, mutated; undefined where this mutation does not apply. */
export function mutate(place: Place, mutation: Mutation, random: () => number): Asked | undefined {
  const { run, instruction, element } = place;
  const claimed = run.trace[element] ?? 0;
  const claim = (bits: number): Asked => ask(place, { space: SPACE.TRACE, address: element, bits });
  switch (mutation) {
    case 'up':
      return claim(neighbourOf(claimed, instruction.type, 1));
    case 'down':
      return claim(neighbourOf(claimed, instruction.type, -1));
    case 'neighbour':
      return claim(run.trace[instruction.start + Math.floor(random() * sizeOf(instruction))] ?? 0);
    case 'operand': {
      const change = someOperand(place, random);
      return change && ask(place, change);
    }
    case 'shift':
      return sound(place, shifted(instruction, random));
    case 'swap':
      return sound(place, swapped(instruction));
  }
}

/** The number one unit in the last place away; for integers the next one. Zero has no sign. */
function neighbourOf(bits: number, type: Instruction['type'], by: 1 | -1): number {
  if (type === TYPE.I32) return (bits + by) >>> 0;
  if (bits === 0) return by > 0 ? 1 : 0x80000001;
  const next = bits + (bits >>> 31 === 0 ? by : -by);
  return next === 0x80000000 ? 0 : next >>> 0;
}

/** One operand with its lowest bit flipped. */
function someOperand({ run, instruction, element }: Place, random: () => number): Change | undefined {
  const read: Change[] = [];
  const vectors = { [SPACE.INPUT]: run.input, [SPACE.WEIGHT]: run.weights, [SPACE.TRACE]: run.trace };
  judgeElement(instruction, element - instruction.start, (space, address) => {
    const bits = vectors[space][address] ?? 0;
    read.push({ space, address, bits: (bits ^ 1) >>> 0 });
    return bits;
  });
  return read[Math.floor(random() * read.length)];
}

/** The instruction with one operand read one element further along or back. */
function shifted(instruction: Instruction, random: () => number): Instruction {
  const at = Math.floor(random() * instruction.operands.length);
  const by = random() < 0.5 ? 1 : -1;
  const operands = instruction.operands.map((operand, i) =>
    i === at && operand.space !== SPACE.LITERAL ? { ...operand, base: operand.base + by } : operand,
  );
  return { ...instruction, operands };
}

/** The instruction with its last two indices exchanged in one operand: a matrix read along the other side. */
function swapped(instruction: Instruction): Instruction {
  const operands = instruction.operands.map((operand, i) => {
    if (i > 0 || operand.space === SPACE.LITERAL) return operand;
    const steps = [...operand.steps];
    const last = steps.length - 1;
    if (last < 1) return operand;
    [steps[last - 1], steps[last]] = [steps[last] ?? 0, steps[last - 1] ?? 0];
    return { ...operand, steps };
  });
  return { ...instruction, operands };
}

/** A mutated instruction is put before the judge only if it is another one, and sound. */
function sound(place: Place, instruction: Instruction): Asked | undefined {
  const before = Buffer.from(encodeInstruction(place.instruction));
  if (before.equals(encodeInstruction(instruction))) return undefined;
  if (malformation(instruction, place.run.model.plan) !== 0) return undefined;
  return ask({ ...place, instruction });
}
