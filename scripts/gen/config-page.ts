import type * as z from 'zod';
import { type ConfigVariable, listVariables } from '../../workers/runtime/config.ts';

/** One role and the schema it reads its environment with. */
export interface RoleSchema {
  readonly role: string;
  readonly schema: z.ZodObject;
}

interface Row extends ConfigVariable {
  readonly roles: readonly string[];
}

const HEAD = `# Configuration

<!-- Written by \`node scripts/gen/config.ts\` from the schemas in workers/; do not edit. -->

Workers read environment variables and nothing else. An absent variable means its default. One that is present but cannot be used,
and one with the prefix \`REMIT_\` that nothing reads, stop the process before it does anything: \`CONFIG_INVALID\` names every
problem at once ([ERRORS](ERRORS.md#config_invalid)). An empty text is not absent.

Durations carry their unit (\`250ms\`, \`12s\`, \`5m\`, \`2h\`, \`1d\`); lists are separated by commas; token amounts are whole
numbers in the token's smallest unit.`;

/** `docs/CONFIG.md`, before formatting: variables by who reads them, in the order of the schemas, and `tail`. */
export function configPage(roles: readonly RoleSchema[], tail: string): string {
  const rows = new Map<string, Row>();
  for (const { role, schema } of roles) {
    for (const variable of listVariables(schema)) {
      // The same name may mean something else to another role: another default, or required there.
      const key = JSON.stringify(variable);
      rows.set(key, { ...variable, roles: [...(rows.get(key)?.roles ?? []), role] });
    }
  }
  const everybody = roles.map(({ role }) => role).join(', ');
  const readers = Map.groupBy(rows.values(), (row) => row.roles.join(', '));
  const sections = [...readers]
    .toSorted(([, [a]], [, [b]]) => (b?.roles.length ?? 0) - (a?.roles.length ?? 0))
    .map(([who, variables]) =>
      [
        `## ${who === everybody ? 'Every role' : titleOf(who)}`,
        '',
        '| variable | type | default | meaning |',
        '| --- | --- | --- | --- |',
        ...variables.map(lineOf),
      ].join('\n'),
    );
  return [HEAD, ...sections, tail].join('\n\n');
}

function lineOf({ name, type, default: fallback, required, description }: Row): string {
  const value = required
    ? '**required**'
    : fallback === undefined
      ? 'none'
      : fallback === ''
        ? 'empty'
        : code(fallback);
  return `| ${[code(name), type, value, description].map(cell).join(' | ')} |`;
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const titleOf = (who: string): string => `${who.charAt(0).toUpperCase()}${who.slice(1)}`;
