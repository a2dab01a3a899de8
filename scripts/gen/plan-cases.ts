import { openingsFor, type Openings, ruleOn } from '../../workers/canonical/judge/evidence.ts';
import { interpret, readerOf } from '../../workers/canonical/judge/interpret.ts';
import { encodeInstruction } from '../../workers/canonical/plan/encoding.ts';
import { explainInstruction } from '../../workers/canonical/plan/explain.ts';
import type { Instruction } from '../../workers/canonical/plan/instruction.ts';
import { malformation } from '../../workers/canonical/plan/malformation.ts';
import { instructionPath, planLeaf, planRoot } from '../../workers/canonical/plan/plan.ts';
import { sizeOf } from '../../workers/canonical/plan/sizes.ts';
import type { Opening } from '../../workers/canonical/tree/opening.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import type { SeededRandom } from './random.ts';
import { SAMPLE_INTEGERS, samplePlan } from './sample-plan.ts';

const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`;

const hexOfElements = (elements: Uint32Array): string =>
  `0x${Array.from(elements, (bits) => bits.toString(16).padStart(8, '0')).join('')}`;

/** A sample plan with its encodings, leaves and proofs; what the judge says of its numbers; openings of other vectors. */
export function planCases(random: SeededRandom): unknown {
  const plan = samplePlan();
  const float = () => bitsOfFloat((random.below(2001) - 1000) / 256);
  const input = Uint32Array.from({ length: plan.inputLength }, (_, i) =>
    i < SAMPLE_INTEGERS ? float() : (random.below(10) - 4) >>> 0,
  );
  const weights = Uint32Array.from({ length: plan.weightsLength }, float);
  const trace = interpret(plan, { input, weights });
  const trees = { input: new VectorTree(input), weights: new VectorTree(weights) };
  return {
    plan: {
      ...{ planRoot: planRoot(plan), inputLength: plan.inputLength, weightsLength: plan.weightsLength },
      ...{ traceLength: plan.traceLength, input: hexOfElements(input), weights: hexOfElements(weights) },
      trace: hexOfElements(trace),
    },
    instructions: plan.instructions.map((instruction, index) => ({
      about: explainInstruction(instruction),
      ...encodingOf(instruction),
      reason: malformation(instruction, plan),
      siblings: instructionPath(plan, index),
    })),
    rulings: plan.instructions.flatMap((instruction, index) => {
      const element = instruction.start + random.below(sizeOf(instruction));
      return [0, 1].map((flip) => {
        const claimed = trace.slice();
        claimed[element] = ((claimed[element] ?? 0) ^ flip) >>> 0;
        const all = { ...trees, trace: new VectorTree(claimed) };
        const read = readerOf({ input, weights, trace: claimed });
        const openings = openingsFor(instruction, element, read, all);
        const roots = { inputRoot: all.input.merkleRoot, weightsRoot: all.weights.merkleRoot };
        const ruling = ruleOn(instruction, element, read);
        return {
          instruction: index,
          element,
          ...roots,
          traceRoot: all.trace.merkleRoot,
          openings: shown(openings),
          ...ruling,
        };
      });
    }),
    openings: OPENED.map(([length, chunks]) => {
      const elements = Uint32Array.from({ length }, () => random.uint32());
      const tree = new VectorTree(elements);
      return { length, merkleRoot: tree.merkleRoot, root: tree.root, ...plain(tree.open(chunks)) };
    }),
  };
}

function encodingOf(instruction: Instruction) {
  const bytes = encodeInstruction(instruction);
  return { instruction: hex(bytes), leaf: hex(planLeaf(bytes)), start: instruction.start, size: sizeOf(instruction) };
}

const shown = ({ input, weights, trace }: Openings) => ({
  input: plain(input),
  weights: plain(weights),
  trace: plain(trace),
});

const plain = ({ ranges, chunks, siblings }: Opening) => ({ ranges, chunks, siblings });

/** Lengths, and which chunks are opened. */
const OPENED: readonly (readonly [number, readonly number[]])[] = [
  [0, [0]],
  [1, [0]],
  [64, [0]],
  [65, [0]],
  [65, [1]],
  [65, [0, 1]],
  [200, [3]],
  [300, [1, 2]],
  [300, [0, 4]],
  [700, [0, 2, 3, 10]],
  [1024, [5, 6, 7, 8, 9, 15]],
];
