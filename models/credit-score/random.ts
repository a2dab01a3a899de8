/** A stream of random numbers that is the same on every machine: integer arithmetic and square roots only. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Roughly normal, mean 0 and variance 1: the sum of 12 uniforms less 6, so no tail beyond ±6. */
  normal(): number;
  /** An integer in [0, n). */
  below(n: number): number;
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function uniform(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  function normal(): number {
    let sum = -6;
    for (let draw = 0; draw < 12; draw += 1) sum += uniform();
    return sum;
  }
  return { uniform, normal, below: (n) => Math.floor(uniform() * n) };
}
