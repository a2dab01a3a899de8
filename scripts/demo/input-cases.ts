import { basename } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../workers/inference/input-errors.ts';
import { messageOf } from '../../workers/runtime/errors.ts';
import { lengthOf, shapeText, type DemoInput, type InputSpec } from './demo-input.ts';
import { unknownFormat, unreadable } from './input-file-errors.ts';

// `values` and friends are looked at by `flat`, which names the element that is no number.
const listed = z.array(z.unknown());
const values = z.object({
  values: listed,
  label: z.union([z.number(), z.string(), z.null()]).optional(),
  name: z.string().optional(),
});
const ezkl = z.object({ input_data: listed, output_data: listed.optional() });

export interface ParseCasesOptions {
  readonly file: string;
  readonly inputs: readonly InputSpec[];
}

/**
 * Reads `{values, label?}`, a list of those, or ezkl's `{input_data, output_data?}` (one list per graph input). Values
 * may be nested; for a model of several inputs they are one list per input.
 *
 * @throws RemitError `INPUT_FILE_UNREADABLE`, `INPUT_FORMAT_UNKNOWN`, `INPUT_SHAPE`, `INPUT_TYPE`
 */
export function parseCases(text: string, { file, inputs }: ParseCasesOptions): DemoInput[] {
  const json = parse(text, file);
  const ofEzkl = ezkl.safeParse(json);
  if (ofEzkl.success) {
    const { input_data: given, output_data: expected } = ofEzkl.data;
    const tensors = perInput(given, inputs, basename(file));
    return [
      {
        name: basename(file),
        tensors,
        ...(expected ? { expected: expected.map((output) => flat([output], 'output_data')) } : {}),
      },
    ];
  }
  const list = z
    .array(values)
    .min(1)
    .safeParse(Array.isArray(json) ? json : [json]);
  if (!list.success) throw unknownFormat(file, 'has none of the known forms');
  return list.data.map(({ values: given, label, name }, at) => {
    const known = name ?? (list.data.length === 1 ? basename(file) : `${basename(file)} #${at + 1}`);
    const tensors = perInput(inputs.length === 1 ? [given] : given, inputs, known);
    return { name: known, tensors, ...(label === undefined || label === null ? {} : { label }) };
  });
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause);
  }
}

function perInput(given: readonly unknown[], inputs: readonly InputSpec[], where: string): number[][] {
  if (given.length !== inputs.length) {
    const expected = inputs.map((input) => `${input.name} ${shapeText(input)}`).join(', ');
    throw inputError(
      'INPUT_SHAPE',
      `${where}: the model has ${inputs.length} inputs (${expected}), got ${given.length}`,
      { where },
    );
  }
  return inputs.map((input, at) => {
    const numbers = flat([given[at]], `${where}, input "${input.name}"`);
    if (numbers.length === lengthOf(input)) return numbers;
    const wanted = `${lengthOf(input)} numbers ${shapeText(input)}`;
    throw inputError('INPUT_SHAPE', `${where}: input "${input.name}" expected ${wanted}, got ${numbers.length}`, {
      name: input.name,
      expected: lengthOf(input),
      got: numbers.length,
    });
  });
}

/** The numbers of nested lists, in order. Throws `INPUT_TYPE` for anything that is neither a list nor a number. */
function flat(nested: readonly unknown[], where: string): number[] {
  // A stack of our own: a hostile file can nest deeper than calls can.
  const numbers: number[] = [];
  const waiting = nested.toReversed();
  while (waiting.length > 0) {
    const item = waiting.pop();
    if (typeof item === 'number') numbers.push(item);
    else if (Array.isArray(item)) for (let at = item.length - 1; at >= 0; at -= 1) waiting.push(item[at]);
    else
      throw inputError(
        'INPUT_TYPE',
        `${where}: element ${numbers.length} is ${item === null ? 'null' : typeof item}, expected a number`,
        { where },
      );
  }
  return numbers;
}
