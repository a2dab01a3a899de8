import { format, resolveConfig } from 'prettier';

/** A page of docs/audit. */
export interface Page {
  readonly name: string;
  readonly title: string;
  /** One line, for the index. */
  readonly about: string;
  readonly body: string;
}

const WRITTEN = '<!-- Written by `./dev audit`; do not edit. -->';

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;
export const list = (items: readonly string[], otherwise = '–'): string =>
  items.length === 0 ? otherwise : items.join(', ');

/** The page as it is committed. */
export async function formatted({ title, body }: Pick<Page, 'title' | 'body'>): Promise<string> {
  const text = `# ${title}\n\n${WRITTEN}\n\n${body}\n`;
  return format(text, { ...(await resolveConfig('docs/audit/README.md')), parser: 'markdown' });
}
