import { execute } from '../../workers/canonical/executor/execute.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { readModelFile } from './examine-model.ts';
import { type ElementStory, explainBelow, explainElement, type ReadNumber } from './explain-element.ts';
import { planOf } from './model-plan.ts';
import { namedInputs } from './named-inputs.ts';
import { table } from '../chain/table.ts';

export interface ExplainArguments {
  /** File of inputs; the first of several is taken. */
  readonly input: string;
  /** Of the trace, or of an output as `NAME[i]`; else an output by name or number, and a place in it. */
  readonly element?: string;
  readonly output?: string;
  readonly at?: number;
  /** How many levels of operands are explained as well; 0 by default. */
  readonly depth?: number;
}

/** Of a window that people are shown. */
const PLACES = 20;
/** Of elements below that are explained. */
const STORIES = 1_000;

/** Which instruction and which numbers make one number of a run. Needs no chain. */
export async function explainCommand(
  file: string,
  given: ExplainArguments,
  { signal }: Pick<CommandDeps, 'signal'>,
): Promise<CommandResult> {
  const { path, bytes } = await readModelFile(file);
  const { compiled, refusal } = planOf(bytes);
  if (!compiled) throw refusal;
  const element = elementOf(given, compiled);
  const [input] = await namedInputs(given.input, compiled, path);
  const { vector, name } = input ?? { vector: new Uint32Array(compiled.plan.inputLength), name: 'zeros' };
  const trace = execute(compiled.plan, { input: vector, weights: compiled.weights }, { signal });
  const explain = (one: number): ElementStory => explainElement(compiled, { input: vector, trace }, one);
  const story = explain(element);
  const { stories, omitted } = explainBelow(story, { depth: given.depth ?? 0, most: STORIES }, explain);
  return {
    lines: [
      ...table([['input', name]]),
      ...[story, ...stories].flatMap((one, i) => [...(i === 0 ? [] : ['']), ...showStory(one)]),
      ...(omitted > 0 ? ['', `  … and ${omitted} elements more`] : []),
    ],
    json: { ...story, input: name, below: stories, omitted },
  };
}

function elementOf(given: ExplainArguments, { outputs }: CompiledModel): number {
  if (given.element !== undefined && /^\d{1,13}$/.test(given.element)) return Number(given.element);
  const [, named, place] = /^(.*)\[(\d{1,13})\]$/.exec(given.element ?? '') ?? [];
  const output = named ?? given.element ?? given.output ?? '0';
  const at = place === undefined ? (given.at ?? 0) : Number(place);
  const found =
    outputs.find(({ name }) => name === output) ?? (/^\d+$/.test(output) ? outputs[Number(output)] : undefined);
  if (found && at < found.length) return found.start + at;
  throw new RemitError({
    code: 'MODEL_ELEMENT_UNKNOWN',
    message: `the model has no element ${at} of output ${output}`,
    fix: `its outputs are ${outputs.map(({ name, length }) => `${name} (${length} elements)`).join(', ')}`,
  });
}

function showStory(story: ElementStory): string[] {
  const { windowSize, operands, divisor } = story;
  const window = story.window.slice(0, PLACES);
  const numbers = ({ at, value, bits }: ReadNumber): string[] => [at, String(value), bits];
  const rest = windowSize - window.length;
  return [
    ...table([
      ['element', `TRACE[${story.element}], at [${story.coordinates.join(', ')}] of its instruction`],
      ['instruction', `${story.instruction}, of ${story.opType} ${story.node}`],
      ['', story.text],
    ]),
    ...table(
      window.map((read, k) => [
        `window ${k}`,
        ...read.flatMap(numbers),
        ...(divisor === undefined ? [] : [`product ${read.reduce((product, { value }) => product * value, 1)}`]),
      ]),
    ),
    ...(rest > 0 ? [`  … and ${rest} more of ${windowSize}`] : []),
    ...table([
      ...operands.map((operand) => [`operand ${operand.letter}`, ...numbers(operand)]),
      ...(divisor === undefined ? [] : [['divided by', String(divisor)]]),
      ['exact value', String(story.value), story.bits],
    ]),
  ];
}
