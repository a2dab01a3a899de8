import type { ConfigVariable } from '../runtime/config.ts';

/** The variables as a Markdown table, or as JSON. */
export function showVariables(variables: readonly ConfigVariable[], { json }: { readonly json: boolean }): string {
  if (json) return `${JSON.stringify(variables, undefined, 2)}\n`;
  const rows = variables.map(({ name, type, default: fallback, required, description }) => [
    name,
    type,
    required ? '**required**' : (fallback ?? ''),
    description,
  ]);
  const table = [['variable', 'type', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return `${table.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}\n`;
}
