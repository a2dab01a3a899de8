/** Bytes, or a list of fields. */
export type RlpField = Uint8Array | readonly RlpField[];

const SHORT_MAX = 55;

/** Recursive length prefix (Ethereum's yellow paper, appendix B), over bytes: without a detour over hexadecimal strings. */
export function rlp(field: RlpField): Buffer {
  if (field instanceof Uint8Array) {
    const [first = 0] = field;
    return field.length === 1 && first < 0x80 ? Buffer.from(field) : Buffer.concat([prefix(field.length, 0x80), field]);
  }
  const items = Buffer.concat(field.map((item) => rlp(item)));
  return Buffer.concat([prefix(items.length, 0xc0), items]);
}

function prefix(length: number, base: number): Buffer {
  if (length <= SHORT_MAX) return Buffer.of(base + length);
  const digits = quantity(BigInt(length));
  return Buffer.concat([Buffer.of(base + SHORT_MAX + digits.length), digits]);
}

/** Big-endian, without leading zeros: zero is no byte at all. */
export function quantity(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** The bytes that `hex` says. @throws TypeError */
export function bytesOf(hex: string): Buffer {
  const bytes = Buffer.from(hex.slice(2), 'hex');
  // `Buffer.from` stops at what is no digit, without a word.
  if (!hex.startsWith('0x') || bytes.length * 2 !== hex.length - 2)
    throw new TypeError(`not hexadecimal: ${hex.slice(0, 80)}`);
  return bytes;
}
