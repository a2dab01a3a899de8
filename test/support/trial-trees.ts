import { concat, hexlify, keccak256, toBeHex } from 'ethers';
import type { Hex32 } from '../../workers/protocol/ids.ts';

const CHUNK_ELEMENTS = 64;

export interface ChainOpening {
  readonly ranges: string;
  readonly chunks: string;
  readonly siblings: string[];
}

export const NOTHING_OPENED: ChainOpening = { ranges: '0x', chunks: '0x', siblings: [] };

const leaf = (content: string): string => keccak256(concat(['0x00', content]));
const parent = (left: string, right: string): string => keccak256(concat(['0x01', left, right]));

/** A binary tree over leaf hashes, filled up to a power of two: levels from the leaves up. */
class HashTree {
  readonly levels: readonly (readonly string[])[];

  constructor(leaves: readonly string[], filling: string) {
    let height = 0;
    while (2 ** height < leaves.length) height++;
    const levels = [Array.from({ length: 2 ** height }, (_, i) => leaves[i] ?? filling)];
    for (let level = levels[0]!; level.length > 1; levels.push(level)) {
      const below = level;
      level = Array.from({ length: below.length / 2 }, (_, i) => parent(below[2 * i]!, below[2 * i + 1]!));
    }
    this.levels = levels;
  }

  get height(): number {
    return this.levels.length - 1;
  }

  get root(): Hex32 {
    return this.node(this.height, 0);
  }

  node(height: number, index: number): Hex32 {
    const hash = this.levels[height]?.[index];
    if (hash === undefined) throw new Error(`no node ${index} at height ${height}`);
    return hash as Hex32;
  }

  /** Hashes on the way from a node to the root, from the node up. */
  siblings(height: number, index: number): Hex32[] {
    return Array.from({ length: this.height - height }, (_, i) => this.node(height + i, (index >> i) ^ 1));
  }
}

/** A vector of patterns with its tree. Elements past the length may be given: they are what must be zero there. */
export class TrialVector extends HashTree {
  readonly #chunks: readonly string[];
  readonly length: number;
  readonly elements: readonly number[];

  constructor(elements: readonly number[], length = elements.length) {
    const chunks = chunksOf(elements, Math.max(1, Math.ceil(length / CHUNK_ELEMENTS)));
    super(chunks.map(leaf), leaf(toBeHex(0, 4 * CHUNK_ELEMENTS)));
    this.#chunks = chunks;
    this.length = length;
    this.elements = elements;
  }

  /** keccak256(0x02 ‖ length ‖ tree). */
  get vectorRoot(): Hex32 {
    return keccak256(concat(['0x02', toBeHex(this.length, 8), this.root])) as Hex32;
  }

  chunk(index: number): string {
    return this.#chunks[index] ?? toBeHex(0, 4 * CHUNK_ELEMENTS);
  }

  /** The chunks that hold these elements, one range each run of neighbours. */
  open(...elements: readonly number[]): ChainOpening {
    const indices = [...new Set(elements.map((element) => Math.floor(element / CHUNK_ELEMENTS)))].sort((a, b) => a - b);
    const ranges = indices.map((index) => concat([toBeHex(index, 5), toBeHex(1, 3)]));
    const siblings: string[] = [];
    let known = indices;
    for (let height = 0; height < this.height; height++) {
      const missing = known.map((index) => index ^ 1).filter((index) => !known.includes(index));
      siblings.push(...missing.sort((a, b) => a - b).map((index) => this.node(height, index)));
      known = [...new Set(known.map((index) => index >> 1))];
    }
    return { ranges: concat(ranges), chunks: concat(indices.map((index) => this.chunk(index))), siblings };
  }

  /** What a demand for a node is answered with. */
  content(height: number, index: number): string {
    if (height === 0) return this.chunk(index);
    const below = Math.max(0, height - 5);
    const count = 2 ** (height - below);
    return concat(Array.from({ length: count }, (_, i) => this.node(below, index * count + i)));
  }
}

function chunksOf(elements: readonly number[], count: number): string[] {
  const bytes = new Uint8Array(Math.max(count, Math.ceil(elements.length / CHUNK_ELEMENTS)) * 4 * CHUNK_ELEMENTS);
  const view = new DataView(bytes.buffer);
  elements.forEach((bits, i) => view.setUint32(4 * i, bits));
  return Array.from({ length: bytes.length / (4 * CHUNK_ELEMENTS) }, (_, i) =>
    hexlify(bytes.subarray(4 * CHUNK_ELEMENTS * i, 4 * CHUNK_ELEMENTS * (i + 1))),
  );
}

export interface ChainPlanOpening {
  readonly index: number;
  readonly instruction: string;
  readonly siblings: string[];
}

export const NO_INSTRUCTION: ChainPlanOpening = { index: 0, instruction: '0x', siblings: [] };

/** A plan: encoded instructions with their tree. */
export class TrialPlan extends HashTree {
  readonly instructions: readonly string[];

  constructor(instructions: readonly string[]) {
    super(instructions.map(leaf), toBeHex(0, 32));
    this.instructions = instructions;
  }

  get length(): number {
    return this.instructions.length;
  }

  open(index: number): ChainPlanOpening {
    return { index, instruction: this.instructions[index]!, siblings: this.siblings(0, index) };
  }
}

export interface InstructionParts {
  readonly op: number;
  readonly fn?: number;
  /** 0 f32, 1 i32: of the result. */
  readonly type?: number;
  readonly start: number;
  readonly a?: number;
  readonly dimensions: readonly number[];
  readonly window?: readonly number[];
  /** Of the first operand, which is read from TRACE. */
  readonly operandType?: number;
}

/** An instruction as docs/PLAN.md has it, as far as the court reads: header, dimensions, the first operand's head. */
export function encodeInstruction(parts: InstructionParts): string {
  const { op, fn = 0, type = 0, start, a = 0, dimensions, window = [], operandType = 0 } = parts;
  const numbers = (list: readonly number[]): string[] => [toBeHex(list.length, 1), ...list.map((n) => toBeHex(n, 4))];
  const head = [toBeHex(op, 1), toBeHex(fn, 1), toBeHex(type, 1), toBeHex(start, 5), toBeHex(a, 4), toBeHex(0, 5)];
  return concat([...head, ...numbers(dimensions), ...numbers(window), '0x01', '0x03', toBeHex(operandType, 1)]);
}

/** The pattern of a float32. */
export function bitsOf(value: number): number {
  return new DataView(new Float32Array([value]).buffer).getUint32(0, true);
}
