import type { ParamType } from 'ethers';
import { parseAddress } from './ids.ts';

/**
 * Contract ABI, as ethers' coder writes and reads it and several times as fast: for what every job needs. Tuples are objects
 * by the names of their fields. Stricter than ethers where it reads: bits that do not belong to a value must be zero.
 */
export interface AbiCodec {
  /** Hex digits without `0x`. @throws TypeError for a value that does not fit */
  encode(values: readonly unknown[]): string;
  /** One value per type, out of hex digits without `0x`. @throws TypeError for what is too short or malformed */
  decode(digits: string): readonly unknown[];
}

interface Type {
  /** Digits that it takes in the head; undefined: one word, the place of its tail. */
  readonly size: number | undefined;
  readonly write: (value: unknown) => string;
  readonly read: (digits: string, at: number) => unknown;
}

/** Digits of a word. */
const WORD = 64;

export function abiCodec(types: readonly ParamType[]): AbiCodec {
  const values = sequence(types.map(typeOf));
  return { encode: values.write, decode: (digits) => values.read(digits, 0) };
}

function typeOf(param: ParamType): Type {
  const { baseType, type, components, arrayChildren, arrayLength } = param;
  if (baseType === 'array' && arrayChildren) return arrayOf(typeOf(arrayChildren), arrayLength ?? -1);
  if (baseType === 'tuple' && components) return tupleOf(components);
  if (type === 'address') return ADDRESS;
  if (type === 'bool') return BOOL;
  if (type === 'bytes') return BYTES;
  if (type === 'string') return STRING;
  const [, kind, bits = ''] = /^(uint|int|bytes)(\d+)$/.exec(type) ?? [];
  if (kind === 'bytes') return fixedBytes(Number(bits));
  if (kind === 'uint' || kind === 'int') return integer(BigInt(bits), kind === 'int');
  throw new TypeError(`no codec for ${type}`);
}

function wordAt(digits: string, at: number): string {
  if (at + WORD > digits.length) throw new TypeError(`ends at digit ${digits.length}, before ${at + WORD}`);
  return digits.slice(at, at + WORD);
}

/** A length or a place: nothing that is longer than what it is about. */
function countAt(digits: string, at: number): number {
  const count = Number(`0x${wordAt(digits, at)}`);
  if (count > digits.length) throw new TypeError(`${count} is more than there is`);
  return count;
}

const numberWord = (value: number | bigint): string => value.toString(16).padStart(WORD, '0');

function integer(bits: bigint, isSigned: boolean): Type {
  const [least, limit] = isSigned ? [-(1n << (bits - 1n)), 1n << (bits - 1n)] : [0n, 1n << bits];
  const checked = (value: bigint): bigint => {
    if (value < least || value >= limit) throw new TypeError(`${value} does not fit ${bits} bits`);
    return value;
  };
  return {
    size: WORD,
    write: (value) => {
      const isInteger = typeof value === 'bigint' || Number.isSafeInteger(value);
      if (!isInteger) throw new TypeError(`not an integer: ${String(value)}`);
      return numberWord(BigInt.asUintN(256, checked(BigInt(value as bigint | number))));
    },
    read: (digits, at) => {
      const word = BigInt(`0x${wordAt(digits, at)}`);
      return checked(isSigned ? BigInt.asIntN(256, word) : word);
    },
  };
}

const UINT160 = integer(160n, false);
const ADDRESS: Type = {
  size: WORD,
  write: (value) => parseAddress(value).slice(2).toLowerCase().padStart(WORD, '0'),
  read: (digits, at) => {
    UINT160.read(digits, at);
    return parseAddress(`0x${digits.slice(at + WORD - 40, at + WORD)}`);
  },
};

const BIT = integer(1n, false);
const BOOL: Type = {
  size: WORD,
  write: (value) => {
    if (typeof value !== 'boolean') throw new TypeError(`not a boolean: ${String(value)}`);
    return numberWord(Number(value));
  },
  read: (digits, at) => BIT.read(digits, at) === 1n,
};

const HEX = /^0x(?:[0-9a-f]{2})*$/i;

