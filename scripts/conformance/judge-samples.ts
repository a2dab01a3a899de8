import { FOLD, type Instruction, OP, type Reference, SPACE } from '../../workers/canonical/plan/instruction.ts';
import type { Plan } from '../../workers/canonical/plan/plan.ts';
import { sizeOf } from '../../workers/canonical/plan/sizes.ts';
import { encodeInstruction } from '../../workers/canonical/plan/encoding.ts';
import { type Openings, openingsFor, type Ruling, ruleOn } from '../../workers/canonical/judge/evidence.ts';
import { judgeElement } from '../../workers/canonical/judge/judge-element.ts';
import { type ReadElement } from '../../workers/canonical/judge/read-operand.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import type { Hex, Hex32 } from '../../workers/protocol/ids.ts';
import { changedTree, type JudgedTree } from './changed-tree.ts';

/** Merkle roots and lengths of the three vectors: `Vectors` of the contracts. */
export interface Vectors {
  readonly inputRoot: Hex32;
  readonly inputLength: number;
  readonly weightsRoot: Hex32;
  readonly weightsLength: number;
  readonly traceRoot: Hex32;
  readonly traceLength: number;
}

/** One question to a judge. */
export interface Question {
  readonly instruction: Hex;
  readonly vectors: Vectors;
  readonly element: number;
  readonly openings: Openings;
}

/** Answers questions: the contract, on some chain. */
export type Judge = (question: Question) => Promise<Ruling>;

/** What became of the sampled elements of one run. */
export interface JudgeCounts {
  /** right elements, all of them acquitted unless listed in `wrong` */
  honest: number;
  /** elements off by one unit in the last place, or computed from a changed operand */
  mutated: number;
  /** mutations that do not change the result: a zero weight, a number that loses a maximum */
  equivalent: number;
}

/** A run of a plan: what the judge's questions are made of. */
export interface RunVectors {
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
  readonly trace: Uint32Array;
}

type Trees = Readonly<Record<Reference['space'], JudgedTree>>;

const vectorsOf = ({ input, weights, trace }: RunVectors): Readonly<Record<Reference['space'], Uint32Array>> => ({
  [SPACE.INPUT]: input,
  [SPACE.WEIGHT]: weights,
  [SPACE.TRACE]: trace,
});

const treesOf = (run: RunVectors): Readonly<Record<Reference['space'], VectorTree>> => {
  const vectors = vectorsOf(run);
  return {
    [SPACE.INPUT]: new VectorTree(vectors[SPACE.INPUT]),
    [SPACE.WEIGHT]: new VectorTree(vectors[SPACE.WEIGHT]),
    [SPACE.TRACE]: new VectorTree(vectors[SPACE.TRACE]),
  };
};

/**
 * Puts sampled elements of a run before a judge: as they are, one unit in the last place off, and with one operand changed.
 *
 * @throws Error when the judge is wrong about one of them
 */
export async function judgeSamples(
  plan: Pick<Plan, 'instructions'>,
  run: RunVectors,
  judge: Judge,
  { perInstruction, random }: { readonly perInstruction: number; readonly random: () => number },
): Promise<JudgeCounts> {
  const counts: JudgeCounts = { honest: 0, mutated: 0, equivalent: 0 };
  const trees = treesOf(run);
  for (const instruction of plan.instructions) {
    for (let i = 0; i < Math.min(perInstruction, sizeOf(instruction)); i++) {
      const element = instruction.start + Math.floor(random() * sizeOf(instruction));
      await expectRuling(instruction, element, run, trees, judge, false);
      counts.honest += 1;
      const flipped = changed(run, trees, SPACE.TRACE, element);
      await expectRuling(instruction, element, flipped.run, flipped.trees, judge, true);
      counts.mutated += 1;
      const operand = someOperand(instruction, element, run, random);
      if (!operand) continue;
      const other = changed(run, trees, operand.space, operand.address);
      const wrong = ruleOn(instruction, element, reader(other.run)).wrong;
      await expectRuling(instruction, element, other.run, other.trees, judge, wrong);
      counts[wrong ? 'mutated' : 'equivalent'] += 1;
    }
  }
  return counts;
}

const reader = (run: RunVectors): ReadElement => {
  const vectors = vectorsOf(run);
  return (space, address) => vectors[space][address] ?? 0;
};

/** The same vectors and trees with the lowest bit of one element flipped. */
function changed(
  run: RunVectors,
  trees: ReturnType<typeof treesOf>,
  space: Reference['space'],
  address: number,
): { readonly run: RunVectors; readonly trees: Trees } {
  const name = space === SPACE.INPUT ? 'input' : space === SPACE.WEIGHT ? 'weights' : 'trace';
  const vector = run[name].slice();
  const bits = ((vector[address] ?? 0) ^ 1) >>> 0;
  vector[address] = bits;
  const tree = changedTree(trees[space], address, bits);
  return { run: { ...run, [name]: vector }, trees: { ...trees, [space]: tree } };
}

function someOperand(instruction: Instruction, element: number, run: RunVectors, random: () => number) {
  const read: { readonly space: Reference['space']; readonly address: number }[] = [];
  const inner = reader(run);
  judgeElement(instruction, element - instruction.start, (space, address) => {
    read.push({ space, address });
    return inner(space, address);
  });
  return read[Math.floor(random() * read.length)];
}

/** Asks the judge about an element and compares with the twin. @param wrong what has to come out */
async function expectRuling(
  instruction: Instruction,
  element: number,
  run: RunVectors,
  trees: Trees,
  judge: Judge,
  wrong: boolean,
): Promise<void> {
  const read = reader(run);
  const ruling = await judge(questionOf(instruction, element, run, trees, read));
  const twin = ruleOn(instruction, element, read);
  // The judge counts what beats a claimed rank; it does not look for the right one.
  const canonical = instruction.op === OP.RANK ? 0 : twin.canonical;
  if (
    ruling.wrong === wrong &&
    twin.wrong === wrong &&
    ruling.canonical === canonical &&
    ruling.claimed === twin.claimed
  )
    return;
  const op = Object.keys(OP)[instruction.op - 1] ?? '?';
  const fold = instruction.op === OP.FOLD && instruction.fn >= FOLD.ARGMAX ? ' (index)' : '';
  throw new Error(
    `element ${element} of ${op}${fold} at ${instruction.start}: expected ${wrong ? 'wrong' : 'right'}, ` +
      `the judge says ${JSON.stringify(ruling)}, its twin ${JSON.stringify(twin)}`,
  );
}

/** The question whether an element is right. */
export function questionOf(
  instruction: Instruction,
  element: number,
  run: RunVectors,
  trees: Trees,
  read: ReadElement = reader(run),
): Question {
  const [input, weights, trace] = [trees[SPACE.INPUT], trees[SPACE.WEIGHT], trees[SPACE.TRACE]];
  return {
    instruction: `0x${Buffer.from(encodeInstruction(instruction)).toString('hex')}`,
    vectors: {
      inputRoot: input.merkleRoot,
      inputLength: input.length,
      weightsRoot: weights.merkleRoot,
      weightsLength: weights.length,
      traceRoot: trace.merkleRoot,
      traceLength: trace.length,
    },
    element,
    openings: openingsFor(instruction, element, read, { input, weights, trace }),
  };
}
