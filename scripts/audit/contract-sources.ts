import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { children, isNode, type SyntaxNode, textAt } from '../mutants/syntax-tree.ts';

/** The contracts that are shipped, as solc reads them. */
export interface ContractSources {
  /** By path. */
  readonly files: ReadonlyMap<string, SourceText>;
  /** By the id that other nodes refer to it with. */
  readonly byId: ReadonlyMap<number, Declared>;
  /** By name. */
  readonly contracts: ReadonlyMap<string, Declared>;
}

export interface SourceText {
  readonly path: string;
  readonly text: string;
  readonly tree: SyntaxNode;
}

/** A declaration and the file it is in. */
export interface Declared {
  readonly node: SyntaxNode;
  readonly file: SourceText;
}

/** What is not shipped: for tests and measurements. */
const OUT = /^contracts\/mocks\//;

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast: SyntaxNode }>>;
}

export function shippedFiles(): readonly string[] {
  return globSync('contracts/**/*.sol')
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => !OUT.test(file))
    .sort();
}

/** Parses and analyses every shipped file; makes no code. @throws Error with what solc says */
export function readContracts(): ContractSources {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string, callbacks: object): string };
  const paths = shippedFiles();
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(paths.map((file) => [file, { content: readFileSync(file, 'utf8') }])),
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '': ['ast'] } } },
  };
  const load = (file: string): object => ({ contents: readFileSync(path.join('node_modules', file), 'utf8') });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: load })) as Output;
  const failed = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (failed.length > 0) throw new Error(failed.map(({ formattedMessage }) => formattedMessage).join('\n'));

  const files = new Map<string, SourceText>();
  const byId = new Map<number, Declared>();
  const contracts = new Map<string, Declared>();
  for (const [file, { ast }] of Object.entries(output.sources)) {
    const text = input.sources[file]?.content ?? readFileSync(path.join('node_modules', file), 'utf8');
    const source = { path: file, text, tree: ast };
    if (input.sources[file]) files.set(file, source);
    walk(ast, (node) => {
      if (typeof node['id'] === 'number') byId.set(node['id'], { node, file: source });
    });
    for (const node of children(ast, 'nodes')) {
      if (node.nodeType === 'ContractDefinition') contracts.set(textAt(node, 'name'), { node, file: source });
    }
  }
  return { files, byId, contracts };
}

/** Every node below this one, and itself. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(one)) walk(one, visit);
  }
}

/** The text of a node, on one line. */
export function sourceOf({ node, file }: Declared): string {
  const [start = 0, length = 0] = node.src.split(':').map(Number);
  return Buffer.from(file.text)
    .subarray(start, start + length)
    .toString('utf8')
    .replaceAll(/\s+/g, ' ');
}

/** One-based. */
export function lineOf({ node, file }: Declared): number {
  const [start = 0] = node.src.split(':').map(Number);
  return Buffer.from(file.text).subarray(0, start).toString('utf8').split('\n').length;
}

/** The declarations of a contract and of what it inherits, the most derived first. */
export function lineage(name: string, { contracts, byId }: ContractSources): readonly Declared[] {
  const bases = contracts.get(name)?.node['linearizedBaseContracts'];
  if (!Array.isArray(bases)) throw new Error(`there is no contract ${name}`);
  return (bases as readonly number[]).flatMap((id) => byId.get(id) ?? []);
}
