import { fork } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MutantCompiler } from '../../mutants/compiler.ts';
import { editedSources, type SourceEdit } from '../../process/source-edit.ts';
import type { AttackReport } from '../run-attacks.ts';
import type { AttackMessage } from './messages.ts';

/** Contracts keep their sizes below the limit of a chain, without the intermediate representation, which takes longest. */
const OPTIMIZER = { enabled: true, runs: 1 };
const DEADLINE_MS = 240_000;
const STOP_MS = 15_000;

/** A copy of the repository in which guards are taken away, one after the other. */
export class UnguardedCopy {
  readonly #folder: string;
  readonly #compiler: MutantCompiler;
  /** Contracts that can be deployed: source file → artifact module. */
  readonly #artifacts: ReadonlyMap<string, string>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#compiler = new MutantCompiler(folder);
    const sources = globSync('contracts/**/*.sol', { cwd: folder }).filter((file) => !file.includes('/interfaces/'));
    this.#artifacts = new Map(
      sources.map((file) => [file, join(folder, 'generated/artifacts', `${basename(file, '.sol')}.js`)]),
    );
  }

  /** Makes the edits, deploys, attacks, and takes the edits back. */
  async attack(name: string, edits: readonly SourceEdit[]): Promise<AttackReport> {
    const sources = editedSources(edits, (file) => this.#read(file));
    const files = new Map<string, string>();
    for (const [file, content] of Object.entries(sources)) {
      // A contract of a package is only compiled: the packages are everybody's.
      if (!isPackaged(file)) files.set(join(this.#folder, file), content);
    }
    for (const [file, content] of this.#rebuilt(sources)) files.set(file, content);
    const before = new Map([...files.keys()].map((file) => [file, readFileSync(file, 'utf8')]));
    try {
      write(files);
      // A chain is kept by its sources, and not all of them are there.
      rmSync(join(this.#folder, 'cache/stack'), { recursive: true, force: true });
      return await this.#run(name);
    } finally {
      write(before);
    }
  }

  #read(file: string): string {
    return file.endsWith('.sol') ? this.#compiler.read(file) : readFileSync(join(this.#folder, file), 'utf8');
  }

  /** Artifact modules of every contract that the changed sources are part of. */
  #rebuilt(sources: Readonly<Record<string, string>>): Map<string, string> {
    const changed = Object.keys(sources).filter((file) => file.endsWith('.sol'));
    if (changed.length === 0) return new Map();
    const dependents = [...this.#artifacts.keys()].filter((contract) => {
      const closure = this.#compiler.closure(contract);
      return changed.some((file) => closure.has(file));
    });
    const compiled = this.#compiler.compile(dependents, sources, OPTIMIZER);
    if ('error' in compiled) throw new Error(compiled.error);
    const rebuilt = new Map<string, string>();
    for (const [file, artifact] of this.#artifacts) {
      const evm = compiled.contracts[file]?.[basename(file, '.sol')]?.evm;
      if (evm === undefined || evm.bytecode.object === '') continue;
      rebuilt.set(artifact, withCode(readFileSync(artifact, 'utf8'), evm.bytecode.object, evm.deployedBytecode.object));
    }
    if (rebuilt.size === 0) throw new Error(`nothing that is deployed is made from ${changed.join(', ')}`);
    return rebuilt;
  }

  #run(name: string): Promise<AttackReport> {
    const child = fork(join(this.#folder, 'scripts/attack/unguarded/attack-process.ts'), [name], {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let message: AttackMessage | undefined;
    child.once('message', (told) => (message = told as AttackMessage));
    // Without its channel it stops what it started, and ends.
    const deadline = setTimeout(() => child.disconnect(), DEADLINE_MS);
    const last = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS + STOP_MS);
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', () => {
        clearTimeout(deadline);
        clearTimeout(last);
        if (message === undefined) reject(new Error(`${name}: no report within ${DEADLINE_MS / 1_000} s`));
        else if ('error' in message) reject(new Error(message.error));
        else resolve(message.report);
      });
    });
  }
}

const isPackaged = (file: string): boolean => file.startsWith('@');

function write(files: ReadonlyMap<string, string>): void {
  for (const [file, content] of files) writeFileSync(file, content);
}

/** An artifact module with other code in it. */
export function withCode(artifact: string, creation: string, deployed: string): string {
  const replaced = (text: string, field: string, code: string): string => {
    const parts = text.split(new RegExp(`"${field}": "0x[0-9a-f]*"`));
    if (parts.length !== 2) throw new Error(`an artifact has the field '${field}' ${parts.length - 1} times, not once`);
    return parts.join(`"${field}": "0x${code}"`);
  };
  return replaced(replaced(artifact, 'bytecode', creation), 'deployedBytecode', deployed);
}
