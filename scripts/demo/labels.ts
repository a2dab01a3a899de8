import { lengthOf, type InputSpec } from './demo-input.ts';
import { findFaces } from './faces.ts';

/** A model's answer in words. */
export interface Answer {
  readonly text: string;
  /** The class chosen, where the model chooses one. */
  readonly choice?: number;
  /** Whether the answer is what the label says; undefined when there is no label or it is not about the choice. */
  readonly agrees?: boolean;
}

export interface AnsweredModel {
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly InputSpec[];
}

type Reader = (outputs: readonly (readonly number[])[], label: number | string | undefined) => Answer;

/** https://www.cs.toronto.edu/~kriz/cifar.html */
const CIFAR10 = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
/** Julian et al. 2016, "Policy compression for aircraft collision avoidance systems": the lowest cost is advised. */
const ADVISORIES = ['clear of conflict', 'weak left', 'weak right', 'strong left', 'strong right'];

// A model is known by its sizes and, where those say too little, its names: `inputs>outputs`.
const READERS: Readonly<Record<string, Reader>> = {
  '784>10': chosen('digit', DIGITS),
  '3072>10': chosen('', CIFAR10),
  'features:10>score:1': creditScore,
  '5>5': advisory,
  '230400>8840,17680': faces,
};

/**
 * What `outputs` (flat, one list per graph output) mean. Models that are not known by their shape get their numbers, the
 * three largest first.
 */
export function readAnswer(
  { inputs, outputs: specs }: AnsweredModel,
  outputs: readonly (readonly number[])[],
  label?: number | string,
): Answer {
  const sizes = (list: readonly InputSpec[]): string => list.map(lengthOf).join();
  const named = (list: readonly InputSpec[]): string => list.map((spec) => `${spec.name}:${lengthOf(spec)}`).join();
  const reader = READERS[`${named(inputs)}>${named(specs)}`] ?? READERS[`${sizes(inputs)}>${sizes(specs)}`];
  return reader ? reader(outputs, label) : anything(specs, outputs);
}

function chosen(what: string, names: readonly string[]): Reader {
  return ([scores = []], label) => {
    const [choice = 0, second = 0] = ranked(scores);
    const text = [what, names[choice] ?? `class ${choice}`].filter(Boolean).join(' ');
    const runnerUp = `then ${names[second] ?? `class ${second}`} ${number(scores[second])}`;
    return { text: `${text} (${number(scores[choice])}, ${runnerUp})`, choice, ...verdict(choice, label) };
  };
}

function creditScore([scores = []]: readonly (readonly number[])[], label: number | string | undefined): Answer {
  const score = scores[0] ?? NaN;
  const choice = score > 0.5 ? 1 : 0;
  return {
    text: `score ${number(score)}: ${choice === 1 ? 'likely repaid' : 'likely not repaid'}`,
    choice,
    ...verdict(choice, label),
  };
}

function advisory([costs = []]: readonly (readonly number[])[]): Answer {
  // Labels that come with these states name a property under test, not an advisory.
  const choice = ranked(costs.map((cost) => -cost))[0] ?? 0;
  return { text: `${ADVISORIES[choice] ?? '?'} (lowest cost, ${number(costs[choice])})`, choice };
}

function faces([scores = [], boxes = []]: readonly (readonly number[])[]): Answer {
  const found = findFaces(scores, boxes);
  const certainty = found.length === 0 ? '' : ` (${found.map(({ score }) => number(score)).join(', ')})`;
  return { text: `${found.length} ${found.length === 1 ? 'face' : 'faces'}${certainty}`, choice: found.length };
}

function anything(specs: readonly InputSpec[], outputs: readonly (readonly number[])[]): Answer {
  const shown = outputs.map((values, at) => {
    const name = specs[at]?.name ?? `output ${at}`;
    if (values.length === 1) return `${name} ${number(values[0])}`;
    const top = ranked(values).slice(0, 3);
    return `${name} largest of ${values.length}: ${top.map((index) => `#${index} ${number(values[index])}`).join(', ')}`;
  });
  return { text: shown.join('; ') };
}

function verdict(choice: number, label: number | string | undefined): { agrees?: boolean } {
  return label === undefined ? {} : { agrees: String(choice) === String(label) };
}

/** Places of the values, largest first; the earlier of two equals first. */
function ranked(values: readonly number[]): number[] {
  return values.map((_, index) => index).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
}

function number(value: number | undefined): string {
  return value === undefined ? '?' : Number(value.toPrecision(4)).toString();
}
