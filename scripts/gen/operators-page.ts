import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { operatorNames } from '../../workers/canonical/compiler/operators.ts';

const HEAD = `# Operators

<!-- Written by \`node scripts/gen/operators.ts\` from the compiler's tables; do not edit. -->

The operators that the compiler lowers to a plan ([PLAN.md](PLAN.md)), by operator set. A model with another one, or with a use of one of
these that no plan can hold, is refused: [\`MODEL_OPERATOR_REFUSED\`](ERRORS.md#model_operator_refused) names the node. \`./dev model compile FILE\`
names all nodes whose operator is not listed here.`;

const REFUSED = `## What is refused, and why

A plan is fixed when the model is compiled: every shape, every address and the number of instructions. The judge has float32 and int32, and
recomputes one number from others. What needs more than that is refused, whichever operator asks for it.

| refused | why | instead |
| --- | --- | --- |
| operators that are not listed | nobody wrote down what the judge should recompute | export with listed ones |
| outputs whose shape depends on numbers: \`NonZero\`, \`Unique\`, \`Compress\`, \`NonMaxSuppression\` | an address would depend on the input | give all candidates with their scores, choose outside of the model |
| axes, shapes, k, repeats, pads or steps that are computed from inputs | the same | constants; \`./dev model compile FILE --bind NAME=VALUE --out BOUND.onnx\` makes a graph input one |
| \`If\`, \`Loop\` and \`Scan\` that the input decides, or of too many passes | the number of instructions would depend on the input | \`Where\`; a constant number of passes |
| \`Scatter\` to computed indices, or with a reduction | which number comes last would depend on the input | constant indices; \`Where\` |
| random numbers: \`Bernoulli\`, \`RandomNormal\`, \`Multinomial\`, \`Dropout\` while training | there is no one right answer | an input that the requester draws |
| strings, sequences, optionals, maps | an element is one number of 4 bytes | numbers |
| float64 and float16 computations; whole numbers that need 32 bits without a sign | the judge has float32 and int32; weights of other floats are taken as float32 | export in float32 |
| places of maxima of \`MaxPool\` | two outputs of one window | \`ArgMax\` |
| uses of a listed operator that ONNX allows and few exporters write: a mode, a policy, an activation | nobody needed them | the message names the one to use |
| data outside of the file, functions of the model's own, sparse initializers | nodes compile the file alone, read in one way only | inline them |
| more instructions, elements or weights than a plan may have | every node has to hold and hash it | smaller shapes, or several models |

64-bit whole numbers are computed in 32 bits where they fit. Where they may not, and where a small difference can become a large one (rounding,
comparisons and choices before the output), the model compiles, and nodes have to answer from the canonical run: \`./dev model compile FILE\`
names the nodes.`;

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
    return `## ${domain}\n\n${all.length === 1 ? '1 operator' : `${all.length} operators`}: ${listed.join(', ')}.`;
  });
  return [HEAD, ...parts, REFUSED].join('\n\n');
}

/** `docs/OPERATORS.md` as it belongs to the compiler, formatted as `./dev check format` wants it. */
export async function formattedOperatorsPage(): Promise<string> {
  const file = fileURLToPath(new URL('../../docs/OPERATORS.md', import.meta.url));
  return format(operatorsPage(operatorNames()), { ...(await resolveConfig(file)), filepath: file });
}
