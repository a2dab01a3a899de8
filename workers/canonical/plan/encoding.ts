import { RemitError } from '../../runtime/errors.ts';
import { type Coordinate, type Instruction, type Literal, type Operand, type Reference, SPACE } from './instruction.ts';
import { indexLength } from './sizes.ts';

/** Writes the fields of an instruction, big-endian, one after the other. */
class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** `width` bytes of a whole number that is not negative. */
  write(width: number, value: number): this {
    return this.#put(width, value, 0, 2 ** (8 * width));
  }

  /** `width` bytes of a whole number in two's complement. */
  writeSigned(width: number, value: number): this {
    return this.#put(width, value, -(2 ** (8 * width - 1)), 2 ** (8 * width - 1));
  }

  /** A field that does not fit would be another instruction to everybody who reads it. */
  #put(width: number, value: number, least: number, limit: number): this {
    if (!Number.isInteger(value) || value < least || value >= limit) throw unfit(width, value);
    if (this.#length + width > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    let rest = value;
    for (let at = this.#length + width - 1; at >= this.#length; at--) {
      const byte = ((rest % 256) + 256) % 256;
      this.#bytes[at] = byte;
      rest = (rest - byte) / 256;
    }
    this.#length += width;
    return this;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

function unfit(width: number, value: number): RemitError {
  return new RemitError({
    code: 'PLAN_MALFORMED',
    message: `${value} does not fit into a field of ${width} bytes of an instruction`,
    fix: 'compile the model with smaller shapes, strides or pads',
    context: { width, value },
  });
}

/**
 * The bytes of an instruction as the chain reads them; the layout is in docs/PLAN.md. Limits are not checked (see
 * `malformation`).
 *
 * @throws RemitError `PLAN_MALFORMED` when a number does not fit into its field
 */
export function encodeInstruction(instruction: Instruction): Uint8Array {
  const { op, fn, type, start, a, b, dims, window, operands } = instruction;
  const writer = new Writer().write(1, op).write(1, fn).write(1, type).write(5, start).write(4, a).writeSigned(5, b);
  for (const sizes of [dims, window]) {
    writer.write(1, sizes.length);
    for (const size of sizes) writer.write(4, size);
  }
  writer.write(1, operands.length);
  for (const operand of operands) writeOperand(writer, operand);
  return writer.bytes();
}

function writeOperand(writer: Writer, operand: Operand): void {
  writer.write(1, operand.space).write(1, operand.type);
  if (operand.space === SPACE.LITERAL) {
    writer.write(4, operand.bits >>> 0);
    return;
  }
  writer.writeSigned(6, operand.base);
  for (const step of operand.steps) writer.writeSigned(5, step);
  writer.write(1, operand.coordinates.length);
  if (operand.coordinates.length > 0) writer.write(4, operand.pad >>> 0);
  for (const { size, divisor, stride, offset, terms } of operand.coordinates) {
    writer.write(4, size).write(4, divisor).writeSigned(5, stride).writeSigned(5, offset).write(1, terms.length);
    for (const { dimension, coefficient } of terms) writer.write(1, dimension).writeSigned(4, coefficient);
  }
}

/** Reads fields until the bytes end; past the end it says so and gives zeros. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #short = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(width: number): number {
    if (this.#at + width > this.#bytes.length) this.#short = true;
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (this.#bytes[this.#at + i] ?? 0);
    this.#at += width;
    return value;
  }

  readSigned(width: number): number {
    const value = this.read(width);
    return value >= 2 ** (8 * width - 1) ? value - 2 ** (8 * width) : value;
  }

  list<T>(count: number, read: () => T): readonly T[] {
    const items: T[] = [];
    for (let i = 0; i < count && !this.#short; i++) items.push(read());
    return items;
  }

  get exact(): boolean {
    return !this.#short && this.#at === this.#bytes.length;
  }
}

/** The instruction in `bytes`; undefined when bytes are missing or left over. Limits are not checked (see `malformation`). */
export function decodeInstruction(bytes: Uint8Array): Instruction | undefined {
  const reader = new Reader(bytes);
  const [op, fn, type, start] = [reader.read(1), reader.read(1), reader.read(1), reader.read(5)];
  const [a, b] = [reader.read(4), reader.readSigned(5)];
  const dims = reader.list(reader.read(1), () => reader.read(4));
  const window = reader.list(reader.read(1), () => reader.read(4));
  const count = reader.read(1);
  const operands = reader.list(count, () => 0).map((_, i) => readOperand(reader, indexLength({ op, dims, window }, i)));
  if (!reader.exact) return undefined;
  // Numbers that name nothing are for `malformation` to find.
  return { op, fn, type, start, a, b, dims, window, operands } as Instruction;
}

function readOperand(reader: Reader, steps: number): Operand {
  const [space, type] = [reader.read(1), reader.read(1)];
  if (space === SPACE.LITERAL) return { space, type, bits: reader.read(4) } as Literal;
  const base = reader.readSigned(6);
  const stepList = reader.list(steps, () => reader.readSigned(5));
  const count = reader.read(1);
  const pad = count > 0 ? reader.read(4) : 0;
  const coordinates = reader.list(count, () => readCoordinate(reader));
  return { space, type, base, steps: stepList, coordinates, pad } as Reference;
}

function readCoordinate(reader: Reader): Coordinate {
  const [size, divisor] = [reader.read(4), reader.read(4)];
  const [stride, offset] = [reader.readSigned(5), reader.readSigned(5)];
  const terms = reader.list(reader.read(1), () => ({ dimension: reader.read(1), coefficient: reader.readSigned(4) }));
  return { size, divisor, stride, offset, terms };
}
