import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RemitError } from '../../workers/runtime/errors.ts';
import { withLiftedCode } from './proof-source.ts';

export type Answer = 'proved' | 'violated' | 'unknown';

interface CompilerMessage {
  readonly severity: string;
  readonly errorCode?: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number };
}
interface Solc {
  compile(
    input: string,
    callbacks: {
      readonly import: (file: string) => { readonly contents: string };
      readonly smtSolver: (query: string) => { readonly contents: string };
    },
  ): string;
}

/** Only for a solver that hangs: its own units decide. */
const SOLVER_SECONDS = 3_600;

/** Codes of the compiler: an assertion that holds, per engine, and one that may not. */
const SAFE = new Set(['9576', '2961']);
const UNSAFE = new Set(['6328', '4661', '7812']);

/**
 * What the solver says of every function of a proof that asserts something: Horn clauses first, and what they leave open
 * as one bounded formula. `limit` is what the solver may spend on each assertion, in millions of its own units.
 */
export function checkProof(file: string, limit: number): Map<string, Answer> {
  const source = withLiftedCode(readFileSync(file, 'utf8'));
  const answers = check(file, source, 'chc', limit);
  if ([...answers.values()].includes('unknown')) {
    for (const [name, answer] of check(file, source, 'bmc', limit)) {
      if (answers.get(name) === 'unknown') answers.set(name, answer);
    }
  }
  return answers;
}

function check(file: string, source: string, engine: 'chc' | 'bmc', limit: number): Map<string, Answer> {
  const solc = createRequire(import.meta.url)('solc') as Solc;
  const read = (name: string): string =>
    name === file ? source : readFileSync(name.startsWith('@') ? path.join('node_modules', name) : name, 'utf8');
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: source } },
    settings: {
      evmVersion: 'cancun',
      modelChecker: {
        engine,
        targets: ['assert'],
        solvers: ['smtlib2'],
        showProvedSafe: true,
        showUnproved: true,
        contracts: { [file]: [path.basename(file).replace('.proof.sol', 'Proof')] },
      },
      outputSelection: { '*': { '*': [] } },
    },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (name) => ({ contents: read(name) }),
      smtSolver: (query) => ({ contents: solve(query, limit) }),
    }),
  ) as { readonly errors?: readonly CompilerMessage[] };
  return answersOf(source, output.errors ?? []);
}

function answersOf(source: string, messages: readonly CompilerMessage[]): Map<string, Answer> {
  const broken = messages.find(({ severity }) => severity === 'error');
  if (broken !== undefined) throw new Error(broken.formattedMessage);
  const functions = [
    ...Buffer.from(source)
      .toString('latin1')
      .matchAll(/function (\w+)\([^{]*external/g),
  ];
  // A function whose assertion the engine does not mention was not decided.
  const answers = new Map<string, Answer>(functions.map(([, name = '']) => [name, 'unknown']));
  for (const { errorCode = '', message, sourceLocation } of messages) {
    if (!SAFE.has(errorCode) && !UNSAFE.has(errorCode)) continue;
    const inside = functions.findLast(({ index }) => index <= (sourceLocation?.start ?? -1))?.[1];
    if (inside === undefined) continue;
    const answer = SAFE.has(errorCode) ? 'proved' : message.includes('might happen') ? 'unknown' : 'violated';
    answers.set(inside, answer);
  }
  return answers;
}

/** The answer of z3 to one query; no answer is `unknown`. */
function solve(query: string, limit: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'remit-prove-'));
  try {
    const file = path.join(folder, 'query.smt2');
    writeFileSync(file, query);
    const { stdout, error } = spawnSync('z3', ['-smt2', `rlimit=${limit * 1_000_000}`, `-T:${SOLVER_SECONDS}`, file], {
      encoding: 'utf8',
    });
    if (error !== undefined) {
      const fix = 'sudo apt-get install z3 (macOS: brew install z3)';
      throw new RemitError({ code: 'SETUP_Z3', message: `z3 does not start: ${error.message}`, fix });
    }
    return /^(sat|unsat)/.test(stdout) ? stdout : 'unknown\n';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
