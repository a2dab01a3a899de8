import { decodeFloats, encodeFloats } from '../../workers/protocol/vector.ts';
import { bitsOfBytes } from '../../workers/roles/trial/elements.ts';
import { canonicalAnswer } from './sim-watch.ts';

type Uniform = () => number;

const ELEMENTS = 100;
/** Of the model that is watched: every output is a float32 with this absolute tolerance. */
const TOLERANCE = 1e-3;

/** A question and its canonical answer. */
export interface Question {
  readonly input: Uint8Array;
  readonly answer: Float32Array;
}

export function questions(count: number, uniform: Uniform): Question[] {
  return Array.from({ length: count }, () => {
    const input = encodeFloats(Array.from({ length: ELEMENTS }, () => uniform() * 4 - 2));
    return { input, answer: decodeFloats(canonicalAnswer(bitsOfBytes(input))) };
  });
}

/** What an honest engine makes of it: every number off by up to `part` of its tolerance. */
export function noisy({ answer }: Question, part: number, uniform: Uniform): Uint8Array {
  return encodeFloats(answer.map((number) => number + (uniform() * 2 - 1) * part * TOLERANCE));
}

const changed = (answer: Float32Array, at: number, to: (number: number) => number): Float32Array =>
  answer.map((number, index) => (index === at ? to(number) : number));

/** Ways of being wrong, from just beyond the tolerance to nonsense. */
export const WRONG: readonly ((question: Question, at: number, other: Question) => Float32Array)[] = [
  ({ answer }, at) => changed(answer, at, (number) => number + 1.5 * TOLERANCE),
  ({ answer }, at) => changed(answer, at, (number) => number - 20 * TOLERANCE),
  ({ answer }, at) => changed(answer, at, (number) => number + 1e6),
  ({ answer }, at) => changed(answer, at, () => NaN),
  ({ answer }, at) => changed(answer, at, () => Infinity),
  ({ answer }) => answer.map((number) => number * 1.01 + 0.01),
  ({ answer }) => answer.map(() => 0),
  ({ answer }) => answer.toReversed(),
  // The right answer to another question.
  (_, __, { answer }) => answer,
];

export function wrong(question: Question, nth: number, other: Question): Uint8Array {
  const way = WRONG[nth % WRONG.length] ?? (({ answer }: Question) => answer);
  return encodeFloats(way(question, nth % ELEMENTS, other));
}
