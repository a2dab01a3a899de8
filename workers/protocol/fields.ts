import { type Address, type Hex32, parseAddress, parseHex32 } from './ids.ts';
import { MalformedError, shown } from './malformed.ts';

/** A Solidity type that the chain's records are made of. Enums are `uint8`. */
export type FieldType = 'address' | 'bytes32' | `uint${8 | 16 | 32 | 40 | 64 | 96 | 128 | 256}`;

/** How a record's fields are named and encoded, in their order on the chain. Field names are those of the Solidity struct. */
export type FieldTable<T> = readonly (readonly [name: keyof T & string, type: FieldType])[];

/** The tuple type that ethers' coder takes. */
export function tupleOf<T>(fields: FieldTable<T>): string {
  return `tuple(${fields.map(([name, type]) => `${type} ${name}`).join(',')})`;
}

/** The record's values in the order of its fields, as ethers' coder takes them. */
export function valuesOf<T>(record: T, fields: FieldTable<T>): T[keyof T][] {
  return fields.map(([name]) => record[name]);
}

/** Reads fields of an object of unknown origin: parsed JSON, or a result of ethers' decoder. Errors name the field. */
export class FieldReader {
  readonly #name: string;
  readonly #source: object;

  /** @throws MalformedError `RECORD_MALFORMED` when `source` is no object. */
  constructor(name: string, source: unknown) {
    if (typeof source !== 'object' || source === null) throw malformed(name, 'an object', source);
    this.#name = name;
    this.#source = source;
  }

  address(field: string): Address {
    return this.#named(field, 'an address', parseAddress);
  }

  hex32(field: string): Hex32 {
    return this.#named(field, '32 bytes of hex', parseHex32);
  }

  /** An unsigned integer below 2^bits, from a bigint, a safe integer or a string of decimal digits. */
  big(field: string, bits: 40 | 64 | 80 | 96 | 128 | 256): bigint {
    return this.#integer(field, { from: 0n, below: 1n << BigInt(bits) }, `an unsigned integer below 2^${bits}`);
  }

  /** A signed integer of so many bits, from what `big` takes. */
  signed(field: string, bits: 128): bigint {
    const half = 1n << BigInt(bits - 1);
    return this.#integer(field, { from: -half, below: half }, `a signed integer of ${bits} bits`);
  }

  /** The same as a number; `bits` above 53 are capped to the safe integers. */
  number(field: string, bits: 8 | 16 | 24 | 32 | 40 | 64): number {
    const exponent = Math.min(bits, 53);
    const range = { from: 0n, below: 1n << BigInt(exponent) };
    return Number(this.#integer(field, range, `an unsigned integer below 2^${exponent}`));
  }

  /** One of the numbers of an enum. */
  member<T extends number>(field: string, members: Readonly<Record<string, T>>): T {
    const wanted = this.number(field, 8);
    const member = Object.values(members).find((value) => value === wanted);
    if (member === undefined)
      throw malformed(`${this.#name}.${field}`, `one of ${Object.values(members).join(', ')}`, String(wanted));
    return member;
  }

  /** A list of records. */
  list<T>(field: string, read: (reader: FieldReader) => T): readonly T[] {
    const value = this.#get(field);
    if (!Array.isArray(value)) throw malformed(`${this.#name}.${field}`, 'a list', value);
    return value.map((item, i) => read(new FieldReader(`${this.#name}.${field}[${i}]`, item)));
  }

  #get(field: string): unknown {
    return (this.#source as Readonly<Record<string, unknown>>)[field];
  }

  #integer(field: string, range: { readonly from: bigint; readonly below: bigint }, expected: string): bigint {
    return this.#named(field, expected, (value) => {
      const integer = integerOf(value);
      if (integer === undefined || integer < range.from || integer >= range.below) throw new RangeError(expected);
      return integer;
    });
  }

  #named<T>(field: string, expected: string, parse: (value: unknown) => T): T {
    const value = this.#get(field);
    try {
      return parse(value);
    } catch {
      throw malformed(`${this.#name}.${field}`, expected, value);
    }
  }
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^(0|-?[1-9]\d{0,77})$/.test(value) ? BigInt(value) : undefined;
}

function malformed(path: string, expected: string, value: unknown): MalformedError {
  const found = typeof value === 'number' || typeof value === 'bigint' ? String(value) : shown(value);
  return new MalformedError({
    code: 'RECORD_MALFORMED',
    message: `${path}: expected ${expected}, got ${found}`,
    fix: `give ${path} as ${expected}`,
    context: { path },
  });
}
