import { basename } from 'node:path';
import { RemitError } from '../../workers/runtime/errors.ts';

export function unknownFormat(file: string, why: string): RemitError {
  return new RemitError({
    code: 'INPUT_FORMAT_UNKNOWN',
    message: `${basename(file)} ${why}`,
    fix: 'Give a JSON file ({values}, a list of {values, label}, or {input_data}) or a JPEG or PNG picture.',
    context: { file },
  });
}

export function unreadable(file: string, why: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'INPUT_FILE_UNREADABLE',
    message: `${basename(file)} cannot be read: ${why}`,
    fix: 'Check the path, the rights, and that the file is whole.',
    context: { file },
    cause,
  });
}
