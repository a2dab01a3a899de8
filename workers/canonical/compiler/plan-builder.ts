import { keccak } from '../../protocol/keccak.ts';
import { CHUNK_ELEMENTS } from '../../protocol/vector.ts';
import { executeInstruction } from '../executor/execute.ts';
import { elementsOf } from '../executor/spaces.ts';
import { FOLD, type Instruction, OP, SPACE } from '../plan/instruction.ts';
import { malformation, WINDOW_MAX } from '../plan/malformation.ts';
import { nextStart } from '../plan/sizes.ts';
import type { Draft } from './draft.ts';
import { operandOf } from './operand-of.ts';
import { DraftRefused, tooLarge } from './refusal.ts';
import { squeezeDraft } from './squeeze-draft.ts';
import {
  CONSTANT_MAX,
  type ConstantSource,
  constantOf,
  elementCount,
  isConstant,
  rowMajor,
  type Value,
} from './value.ts';
import { guardCutNumbers, guardOverflow, hasEnd } from './wide-numbers.ts';
import { blocksOf, shiftedWindow, stacked } from './window-blocks.ts';

export interface PlanLimits {
  /** instructions of one plan */
  readonly instructions: number;
  /** elements of the trace, and of the weights */
  readonly elements: number;
  /** elements that are read to compute constants; a lowered node counts as 1,000 */
  readonly work: number;
}

export const DEFAULT_LIMITS: PlanLimits = { instructions: 200_000, elements: CONSTANT_MAX, work: 2 ** 31 };

/** What breaks a limit of docs/PLAN.md, by its number. */
const LIMITS: Readonly<Record<number, string>> = {
  4: 'it needs more than 8 dimensions, or a window of more than 8,192 elements',
  6: 'it needs more than 8 bounded coordinates',
};

/** Collects instructions and weights. What depends on constants alone is computed at once and stays a constant. */
export class PlanBuilder {
  readonly #limits: PlanLimits;
  readonly #instructions: Instruction[] = [];
  readonly #nodes: number[] = [];
  readonly #weights: Uint32Array[] = [];
  readonly #placed = new Map<string, number>();
  readonly #placedBuffers = new Map<Uint32Array, number>();
  readonly #inputLength: number;
  #weightsLength = 0;
  #end = 0;
  #work = 0;
  /** index of the node that is being lowered, for `nodes` */
  node = 0;

  /** @param inputLength elements of `INPUT` */
  constructor(limits: PlanLimits, inputLength: number) {
    this.#limits = limits;
    this.#inputLength = inputLength;
  }

  get instructions(): readonly Instruction[] {
    return this.#instructions;
  }

  /** For each instruction, the node that it came from. */
  get nodes(): readonly number[] {
    return this.#nodes;
  }

  /** The first element of the trace that is free, aligned. */
  get nextStart(): number {
    const last = this.#instructions.at(-1);
    return last ? nextStart(last) : 0;
  }

  /** One past the last element of the trace. */
  get traceLength(): number {
    return this.#end;
  }

