import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CompiledContract, MutantCompiler } from './compiler.ts';
import type { Bytecodes, FailedTest, RunnerAnswer } from './runner-messages.ts';
import { RunnerProcess } from './runner-process.ts';
import type { Subject } from './subjects.ts';

/** What the tests say without a mutant: how long each file takes, what it deploys, and which tests fail all the same. */
export interface Baseline {
  readonly files: RunnerAnswer['files'];
  readonly failing: readonly string[];
}

const SUITE_DEADLINE_MS = 15 * 60_000;
/** Everything once, on a machine that may be busy: it is not measured against anything. */
const BASELINE_DEADLINE_MS = 60 * 60_000;
const OPTIMIZED = { enabled: true, runs: 200 };
/** Build ids name the compiler's version; nothing reads more of them. */
const BUILD_ID = 'solc-0_8_37-0';

/** Compiles contracts with changes in them and asks the tests what they think. */
export class TestBench {
  readonly #folder: string;
  readonly #compiler: MutantCompiler;
  readonly #runner: RunnerProcess;
  readonly #solidityRunner: RunnerProcess;
  /** Solidity test file → its tests that fail without a change, because code is not optimised. */
  readonly #solidityFailing = new Map<string, ReadonlySet<string>>();
  readonly #contracts: readonly string[];
  readonly #solidityTests: readonly string[];
  readonly #mochaTests: readonly string[];

  constructor(folder: string, compiler: MutantCompiler, judge: boolean) {
    const files = (pattern: string): string[] => globSync(pattern, { cwd: folder }).sort();
    this.#folder = folder;
    this.#compiler = compiler;
    this.#contracts = files('contracts/**/*.sol');
    this.#solidityTests = files('test/solidity/**/*.t.sol');
    this.#mochaTests = files('test/contracts/**/*.test.ts').filter((file) => file.includes('/judge/') === judge);
    this.#runner = new RunnerProcess(folder, this.#mochaTests);
    this.#solidityRunner = new RunnerProcess(folder, []);
  }

  stop(): void {
    this.#runner.stop();
    this.#solidityRunner.stop();
  }

