import { createHash } from 'node:crypto';
import type { Mutation, Operator } from './mutation.ts';
import { solidityMutations } from './solidity-operators.ts';
import { type SyntaxNode, textAt, walk } from './syntax-tree.ts';
import { yulMutations } from './yul-operators.ts';

/** One changed source. */
export interface Mutant {
  /** The same as long as the changed function's text around it is: it does not depend on line numbers. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  /** `Contract.function`, or the contract alone outside of functions. */
  readonly where: string;
  readonly operator: Operator;
  readonly before: string;
  readonly after: string;
  readonly start: number;
  readonly end: number;
}

/** Nodes that a mutation of theirs would not compile or say nothing: imports, types, interfaces, documentation. */
const SKIPPED = new Set(['ImportDirective', 'PragmaDirective', 'StructuredDocumentation', 'UserDefinedTypeName']);

/** Every mutant of a source in the order of its text, without doubles. */
export function listMutants(file: string, source: Buffer, tree: SyntaxNode): Mutant[] {
  const seen = new Map<string, number>();
  const found = new Map<string, { readonly mutation: Mutation; readonly where: string }>();
  for (const { node, ancestors } of walk(tree)) {
    if ([node, ...ancestors].some(({ nodeType }) => SKIPPED.has(nodeType))) continue;
    const mutations = node.nodeType.startsWith('Yul')
      ? yulMutations({ node, ancestors, source })
      : solidityMutations({ node, ancestors, source });
    for (const mutation of mutations) {
      const key = `${mutation.start}:${mutation.end}:${mutation.replacement}`;
      if (!found.has(key)) found.set(key, { mutation, where: placeOf([node, ...ancestors]) });
    }
  }
  return [...found.values()]
    .sort((a, b) => a.mutation.start - b.mutation.start || a.mutation.end - b.mutation.end)
    .map(({ mutation, where }) => {
      const before = source.toString('utf8', mutation.start, mutation.end);
      const name = [file, where, mutation.operator, before, mutation.replacement].join('|');
      const nth = (seen.get(name) ?? 0) + 1;
      seen.set(name, nth);
      return {
        id: createHash('sha256').update(`${name}|${nth}`).digest('hex').slice(0, 10),
        file,
        line: source.subarray(0, mutation.start).toString('utf8').split('\n').length,
        where,
        operator: mutation.operator,
        before,
        after: mutation.replacement,
        start: mutation.start,
        end: mutation.end,
      };
    });
}

/** The source with the mutant in it. */
export function withMutant(source: Buffer, { start, end, after }: Mutant): string {
  return Buffer.concat([source.subarray(0, start), Buffer.from(after), source.subarray(end)]).toString('utf8');
}

function placeOf(nodes: readonly SyntaxNode[]): string {
  const of = (...types: string[]): SyntaxNode | undefined => nodes.find(({ nodeType }) => types.includes(nodeType));
  const inner = of('FunctionDefinition', 'ModifierDefinition');
  const name = inner && (textAt(inner, 'name') || textAt(inner, 'kind'));
  const outer = of('ContractDefinition');
  return [outer && textAt(outer, 'name'), name].filter(Boolean).join('.');
}
