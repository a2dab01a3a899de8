import { execute } from '../../workers/canonical/executor/execute.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { CommandDeps, CommandResult } from './command-result.ts';
import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { readModelFile } from './examine-model.ts';
import { type ElementStory, explainElement, type ReadNumber } from './explain-element.ts';
import { planOf } from './model-plan.ts';
import { namedInputs } from './named-inputs.ts';
import { table } from './show-model.ts';

export interface ExplainArguments {
  /** File of inputs; the first of several is taken. */
  readonly input: string;
  /** Of the trace; else an output by name or number, and a place in it. */
  readonly element?: number;
  readonly output?: string;
  readonly at?: number;
}

const PLACES = 20;

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
  const story = explainElement(compiled, { input: vector, trace }, { element, places: PLACES });
  return { lines: showStory(story, name), json: { ...story, input: name } };
}

function elementOf({ element, output = '0', at = 0 }: ExplainArguments, { outputs }: CompiledModel): number {
  if (element !== undefined) return element;
  const found =
    outputs.find(({ name }) => name === output) ?? (/^\d+$/.test(output) ? outputs[Number(output)] : undefined);
  if (found && at < found.length) return found.start + at;
  throw new RemitError({
    code: 'MODEL_ELEMENT_UNKNOWN',
    message: `the model has no element ${at} of output ${output}`,
    fix: `its outputs are ${outputs.map(({ name, length }) => `${name} (${length} elements)`).join(', ')}`,
  });
}

function showStory(story: ElementStory, input: string): string[] {
  const { windowSize, window, operands, divisor } = story;
  const numbers = ({ at, value, bits }: ReadNumber): string[] => [at, String(value), bits];
  const rest = windowSize - window.length;
  return [
    ...table([
      ['input', input],
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
