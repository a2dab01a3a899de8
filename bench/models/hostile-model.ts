import type { Random } from '../../models/credit-score/random.ts';
import type { CanaryPlaces } from './canaries.ts';

/** What a family draws its files from. */
export interface Draw {
  readonly random: Random;
  /** How many files of this family were drawn before. */
  readonly nth: number;
  readonly canaries: CanaryPlaces;
}

export interface HostileFile {
  readonly bytes: Uint8Array;
  /** What every whole number of the input is when the model gets as far as being run. */
  readonly fill?: number;
  /** Loaded where the operator admits If, Loop and Scan, so that they reach the engine. */
  readonly admitControlFlow?: boolean;
}

/** One way to hurt whoever loads a model. */
export interface Family {
  readonly name: string;
  readonly draw: (draw: Draw) => HostileFile;
}

export function pick<T>({ random }: Pick<Draw, 'random'>, choices: readonly [T, ...T[]]): T {
  return choices[random.below(choices.length)] ?? choices[0];
}

/** The choices one after another, so that few files meet all of them. */
export function turn<T>({ nth }: Pick<Draw, 'nth'>, choices: readonly [T, ...T[]]): T {
  return choices[nth % choices.length] ?? choices[0];
}
