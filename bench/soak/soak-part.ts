import type { Clock } from '../../workers/runtime/clock.ts';

export interface SoakOption {
  readonly fallback: number;
  /** For `--help`. */
  readonly about: string;
}

export interface SoakDeps {
  readonly clock: Clock;
  /** Everything that is drawn comes from it. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface SoakResult {
  /** What was seen, for the last line. */
  readonly figures: object;
  /** What had to be so, in words, and whether it was. */
  readonly targets: Readonly<Record<string, boolean>>;
}

/** One part of `./dev bench soak`. */
export interface SoakPart {
  readonly name: string;
  /** For `--help`: what it does and what it demands; lines of up to 100 characters. */
  readonly about: string;
  /** Whole numbers that the command line may set, as `--<name> <number>`. */
  readonly options: Readonly<Record<string, SoakOption>>;
  /** What is not `given` has its fallback. */
  readonly run: (given: ReadonlyMap<string, number>, deps: SoakDeps) => Promise<SoakResult>;
}

/** A part whose `run` is given a number for each of its options. */
export function defineSoak<const Name extends string>(part: {
  readonly name: string;
  readonly about: string;
  readonly options: Readonly<Record<Name, SoakOption>>;
  readonly run: (numbers: Readonly<Record<Name, number>>, deps: SoakDeps) => Promise<SoakResult>;
}): SoakPart {
  const options: readonly [string, SoakOption][] = Object.entries(part.options);
  return {
    ...part,
    run: (given, deps) => {
      const numbers = options.map(([name, { fallback }]) => [name, given.get(name) ?? fallback]);
      return part.run(Object.fromEntries(numbers) as Record<Name, number>, deps);
    },
  };
}
