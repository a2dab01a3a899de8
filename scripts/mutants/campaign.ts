import type { Mutant } from './list-mutants.ts';
import { withMutant } from './list-mutants.ts';
import type { MutantResult, Outcome } from './results.ts';
import type { Bytecodes, FailedTest } from './runner-messages.ts';
import type { Subject } from './subjects.ts';
import type { Baseline, TestBench } from './test-bench.ts';

/** What people say of a mutant: why it is no change, or why no test is expected to notice it, although it is one. */
export interface Review {
  readonly outcome: 'equivalent' | 'survived';
  readonly reason: string;
}

export interface CampaignDeps {
  readonly bench: TestBench;
  readonly baseline: Baseline;
  /** Mutants that people have looked at, by id. */
  readonly reviewed: ReadonlyMap<string, Review>;
  /** Leave it at the tests that mirror the contract. */
  readonly mirrorsOnly: boolean;
  /** Titles of the tests that noticed mutants of a function in an earlier run. */
  readonly killers: ReadonlyMap<string, readonly string[]>;
  readonly keep: (result: Omit<MutantResult, 'source' | 'tests'>) => void;
}

/** The tests that noticed the most recent mutants of a function, then of the contract, are the first to look at the next. */
const REMEMBERED = 12;
const REMEMBERED_OF_ALL = 40;
/** The unchanged contracts have to pass again after so many mutants, or these say nothing. */
const CONTROL_EVERY = 25;

type Verdict = Omit<MutantResult, 'source' | 'tests' | 'ms'>;

/** Puts one mutant after the other before the tests of a contract. */
export class Campaign {
  readonly #subject: Subject;
  readonly #source: Buffer;
  readonly #deps: CampaignDeps;
  readonly #dependents: readonly string[];
  readonly #unchanged: Bytecodes;
  readonly #mirrors: readonly string[];
  readonly #others: readonly string[];
  readonly #solidityFiles: readonly string[];
  /** Function → titles of tests that noticed a mutant there, the latest first. */
  readonly #killers = new Map<string, readonly string[]>();
  #allKillers: readonly string[] = [];
  #optimized: Bytecodes | undefined;

  constructor(subject: Subject, source: Buffer, deps: CampaignDeps) {
    const { bench, baseline } = deps;
    this.#subject = subject;
    this.#source = source;
    this.#deps = deps;
    this.#dependents = bench.dependents(subject.file, baseline);
    // What only Solidity tests use has no contract of its own that tests deploy.
    const files = this.#dependents.length > 0 ? this.#dependents : [subject.file];
    const compiled = bench.compile(files, {}, subject);
    if ('error' in compiled) throw new Error(compiled.error);
    this.#unchanged = compiled.bytecodes;
    const ordered = this.#orderedFiles();
    this.#mirrors = ordered.filter((file) => this.#isMirror(file));
    this.#others = ordered.filter((file) => !this.#isMirror(file));
    this.#solidityFiles = bench.solidityTests(subject);
    for (const [where, titles] of deps.killers) {
      for (const title of titles) this.#remember(where, title);
    }
  }

  async run(mutants: readonly Mutant[]): Promise<void> {
    let waiting: (Verdict & { readonly ms: number })[] = [];
    for (const [index, mutant] of mutants.entries()) {
      const began = performance.now();
      const verdict = await this.#judge(mutant);
      waiting.push({ ...verdict, ms: Math.round(performance.now() - began) });
      if ((index + 1) % CONTROL_EVERY !== 0 && index + 1 !== mutants.length) continue;
      await this.#control();
      for (const result of waiting) this.#deps.keep(result);
      waiting = [];
    }
  }