  /** The contracts that a change of `file` can change, of those that tests deploy. */
  dependents(file: string, baseline: Baseline): string[] {
    const deployed = new Set(Object.values(baseline.files).flatMap(({ deploys }) => deploys));
    return this.#contracts.filter(
      (contract) => deployed.has(path.basename(contract, '.sol')) && this.#compiler.closure(contract).has(file),
    );
  }

  /** Creation code of every contract in `files`; the compiler's words when there is none. */
  compile(files: readonly string[], changed: Readonly<Record<string, string>>, { judge }: Pick<Subject, 'judge'>) {
    const compiled = this.#compiler.compile(files, changed, judge ? OPTIMIZED : undefined);
    return 'error' in compiled ? compiled : { bytecodes: bytecodesOf(files, compiled.contracts) };
  }

  /** All of these contracts through the optimiser: equal code means an equal contract. */
  optimized(files: readonly string[], changed: Readonly<Record<string, string>>): Bytecodes {
    const compiled = this.#compiler.compile(files, changed, OPTIMIZED);
    return 'error' in compiled ? {} : bytecodesOf(files, compiled.contracts);
  }

  /** Every mocha test with unchanged contracts, compiled as mutants are. */
  async baseline(judge: boolean): Promise<Baseline> {
    const files = this.#contracts.filter((file) => file.includes('/judge/') || !file.includes('/interfaces/'));
    const compiled = this.compile(files, {}, { judge });
    if ('error' in compiled) throw new Error(compiled.error);
    const answer = await this.#runner.ask(
      { kind: 'mocha', bytecodes: compiled.bytecodes, files: this.#mochaTests, except: [], bail: false },
      BASELINE_DEADLINE_MS,
    );
    if (answer === undefined) throw new Error('the tests did not end');
    return { files: answer.files, failing: answer.failed.map(({ title }) => title) };
  }

  /** The first failure of these mocha tests, `undefined` when all pass. */
  async mocha(
    bytecodes: Bytecodes,
    files: readonly string[],
    { failing, files: known }: Baseline,
    only?: readonly string[],
  ): Promise<FailedTest | undefined> {
    const usual = files.reduce((sum, file) => sum + (known[file]?.ms ?? 0), 0);
    const request = {
      ...{ kind: 'mocha' as const, bytecodes, files, except: failing, bail: true },
      ...(only === undefined ? {} : { only }),
    };
    const deadline = 60_000 + 4 * usual;
    // A busy machine can be the reason once.
    const answer = (await this.#runner.ask(request, deadline)) ?? (await this.#runner.ask(request, 2 * deadline));
    return answer === undefined ? NO_ANSWER : answer.failed[0];
  }

  /** The Solidity test files that see a change of `file`: those that mirror it first, campaigns last. */
  solidityTests({ file, mirrors }: Subject): string[] {
    const rank = (test: string): number =>
      mirrors.some((part) => test.includes(part)) ? 0 : test.includes('Invariants') ? 2 : 1;
    return this.#solidityTests
      .filter((test) => this.#compiler.closure(test).has(file))
      .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  }

  /** The first failure of a Solidity test file with a change in it, of a test that passes without the change. */
  async solidity(test: string, changed: Readonly<Record<string, string>>): Promise<FailedTest | undefined> {
    let failing = this.#solidityFailing.get(test);
    if (failing === undefined) {
      const unchanged = await this.#askSolidity(test, {});
      if (unchanged === undefined || 'error' in unchanged) throw new Error(`${test}: does not run without a change`);
      if (unchanged.passed === 0) throw new Error(`${test}: no test passes without a change, so nothing is known`);
      failing = new Set(unchanged.failed.map(({ title }) => title));
      for (const title of failing) console.error(`left out, it fails without a mutant: ${title}`);
      this.#solidityFailing.set(test, failing);
    }
    const answer = await this.#askSolidity(test, changed);
    if (answer === undefined) return NO_ANSWER;
    // What compiles alone and not with its test has a test less, and is not noticed by that.
    if ('error' in answer) return undefined;
    if (answer.passed + answer.failed.length === 0) throw new Error(`${test}: no test ran, so nothing is known`);
    return answer.failed.find(({ title }) => !failing.has(title));
  }

  async #askSolidity(test: string, changed: Readonly<Record<string, string>>) {
    const compiled = this.#compiler.compile([...this.#compiler.closure(test)], changed);
    if ('error' in compiled) return compiled;
    const artifacts = path.join(this.#folder, 'cache/mutant-artifacts');
    rmSync(artifacts, { recursive: true, force: true });
    for (const [source, contracts] of Object.entries(compiled.contracts)) {
      for (const [name, contract] of Object.entries(contracts)) writeArtifact(artifacts, source, name, contract);
    }
    return this.#solidityRunner.ask({ kind: 'solidity', artifacts, files: [test] }, SUITE_DEADLINE_MS);
  }
}

const NO_ANSWER: FailedTest = { title: 'no answer in time', file: '', reason: '', timedOut: true };

function bytecodesOf(
  files: readonly string[],
  contracts: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>,
): Bytecodes {
  return Object.fromEntries(
    files
      .flatMap((file) => Object.entries(contracts[file] ?? {}))
      .map(([name, { evm }]): [string, string] => [name, `0x${evm.bytecode.object}`])
      .filter(([, code]) => code !== '0x'),
  );
}

function writeArtifact(artifacts: string, sourceName: string, contractName: string, { abi, evm }: CompiledContract) {
  const folder = path.join(artifacts, sourceName);
  mkdirSync(folder, { recursive: true });
  const artifact = {
    _format: 'hh3-artifact-1',
    contractName,
    sourceName,
    inputSourceName: sourceName,
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
    linkReferences: evm.bytecode.linkReferences,
    deployedLinkReferences: evm.deployedBytecode.linkReferences,
    immutableReferences: {},
    buildInfoId: BUILD_ID,
  };
  writeFileSync(path.join(folder, `${contractName}.json`), JSON.stringify(artifact));
}
