/** A seeded stream of random numbers (mulberry32): the same everywhere, for ever. Never for secrets. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Uniform in [0, limit); `limit` is far below 2^32. */
  below(limit: number): number {
    return this.uint32() % limit;
  }

  /** `length` random bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }

  /** `length` random bytes as hex. */
  hex(length: number): `0x${string}` {
    return `0x${Buffer.from(this.bytes(length)).toString('hex')}`;
  }

  /** Uniform in [0, 2^bits). */
  big(bits: number): bigint {
    return BigInt(this.hex(Math.ceil(bits / 8))) >> BigInt((8 - (bits % 8)) % 8);
  }
}
