import { sourceError } from './source-error.ts';

const MAX_DEPTH = 32;

/**
 * Refuses what a JSON parser would take without a word: nesting deeper than 32, and an object with one name twice, which
 * says two things at once. It reads the text once and does not judge the rest of the grammar.
 *
 * @throws RemitError SOURCE_MALFORMED
 */
export function checkJsonShape(text: string): void {
  // One entry for each open bracket: the names seen in an object, nothing for an array.
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      if (isName(text, end + 1)) addName(open.at(-1), text.slice(at, end + 1));
      at = end;
    } else if (char === '{' || char === '[') {
      if (open.push(char === '{' ? new Set() : undefined) > MAX_DEPTH)
        throw sourceError('SOURCE_MALFORMED', `nested deeper than ${MAX_DEPTH}`);
    } else if (char === '}' || char === ']') open.pop();
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function isName(text: string, after: number): boolean {
  let at = after;
  while (/^[ \t\r\n]$/.test(text[at] ?? '')) at++;
  return text[at] === ':';
}

function addName(names: Set<string> | undefined, quoted: string): void {
  let name: unknown;
  try {
    name = JSON.parse(quoted);
  } catch (cause) {
    throw sourceError('SOURCE_MALFORMED', 'not JSON: a name that is no string', {}, cause);
  }
  if (typeof name !== 'string' || names === undefined) return;
  if (names.has(name)) throw sourceError('SOURCE_MALFORMED', `the name ${quoted.slice(0, 40)} twice in one object`);
  names.add(name);
}
