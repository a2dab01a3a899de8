import { type Operand, type Reference, SPACE } from '../plan/instruction.ts';
import { type WalkedDimension, indexMapOf } from './index-map.ts';
import { IndexWalk, type RunSink } from './index-walk.ts';
import { type Elements, type Spaces, newElements, spaceOf } from './spaces.ts';

/** Elements somewhere in memory: the block starts at `offset`. */
export interface Block {
  readonly elements: Elements;
  readonly offset: number;
}

/** Reads an operand along a walk over its index. Patterns are copied as they are, not canonicalised. */
export interface OperandReader {
  /** Copies `count` elements from the flat index `first` on; out of range, the pad. */
  read(first: number, count: number, to: Int32Array, at: number): void;
  /** The same elements, where they are when they lie together, else in the reader's own memory until the next call. */
  block(first: number, count: number): Block;
}

/**
 * @param walked dimensions of the operand's index, in the order in which they are walked
 * @param most the largest `count` that `block` will be asked for
 */
export function operandReader(
  operand: Operand,
  walked: readonly WalkedDimension[],
  spaces: Spaces,
  most: number,
): OperandReader {
  return operand.space === SPACE.LITERAL
    ? new LiteralReader(operand.bits | 0, most)
    : new ReferenceReader(operand, walked, spaces, most);
}

class LiteralReader implements OperandReader {
  readonly #bits: number;
  readonly #elements: Elements;

  constructor(bits: number, most: number) {
    this.#bits = bits;
    this.#elements = newElements(most);
    this.#elements.i32.fill(bits);
  }

  read(_first: number, count: number, to: Int32Array, at: number): void {
    to.fill(this.#bits, at, at + count);
  }

  block(): Block {
    return { elements: this.#elements, offset: 0 };
  }
}

class ReferenceReader implements OperandReader {
  readonly #walk: IndexWalk;
  readonly #sink: CopySink;
  readonly #source: Elements;
  readonly #own: Elements;
  /** where the elements begin when they lie together in order */
  readonly #together: number | undefined;

  constructor(reference: Reference, walked: readonly WalkedDimension[], spaces: Spaces, most: number) {
    const map = indexMapOf(reference, walked);
    this.#walk = new IndexWalk(map);
    this.#source = spaceOf(spaces, reference.space);
    this.#sink = new CopySink(this.#source.i32, reference.pad | 0);
    const whole = map.sizes.length === 1 && map.guards.length === 0 && (map.steps[0] === 1 || map.sizes[0] === 1);
    this.#together = whole ? map.base : undefined;
    this.#own = newElements(whole ? 0 : most);
  }

  read(first: number, count: number, to: Int32Array, at: number): void {
    this.#sink.to = to;
    this.#walk.walk(first, count, at, this.#sink);
  }

  block(first: number, count: number): Block {
    if (this.#together !== undefined) return { elements: this.#source, offset: (this.#together + first) | 0 };
    this.read(first, count, this.#own.i32, 0);
    return { elements: this.#own, offset: 0 };
  }
}

/** From this length on the processor's block copy pays for its call. */
const LONG_RUN = 48;

/** Copies runs; gaps become the pad. */
export class CopySink implements RunSink {
  to: Int32Array = new Int32Array(0);
  readonly #from: Int32Array;
  readonly #pad: number;

  constructor(from: Int32Array, pad: number) {
    this.#from = from;
    this.#pad = pad;
  }

  run(at: number, address: number, step: number, count: number): void {
    copyRun(this.#from, address, step, this.to, at, count);
  }

  gap(at: number, count: number): void {
    const to = this.to;
    const pad = this.#pad;
    const end = (at + count) | 0;
    for (let i = at | 0; i < end; i++) to[i] = pad;
  }
}

/** Copies `count` elements that are `step` apart. */
export function copyRun(
  from: Int32Array,
  address: number,
  step: number,
  to: Int32Array,
  at: number,
  count: number,
): void {
  if (step === 1 && count >= LONG_RUN) {
    to.set(from.subarray(address, address + count), at);
    return;
  }
  // int32, as all positions are: numbers that came out of divisions would make a slower loop
  let position = address | 0;
  const stride = step | 0;
  const end = (at + count) | 0;
  for (let i = at | 0; i < end; i++) {
    to[i] = from[position] as number;
    position = (position + stride) | 0;
  }
}