  /** Without a mutant every test that noticed one has to pass. */
  async #control(): Promise<void> {
    const failed = await this.#mocha(
      this.#unchanged,
      [...this.#mirrors, ...this.#others],
      [...new Set([...this.#killers.values()].flat())],
    );
    if (failed !== undefined) throw new Error(`'${failed.title}' fails without a mutant: ${failed.reason}`);
  }

  async #judge(mutant: Mutant): Promise<Verdict> {
    const { bench, reviewed } = this.#deps;
    const { id } = mutant;
    const verdict = (outcome: Outcome, by: string): Verdict => ({ id, outcome, by });
    const changed = { [mutant.file]: withMutant(this.#source, mutant) };
    const compiled = bench.compile(
      this.#dependents.length > 0 ? this.#dependents : [mutant.file],
      changed,
      this.#subject,
    );
    if ('error' in compiled) return verdict('not compiled', compiled.error.split('\n')[0] ?? '');
    const { bytecodes } = compiled;
    if (this.#dependents.length > 0 && same(bytecodes, this.#unchanged)) return verdict('equivalent', 'the same code');

    const mirrored = await this.#askMirrors(mutant, bytecodes, changed);
    if (mirrored !== undefined) return this.#noticed(mutant, mirrored);
    const review = reviewed.get(id);
    if (review?.outcome === 'equivalent') return verdict('equivalent', review.reason);
    this.#optimized ??= bench.optimized(this.#dependents, {});
    const optimized = bench.optimized(this.#dependents, changed);
    if (Object.keys(optimized).length > 0 && same(optimized, this.#optimized)) {
      return verdict('equivalent', 'the same code after the optimiser');
    }
    const survived: Verdict = { id, outcome: 'survived', ...(review === undefined ? {} : { by: review.reason }) };
    if (this.#deps.mirrorsOnly) return { ...survived, mirrorsOnly: true };
    const failed =
      (await this.#mocha(bytecodes, this.#others)) ??
      (await this.#askSolidity(changed, (test) => !this.#isMirror(test)));
    return failed === undefined ? survived : this.#noticed(mutant, failed);
  }

  #noticed({ id, where }: Mutant, { title, file, timedOut }: FailedTest): Verdict {
    if (file.endsWith('.test.ts')) this.#remember(where, title);
    return { id, outcome: timedOut ? 'timeout' : 'killed', by: title };
  }

  #remember(where: string, title: string): void {
    const first = (titles: readonly string[], most: number): string[] =>
      [title, ...titles.filter((other) => other !== title)].slice(0, most);
    this.#killers.set(where, first(this.#killers.get(where) ?? [], REMEMBERED));
    this.#allKillers = first(this.#allKillers, REMEMBERED_OF_ALL);
  }

  /** What noticed others of the function, then what mirrors the contract; a library's own Solidity tests before both. */
  async #askMirrors(
    { where }: Mutant,
    bytecodes: Bytecodes,
    changed: Readonly<Record<string, string>>,
  ): Promise<FailedTest | undefined> {
    const [first = ''] = this.#subject.mirrors;
    const all = [...this.#mirrors, ...this.#others];
    const leads = (test: string): boolean => first.endsWith('.t.sol') && test.endsWith(first);
    return (
      (await this.#askSolidity(changed, leads)) ??
      (await this.#mocha(bytecodes, all, this.#killers.get(where) ?? [])) ??
      (await this.#mocha(bytecodes, all, this.#allKillers)) ??
      (await this.#mocha(bytecodes, this.#mirrors)) ??
      (await this.#askSolidity(changed, (test) => this.#isMirror(test) && !leads(test)))
    );
  }

  async #mocha(bytecodes: Bytecodes, files: readonly string[], only?: readonly string[]) {
    if (only?.length === 0 || files.length === 0) return undefined;
    return this.#deps.bench.mocha(bytecodes, files, this.#deps.baseline, only);
  }

  async #askSolidity(changed: Readonly<Record<string, string>>, wanted: (test: string) => boolean) {
    for (const test of this.#solidityFiles.filter((file) => wanted(file))) {
      const failed = await this.#deps.bench.solidity(test, changed);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  #isMirror(file: string): boolean {
    return this.#subject.mirrors.some((part) => file.includes(part));
  }

  /** Test files that deploy what the mutant can change: those that mirror the contract first, then the quick ones. */
  #orderedFiles(): string[] {
    const { files } = this.#deps.baseline;
    const names = new Set(Object.keys(this.#unchanged));
    const rank = (file: string): number => {
      const index = this.#subject.mirrors.findIndex((part) => file.includes(part));
      return index === -1 ? this.#subject.mirrors.length : index;
    };
    return Object.entries(files)
      .filter(([, { deploys }]) => deploys.some((name) => names.has(name)))
      .sort(([a, { ms: first }], [b, { ms: second }]) => rank(a) - rank(b) || first - second)
      .map(([file]) => file);
  }
}

function same(a: Bytecodes, b: Bytecodes): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