function digitsOf(value: unknown): string {
  if (typeof value !== 'string' || !HEX.test(value)) throw new TypeError('not bytes as hexadecimal');
  return value.slice(2).toLowerCase();
}

const padded = (digits: string): string => digits.padEnd(Math.ceil(digits.length / WORD) * WORD, '0');

function fixedBytes(length: number): Type {
  return {
    size: WORD,
    write: (value) => {
      const digits = digitsOf(value);
      if (digits.length !== 2 * length) throw new TypeError(`not ${length} bytes`);
      return padded(digits);
    },
    read: (digits, at) => {
      const word = wordAt(digits, at);
      const own = word.slice(0, 2 * length);
      if (padded(own) !== word) throw new TypeError(`more than ${length} bytes`);
      return `0x${own}`;
    },
  };
}

function bytesAt(digits: string, at: number): string {
  const length = 2 * countAt(digits, at);
  const begin = at + WORD;
  if (begin + length > digits.length) throw new TypeError(`${length / 2} bytes are more than there are`);
  return digits.slice(begin, begin + length);
}

const BYTES: Type = {
  size: undefined,
  write: (value) => {
    const digits = digitsOf(value);
    return numberWord(digits.length / 2) + padded(digits);
  },
  read: (digits, at) => `0x${bytesAt(digits, at)}`,
};

const STRING: Type = {
  size: undefined,
  write: (value) => {
    if (typeof value !== 'string') throw new TypeError('not a text');
    return BYTES.write(`0x${Buffer.from(value).toString('hex')}`);
  },
  read: (digits, at) =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytesAt(digits, at), 'hex')),
};

interface Sequence {
  /** As of a type. */
  readonly size: number | undefined;
  readonly write: (values: readonly unknown[]) => string;
  readonly read: (digits: string, at: number) => readonly unknown[];
}

/** Values one after another; what has no fixed size follows behind all, and its place stands where it would be. */
function sequence(types: readonly Type[]): Sequence {
  const headSize = types.reduce((sum, { size = WORD }) => sum + size, 0);
  return {
    size: types.every(({ size }) => size !== undefined) ? headSize : undefined,
    write: (values) => {
      if (values.length !== types.length) throw new TypeError(`${values.length} values for ${types.length} types`);
      let [head, tail] = ['', ''];
      for (const [index, { size, write }] of types.entries()) {
        const written = write(values[index]);
        if (size !== undefined) head += written;
        else {
          head += numberWord((headSize + tail.length) / 2);
          tail += written;
        }
      }
      return head + tail;
    },
    read: (digits, at) => {
      let head = at;
      return types.map(({ size, read }) => {
        const place = head;
        head += size ?? WORD;
        return read(digits, size === undefined ? at + 2 * countAt(digits, place) : place);
      });
    },
  };
}

function tupleOf(components: readonly ParamType[]): Type {
  const names = components.map(({ name }) => name);
  const { size, write, read } = sequence(components.map(typeOf));
  return {
    size,
    write: (value) => {
      if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
      return write(names.map((name) => (value as Readonly<Record<string, unknown>>)[name]));
    },
    read: (digits, at) => {
      const values = read(digits, at);
      const record: Record<string, unknown> = {};
      for (const [index, name] of names.entries()) record[name] = values[index];
      return record;
    },
  };
}

/** @param fixed how many there are; -1: as many as its first word says */
function arrayOf(type: Type, fixed: number): Type {
  const items = (count: number): Sequence => sequence(Array.from({ length: count }, () => type));
  const { size } = items(Math.max(fixed, 0));
  return {
    size: fixed < 0 ? undefined : size,
    write: (value) => {
      if (!Array.isArray(value)) throw new TypeError('not a list');
      const count = fixed < 0 ? value.length : fixed;
      return (fixed < 0 ? numberWord(count) : '') + items(count).write(value as readonly unknown[]);
    },
    read: (digits, at) =>
      fixed < 0 ? items(countAt(digits, at)).read(digits, at + WORD) : items(fixed).read(digits, at),
  };
}
