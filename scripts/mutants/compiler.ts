import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { SyntaxNode } from './syntax-tree.ts';

interface Code {
  readonly object: string;
  readonly linkReferences: Record<string, unknown>;
}
export interface CompiledContract {
  readonly abi: readonly unknown[];
  readonly evm: { readonly bytecode: Code; readonly deployedBytecode: Code };
}
interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Record<string, { readonly ast: SyntaxNode }>;
  readonly contracts?: Record<string, Record<string, CompiledContract>>;
}
interface Solc {
  compile(input: string): string;
}

export type Compiled =
  { readonly contracts: Record<string, Record<string, CompiledContract>> } | { readonly error: string };

/**
 * Compiles sources of one folder, again and again with a change in one of them: without the optimiser and without the
 * intermediate representation, which takes a tenth of the time and means the same.
 */
export class MutantCompiler {
  readonly #folder: string;
  readonly #solc = createRequire(import.meta.url)('solc') as Solc;
  readonly #sources = new Map<string, string>();
  readonly #imports = new Map<string, readonly string[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(file: string): string {
    let content = this.#sources.get(file);
    if (content === undefined) {
      const ours = /^(contracts|test)\//.test(file);
      content = readFileSync(path.join(this.#folder, ours ? '' : 'node_modules', file), 'utf8');
      this.#sources.set(file, content);
    }
    return content;
  }

  /** A file and everything that it imports, directly or not. */
  closure(file: string, found = new Set<string>()): Set<string> {
    if (found.has(file)) return found;
    found.add(file);
    for (const imported of this.#importsOf(file)) this.closure(imported, found);
    return found;
  }

  /** The syntax tree of a file. */
  tree(file: string): SyntaxNode {
    const output = this.#run([file], {}, { [file]: { '': ['ast'] } }, {});
    const tree = output.sources?.[file]?.ast;
    if (tree === undefined) throw new Error(errorsOf(output) || `no syntax tree of ${file}`);
    return tree;
  }

  /** The code of every contract in `files`, with `changed` sources instead of those on disk. */
  compile(
    files: readonly string[],
    changed: Readonly<Record<string, string>>,
    optimizer: { readonly enabled: boolean; readonly runs?: number } = { enabled: false },
  ): Compiled {
    // Asking for all of `evm` would print opcodes and source maps, and take as long again.
    const code = ['object', 'linkReferences'];
    const wanted = ['abi', ...code.flatMap((part) => [`evm.bytecode.${part}`, `evm.deployedBytecode.${part}`])];
    const output = this.#run(files, changed, Object.fromEntries(files.map((file) => [file, { '*': wanted }])), {
      optimizer,
    });
    const error = errorsOf(output);
    return error === '' ? { contracts: output.contracts ?? {} } : { error };
  }

  #run(files: readonly string[], changed: Readonly<Record<string, string>>, outputSelection: object, more: object) {
    const sources = new Set(files.flatMap((file) => [...this.closure(file)]));
    const input = {
      language: 'Solidity',
      sources: Object.fromEntries([...sources].map((file) => [file, { content: changed[file] ?? this.read(file) }])),
      settings: { evmVersion: 'cancun', metadata: { appendCBOR: false }, ...more, outputSelection },
    };
    return JSON.parse(this.#solc.compile(JSON.stringify(input))) as Output;
  }

  #importsOf(file: string): readonly string[] {
    let imports = this.#imports.get(file);
    if (imports === undefined) {
      imports = [...this.read(file).matchAll(/^import\s(?:[^'";]*from\s+)?['"]([^'"]+)['"]/gm)].map(([, name = '']) =>
        name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
      );
      this.#imports.set(file, imports);
    }
    return imports;
  }
}

function errorsOf({ errors = [] }: Output): string {
  return errors
    .filter(({ severity }) => severity === 'error')
    .map(({ formattedMessage }) => formattedMessage)
    .join('\n');
}
