import { readFileSync } from 'node:fs';
import { RemitError } from '../../workers/runtime/errors.ts';

const LIFTED = /^ *\/\/ LIFTED (\S+): (.*)$/gm;

/**
 * A proof with the lines of the contract in it that it is about. Private functions and statements cannot be called from
 * outside: `// LIFTED file: function name` takes a whole function, `// LIFTED file: first … last` what lies between.
 */
export function withLiftedCode(source: string, read = (file: string) => readFileSync(file, 'utf8')): string {
  return source.replace(LIFTED, (_, file: string, wanted: string) => {
    const text = read(file);
    const [first = '', last] = wanted.split(' … ');
    const start = text.indexOf(first);
    const end = start === -1 ? -1 : last === undefined ? endOfFunction(text, start) : endOf(text, last, start);
    if (end === -1) {
      throw new RemitError({
        code: 'PROVE_LIFT',
        message: `${file} has no '${wanted}'`,
        fix: 'correct the LIFTED line of the proof to what the contract says now',
      });
    }
    return text.slice(start, end);
  });
}

function endOf(text: string, last: string, from: number): number {
  const at = text.indexOf(last, from);
  return at === -1 ? -1 : at + last.length;
}

/** Behind the brace that closes the function that begins at `start`. */
function endOfFunction(text: string, start: number): number {
  let depth = 0;
  for (let at = text.indexOf('{', start); at !== -1 && at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return -1;
}
