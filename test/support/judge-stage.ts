import { openingsFor, type Openings } from '../../workers/canonical/judge/evidence.ts';
import type { ReadElement } from '../../workers/canonical/judge/read-operand.ts';
import { encodeInstruction } from '../../workers/canonical/plan/encoding.ts';
import { type Instruction, SPACE } from '../../workers/canonical/plan/instruction.ts';
import type { Opening } from '../../workers/canonical/tree/opening.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';

/** `Vectors` of the contracts. */
interface Vectors {
  readonly inputRoot: string;
  readonly inputLength: number;
  readonly weightsRoot: string;
  readonly weightsLength: number;
  readonly traceRoot: string;
  readonly traceLength: number;
}

/** `Opening` of the contracts, in a list that ethers takes. */
export interface ShownChunks {
  readonly ranges: string;
  readonly chunks: string;
  readonly siblings: string[];
}

/** `Openings` of the contracts. */
export interface ShownVectors {
  readonly input: ShownChunks;
  readonly weights: ShownChunks;
  readonly trace: ShownChunks;
}

/** The arguments of `TensorJudge.judge`. */
export type Evidence = readonly [instruction: Uint8Array, vectors: Vectors, element: number, openings: ShownVectors];

/** Three vectors, to be changed at will; trees are grown anew for every piece of evidence. */
export class Stage {
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
  readonly trace: Uint32Array;

  constructor(input: Uint32Array, weights: Uint32Array, trace: Uint32Array) {
    this.input = input;
    this.weights = weights;
    this.trace = trace;
  }

  readonly read: ReadElement = (space, address) => {
    const vector = space === SPACE.INPUT ? this.input : space === SPACE.WEIGHT ? this.weights : this.trace;
    const bits = vector[address];
    if (bits === undefined) throw new RangeError(`no element ${address} in space ${space}`);
    return bits;
  };

  /** With the chunks opened that the judgement reads. */
  evidence(instruction: Instruction, element: number): Evidence {
    const trees = this.#trees();
    return this.#evidence(instruction, element, trees, openingsFor(instruction, element, this.read, trees));
  }

  /** With all chunks opened. */
  wholly(instruction: Instruction, element: number): Evidence {
    const trees = this.#trees();
    const all = (tree: VectorTree) => tree.open(Array.from({ length: Math.ceil(tree.length / 64) }, (_, i) => i));
    const openings = { input: all(trees.input), weights: all(trees.weights), trace: all(trees.trace) };
    return this.#evidence(instruction, element, trees, openings);
  }

  #trees() {
    return {
      input: new VectorTree(this.input),
      weights: new VectorTree(this.weights),
      trace: new VectorTree(this.trace),
    };
  }

  #evidence(
    instruction: Instruction,
    element: number,
    trees: { readonly input: VectorTree; readonly weights: VectorTree; readonly trace: VectorTree },
    openings: Openings,
  ): Evidence {
    const vectors = {
      inputRoot: trees.input.merkleRoot,
      inputLength: trees.input.length,
      weightsRoot: trees.weights.merkleRoot,
      weightsLength: trees.weights.length,
      traceRoot: trees.trace.merkleRoot,
      traceLength: trees.trace.length,
    };
    const shown = (opening: Opening): ShownChunks => ({ ...opening, siblings: [...opening.siblings] });
    const { input, weights, trace } = openings;
    const all = { input: shown(input), weights: shown(weights), trace: shown(trace) };
    return [encodeInstruction(instruction), vectors, element, all];
  }
}
