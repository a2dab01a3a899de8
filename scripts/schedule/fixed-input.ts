import { readFile } from 'node:fs/promises';
import type { Hex } from '../../workers/protocol/ids.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';

/** A file with a JSON array of numbers as an input vector of float32. @throws RemitError `SCHEDULE_INPUT_INVALID` */
export async function readFixedInput(file: string, length: number): Promise<Hex> {
  let found: unknown;
  try {
    found = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
  if (!Array.isArray(found) || !found.every((value) => typeof value === 'number')) {
    throw invalid(file, 'it is not a JSON array of numbers');
  }
  if (found.length !== length) throw invalid(file, `it has ${found.length} numbers, and the model takes ${length}`);
  return `0x${Buffer.from(encodeFloats(found)).toString('hex')}`;
}

function invalid(file: string, why: string, cause?: unknown): RemitError {
  return new RemitError({
    code: 'SCHEDULE_INPUT_INVALID',
    message: `${file} is no input for this model: ${why}`,
    fix: 'give a JSON file such as [0.5, 1, 2], one number for every element of the model’s input',
    context: { file },
    cause,
  });
}
