import { parse as parseCsv } from 'csv-parse/sync';
import { jsonpath, type JSONValue } from 'json-p3';

import { messageOf } from '../runtime/errors.ts';
import { checkJsonShape } from './json-shape.ts';
import { sourceError } from './source-error.ts';
import type { Source } from './sources-document.ts';

const MAX_COLUMNS_BYTES = 65_536;

/** A JSON number as it was written, because a double would change it. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type CsvPlace = Extract<Source, { csv: unknown }>['csv'];

/** @throws RemitError SOURCE_MALFORMED when the bytes are not UTF-8 */
export function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw sourceError('SOURCE_MALFORMED', 'not UTF-8', {}, cause);
  }
}

/**
 * The text of the one number that the query names: a JSON number as written, or a string.
 *
 * @throws RemitError SOURCE_MALFORMED (not JSON, nested deeper than 32, a name twice in one object), SOURCE_NO_VALUE
 *   (none, several, no number)
 */
export function numberFromJson(text: string, query: string): string {
  checkJsonShape(text);
  let plain: JSONValue;
  let texts: unknown;
  try {
    plain = JSON.parse(text) as JSONValue;
    texts = JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? new NumberText(context?.source ?? '') : value,
    );
  } catch (cause) {
    throw sourceError('SOURCE_MALFORMED', `not JSON: ${messageOf(cause)}`, {}, cause);
  }
  const { nodes } = jsonpath.query(query, plain);
  const [node] = nodes;
  if (node === undefined || nodes.length !== 1)
    throw sourceError('SOURCE_NO_VALUE', `${query} names ${nodes.length} values, not one`);
  const found = node.location.reduce<unknown>(
    (value, key) => (value as Readonly<Record<string | number, unknown>>)[key],
    texts,
  );
  if (found instanceof NumberText) return found.text;
  if (typeof found === 'string') return found;
  throw sourceError('SOURCE_NO_VALUE', `${query} names no number`);
}

/** The text in one cell. @throws RemitError SOURCE_MALFORMED (not CSV), SOURCE_NO_VALUE (no such column, not one row) */
export function numberFromCsv(text: string, { column, row }: CsvPlace): string {
  let table: string[][];
  try {
    table = parseCsv(text, { bom: true, skip_empty_lines: true, trim: true, max_record_size: MAX_COLUMNS_BYTES });
  } catch (cause) {
    throw sourceError('SOURCE_MALFORMED', `not CSV: ${messageOf(cause)}`, {}, cause);
  }
  const [header = [], ...rows] = table;
  const indexOf = (name: string): number => {
    const index = header.indexOf(name);
    if (index < 0 || header.lastIndexOf(name) !== index)
      throw sourceError('SOURCE_NO_VALUE', `not exactly one column ${name}`);
    return index;
  };
  const cell = indexOf(column);
  if (typeof row === 'string') {
    const chosen = row === 'first' ? rows[0] : rows.at(-1);
    if (chosen === undefined) throw sourceError('SOURCE_NO_VALUE', 'no rows');
    return chosen[cell] ?? '';
  }
  const key = indexOf(row.column);
  const matching = rows.filter((cells) => cells[key] === row.equals);
  const [only] = matching;
  if (only === undefined || matching.length !== 1)
    throw sourceError('SOURCE_NO_VALUE', `${matching.length} rows with ${row.column} = ${row.equals}, not one`);
  return only[cell] ?? '';
}
