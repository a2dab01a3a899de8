import type { IndexMap } from './index-map.ts';

/** What a walk meets, in order: runs of elements `step` apart, and runs that are out of range. */
export interface RunSink {
  /** `count` elements from `address` on go to `at` and what follows. */
  run(at: number, address: number, step: number, count: number): void;
  /** `count` elements from `at` on are out of range. */
  gap(at: number, count: number): void;
}

/**
 * Walks an index map, the last dimension fastest, and tells a sink the addresses in runs. Addresses and numerators are
 * carried along by additions; the innermost dimension's range is solved for, not tried, wherever no divisor is in the way.
 */
export class IndexWalk {
  readonly #map: IndexMap;
  readonly #inner: number;
  readonly #outer: number;
  readonly #position: Float64Array;
  readonly #numerators: Float64Array;
  readonly #coefficients: Float64Array;
  /** a guard with a divisor that the innermost dimension moves: every element is looked at on its own */
  readonly #uneven: boolean;
  #address = 0;

  constructor(map: IndexMap) {
    this.#map = map;
    this.#outer = map.sizes.length - 1;
    this.#inner = map.sizes[this.#outer] ?? 1;
    this.#position = new Float64Array(map.sizes.length);
    this.#numerators = new Float64Array(map.guards.length);
    this.#coefficients = Float64Array.from(map.guards.flatMap(({ coefficients }) => coefficients));
    this.#uneven = map.guards.some(({ divisor, coefficients }) => divisor > 1 && coefficients[this.#outer] !== 0);
  }

  /** Walks `count` elements from the flat index `first` on; the first of them goes to `at`. */
  walk(first: number, count: number, at: number, sink: RunSink): void {
    let from = this.#seek(first);
    let left = count;
    let to = at;
    for (;;) {
      const length = Math.min(left, this.#inner - from);
      if (this.#uneven) this.#single(from, length, to, sink);
      else this.#row(from, length, to, sink);
      left -= length;
      if (left === 0) return;
      to += length;
      from = 0;
      this.#advance();
    }
  }

  /** Stands at the start of the row that holds a flat index, and returns the index within the row. */
  #seek(first: number): number {
    const { sizes, steps, guards, base } = this.#map;
    const within = first % this.#inner;
    let rest = (first - within) / this.#inner;
    this.#address = base;
    guards.forEach(({ offset }, j) => (this.#numerators[j] = offset));
    for (let i = this.#outer - 1; i >= 0; i--) {
      const size = sizes[i] ?? 1;
      const x = rest % size;
      rest = (rest - x) / size;
      this.#position[i] = x;
      this.#address += x * (steps[i] ?? 0);
      guards.forEach(({ coefficients }, j) => {
        this.#numerators[j] = (this.#numerators[j] ?? 0) + x * (coefficients[i] ?? 0);
      });
    }
    return within;
  }

  #advance(): void {
    const { sizes, steps } = this.#map;
    const numerators = this.#numerators;
    const rank = sizes.length;
    for (let i = this.#outer - 1; i >= 0; i--) {
      const size = sizes[i] as number;
      const x = (this.#position[i] as number) + 1;
      const wraps = x === size;
      const moved = wraps ? 1 - size : 1;
      this.#position[i] = wraps ? 0 : x;
      this.#address += moved * (steps[i] as number);
      for (let j = 0; j < numerators.length; j++) {
        numerators[j] = (numerators[j] as number) + moved * (this.#coefficients[j * rank + i] as number);
      }
      if (!wraps) return;
    }
  }

  #row(from: number, length: number, at: number, sink: RunSink): void {
    const { steps, guards } = this.#map;
    let low = from;
    let high = from + length;
    for (let j = 0; j < guards.length; j++) {
      const { size, divisor, coefficients } = guards[j] as (typeof guards)[number];
      const numerator = this.#numerators[j] as number;
      const coefficient = coefficients[this.#outer] as number;
      if (coefficient === 0) {
        if (numerator < 0 || numerator >= size * divisor || (divisor !== 1 && numerator % divisor !== 0)) high = low;
        continue;
      }
      // 0 ≤ numerator + coefficient · t < size
      const up = coefficient > 0;
      const first = up ? Math.ceil(-numerator / coefficient) : Math.floor((numerator - size) / -coefficient) + 1;
      const end = up ? Math.ceil((size - numerator) / coefficient) : Math.floor(numerator / -coefficient) + 1;
      if (first > low) low = first;
      if (end < high) high = end;
    }
    if (low >= high) {
      sink.gap(at, length);
      return;
    }
    let step = steps[this.#outer] as number;
    let address = this.#address + low * step;
    for (let j = 0; j < guards.length; j++) {
      const { divisor, stride, coefficients } = guards[j] as (typeof guards)[number];
      const coefficient = coefficients[this.#outer] as number;
      address += stride * (((this.#numerators[j] as number) + coefficient * low) / divisor);
      step += stride * coefficient;
    }
    if (low > from) sink.gap(at, low - from);
    sink.run(at + low - from, address, step, high - low);
    if (high < from + length) sink.gap(at + high - from, from + length - high);
  }

  #single(from: number, length: number, at: number, sink: RunSink): void {
    const { steps, guards } = this.#map;
    for (let t = from; t < from + length; t++) {
      let address = this.#address + t * (steps[this.#outer] as number);
      let inRange = true;
      for (let j = 0; j < guards.length && inRange; j++) {
        const { size, divisor, stride, coefficients } = guards[j] as (typeof guards)[number];
        const numerator = (this.#numerators[j] as number) + t * (coefficients[this.#outer] as number);
        const c = numerator / divisor;
        inRange = numerator % divisor === 0 && c >= 0 && c < size;
        address += stride * c;
      }
      if (inRange) sink.run(at + t - from, address, 0, 1);
      else sink.gap(at + t - from, 1);
    }
  }
}
