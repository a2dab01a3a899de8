import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { operatorNames } from '../../workers/canonical/compiler/operators.ts';

const HEAD = `# Operators

<!-- Written by \`node scripts/gen/operators.ts\` from the compiler's tables; do not edit. -->

The operators that the compiler lowers to a plan ([PLAN.md](PLAN.md)), by operator set. A model with another one, or with a use of one of
these that no plan can hold, is refused: [\`MODEL_OPERATOR_REFUSED\`](ERRORS.md#model_operator_refused) names the node. \`./dev model compile FILE\`
names all nodes whose operator is not listed here.`;

/** `docs/OPERATORS.md`, before formatting. @param names as `operatorNames` gives them: a domain other than ONNX's stands before its last dot */
export function operatorsPage(names: readonly string[]): string {
  const byDomain = new Map<string, string[]>();
  for (const full of names) {
    const dot = full.lastIndexOf('.');
    const domain = dot < 0 ? 'ai.onnx' : full.slice(0, dot);
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), full.slice(dot + 1)]);
  }
  const parts = [...byDomain].map(([domain, all]) => {
    const listed = [...all].sort().map((name) => `\`${name}\``);
    return `## ${domain}\n\n${all.length} operators: ${listed.join(', ')}.`;
  });
  return [HEAD, ...parts].join('\n\n');
}

/** `docs/OPERATORS.md` as it belongs to the compiler, formatted as `./dev check format` wants it. */
export async function formattedOperatorsPage(): Promise<string> {
  const file = fileURLToPath(new URL('../../docs/OPERATORS.md', import.meta.url));
  return format(operatorsPage(operatorNames()), { ...(await resolveConfig(file)), filepath: file });
}