  get weights(): Uint32Array {
    const weights = new Uint32Array(this.#weightsLength);
    let at = 0;
    for (const block of this.#weights) {
      weights.set(block, at);
      at += Math.ceil(block.length / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
    }
    return weights;
  }

  /**
   * Adds an instruction, or computes it when all that it reads is constant.
   *
   * @returns a view with the dimensions `dims`, row-major
   * @throws RemitError `MODEL_TOO_LARGE`
   * @throws DraftRefused when no instruction can say it
   */
  emit(draft: Draft): Value {
    const { op, fn = 0, type, dims, window = [], onnxType } = draft;
    this.requireSize(dims);
    if (elementCount(dims) === 0) return constantOf(dims, onnxType, type, new Uint32Array(0));
    const inBlocks = op === OP.FOLD && fn <= FOLD.PROD && elementCount(window) > WINDOW_MAX;
    if (inBlocks) return this.#foldInBlocks(draft);
    return draft.operands.every(({ value }) => isConstant(value)) ? this.#fold(draft) : this.emitAlways(draft);
  }

  /** The same, even when all that it reads is constant. */
  emitAlways(draft: Draft): Value {
    const { type, dims, onnxType } = draft;
    guardCutNumbers(draft, false);
    const instruction = this.#instruction(draft, this.nextStart, (value) => this.#place(value));
    requireSound(instruction, { inputLength: this.#inputLength, weightsLength: this.#weightsLength });
    this.requireRoom(1);
    this.#end = instruction.start + elementCount(dims);
    this.#instructions.push(instruction);
    this.#nodes.push(this.node);
    if (this.#end > this.#limits.elements) throw tooLarge(`a trace of more than ${this.#limits.elements} elements`);
    const source = { kind: 'space', space: SPACE.TRACE } as const;
    return { shape: dims, onnxType, type, source, base: instruction.start, steps: rowMajor(dims) };
  }

  #instruction(draft: Draft, start: number, place: (source: ConstantSource) => number): Instruction {
    const { op, fn = 0, type, a = 0, b = 0, dims, window = [], operands } = draft;
    const inner = squeezeDraft({ op, dims, window, operands, ranked: op === OP.RANK ? a : -1 });
    return {
      op,
      fn,
      type,
      start,
      a: inner.ranked < 0 ? a : inner.ranked,
      b,
      dims: inner.dims,
      window: inner.window,
      operands: inner.operands.map((reading, i) => operandOf(reading, inner.sizes(i), place)),
    };
  }

  /** Counts steps that compiling takes: what loops and constants an adversary nests has to end. @throws RemitError `MODEL_TOO_LARGE` */
  spend(steps: number): void {
    this.#work += steps;
    if (!(this.#work <= this.#limits.work)) throw tooLarge(`more than ${this.#limits.work} steps to compile`);
  }

  /** Refuses so many more instructions than a plan may have. @throws RemitError `MODEL_TOO_LARGE` */
  requireRoom(count: number): void {
    const { instructions } = this.#limits;
    if (this.#instructions.length + count > instructions) throw tooLarge(`more than ${instructions} instructions`);
  }

  /** Refuses a shape that is none, or has too many elements. @throws RemitError `MODEL_TOO_LARGE` */
  requireSize(shape: readonly number[]): void {
    const odd = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
    if (odd !== undefined) throw new RangeError(`a dimension of [${shape.join(', ')}] is ${odd}`);
    const size = elementCount(shape);
    if (size > this.#limits.elements) throw tooLarge(`a tensor of ${size} elements`);
  }

  /** Largest, smallest or product over more than one instruction can walk: of contiguous blocks, then of their results. */
  #foldInBlocks(draft: Draft): Value {
    const { dims, window = [], operands } = draft;
    this.requireRoom(elementCount(window) / WINDOW_MAX);
    const blocks = blocksOf(window);
    const partials = blocks.map(({ from, sizes }) =>
      this.emit({
        ...draft,
        window: sizes,
        operands: operands.map((reading) => shiftedWindow(reading, dims.length, from)),
      }),
    );
    const { value, step } = stacked(partials);
    return this.emit({ ...draft, window: [blocks.length], operands: [{ value, steps: [...rowMajor(dims), step] }] });
  }

  #fold(draft: Draft): Value {
    const { dims, window = [], onnxType, type } = draft;
    const size = elementCount(dims);
    this.spend(size * elementCount(window) * draft.operands.length);
    const mayBeCut = guardCutNumbers(draft, true);
    guardOverflow(draft);
    const blocks: Uint32Array[] = [];
    let length = 0;
    const instruction = this.#instruction(draft, 0, ({ bits }) => {
      const at = length;
      blocks.push(bits);
      length += bits.length;
      return at;
    });
    const weights = new Uint32Array(length);
    let at = 0;
    for (const block of blocks) {
      weights.set(block, at);
      at += block.length;
    }
    requireSound(instruction, { inputLength: 0, weightsLength: length });
    const trace = new Uint32Array(size);
    executeInstruction(instruction, {
      input: elementsOf(new Uint32Array(0)),
      weights: elementsOf(weights),
      trace: elementsOf(trace),
    });
    return constantOf(dims, onnxType, type, trace, mayBeCut && hasEnd(trace));
  }

  /** Where a constant's numbers are among the weights. Equal numbers are there once. */
  #place({ bits }: ConstantSource): number {
    const known = this.#placedBuffers.get(bits);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
    const key = `${bits.length} ${Buffer.from(keccak(bytes)).toString('hex')}`;
    const at = this.#placed.get(key) ?? this.#append(bits);
    this.#placed.set(key, at);
    this.#placedBuffers.set(bits, at);
    return at;
  }

  #append(bits: Uint32Array): number {
    const at = Math.ceil(this.#weightsLength / CHUNK_ELEMENTS) * CHUNK_ELEMENTS;
    this.#weights.push(bits);
    this.#weightsLength = at + bits.length;
    if (this.#weightsLength > this.#limits.elements) throw tooLarge(`more than ${this.#limits.elements} weights`);
    return at;
  }
}

function requireSound(instruction: Instruction, bounds: Parameters<typeof malformation>[1]): void {
  const reason = malformation(instruction, bounds);
  if (reason === 0) return;
  const limit = LIMITS[reason];
  if (limit !== undefined) throw new DraftRefused(limit);
  throw new RangeError(`its instruction would break limit ${reason} of docs/PLAN.md`);
}
