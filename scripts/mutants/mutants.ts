// `./dev mutants`: changes one thing at a time in a contract and asks whether any test notices. What no test notices is
// printed: each line is a test that is missing, or a change that is none.
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { inRepositoryCopy } from '../process/repository-copy.ts';
import { Campaign, type Review } from './campaign.ts';
import { MutantCompiler } from './compiler.ts';
import { listMutants, type Mutant } from './list-mutants.ts';
import { hashOf, type MutantResult, ResultFile, stillHolds } from './results.ts';
import { scoreOf, type Score } from './score.ts';
import { writeScorePage } from './score-page.ts';
import { seededSample } from './seeded-sample.ts';
import { type Subject, SUBJECTS } from './subjects.ts';
import { type Baseline, TestBench } from './test-bench.ts';

const HELP = `usage: ./dev mutants [--contract NAME]… [--mutant ID]… [--sample N]… [--seed S] [--jobs N] [--resume] [--mirrors] [--list] [--page] [--json]

  --contract NAME  only this contract; may be given more than once (default: all, money first)
  --sample N       at most N mutants of each contract, chosen by --seed (default 1); given again, all contracts once more with
                   the larger sample, which has the smaller one in it
  --jobs N         contracts at a time (default 1)
  --mutant ID      only this mutant; may be given more than once
  --resume         keep the results of earlier runs that still hold: of the same source and, for survivors, the same tests
  --mirrors        leave it at the tests that mirror each contract: quick, and survivors may be known to other tests
  --list           print the mutants, run nothing
  --page           write docs/MUTANTS.md from the results that are kept, run nothing
  --json           end with one JSON object

Contracts: ${SUBJECTS.map(({ name }) => name).join(', ')}
Results are kept in cache/mutants/. Exit codes: 0 every target is met, 1 one is missed, 64 wrong usage.`;

const OPTIONS = {
  contract: { type: 'string', multiple: true },
  mutant: { type: 'string', multiple: true },
  sample: { type: 'string', multiple: true },
  seed: { type: 'string', default: '1' },
  jobs: { type: 'string', default: '1' },
  resume: { type: 'boolean', default: false },
  mirrors: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function wrongUsage(message: string): never {
  throw new RemitError({ code: 'MUTANTS_USAGE', message, fix: 'see ./dev mutants --help' });
}

function parseOptions(args: string[]) {
  let values;
  try {
    ({ values } = parseArgs({ args, options: OPTIONS }));
  } catch (error) {
    return wrongUsage(messageOf(error));
  }
  const { contract: names, sample = ['Infinity'], seed, jobs, ...flags } = values;
  const unknown = names?.find((name) => !SUBJECTS.some((subject) => subject.name === name));
  if (unknown !== undefined) wrongUsage(`there is no contract '${unknown}' to change`);
  const atLeast = (name: string, value: string, least: number): number => {
    const number = Number(value);
    if (!(number >= least) || (value !== 'Infinity' && !Number.isInteger(number))) {
      wrongUsage(`--${name} is a whole number of at least ${least}, not '${value}'`);
    }
    return number;
  };
  return {
    ...flags,
    samples: sample.map((size) => atLeast('sample', size, 1)),
    seed: atLeast('seed', seed, 0),
    jobs: atLeast('jobs', jobs, 1),
    subjects: SUBJECTS.filter(({ name }) => names?.includes(name) ?? true),
  };
}

type Options = ReturnType<typeof parseOptions>;

/** One contract in one go over all of them. */
interface Round {
  readonly subject: Subject;
  readonly sample: number;
  readonly resume: boolean;
}

/** One contract: its mutants, and what is known of them. */
class Work {
  readonly subject: Subject;
  readonly source: Buffer;
  readonly mutants: readonly Mutant[];
  readonly #file: ResultFile;
  readonly #hash: string;
  readonly #tests: string;
  readonly #reviewed: ReadonlyMap<string, Review>;

  constructor(subject: Subject, compiler: MutantCompiler, tests: string, reviewed: ReadonlyMap<string, Review>) {
    this.subject = subject;
    this.source = Buffer.from(compiler.read(subject.file));
    this.mutants = listMutants(subject.file, this.source, compiler.tree(subject.file));
    this.#file = new ResultFile(subject.name);
    this.#hash = hashOf(this.source);
    this.#tests = tests;
    this.#reviewed = reviewed;
  }

  keep(result: Omit<MutantResult, 'source' | 'tests'>): void {
    this.#file.add({ ...result, source: this.#hash, tests: this.#tests });
  }

  /** What is known of this source; of a survivor what people say of it now, not when it was tried. */
  known(): Map<string, MutantResult> {
    const current = [...this.#file.read()].filter(([, result]) => result.source === this.#hash);
    return new Map(
      current.map(([id, result]) => {
        const review = result.outcome === 'survived' ? this.#reviewed.get(id) : undefined;
        return [id, review === undefined ? result : { ...result, outcome: review.outcome, by: review.reason }];
      }),
    );
  }

  waiting({ mutant: wanted, seed, mirrors }: Options, { sample, resume }: Round): Mutant[] {
    const known = resume ? this.known() : new Map<string, MutantResult>();
    const asked = this.mutants.filter(({ id }) => wanted?.includes(id) ?? true);
    const chosen = new Set(seededSample(asked, sample, seed));
    return asked.filter((mutant) => {
      const result = known.get(mutant.id);
      if (result === undefined) return chosen.has(mutant);
      // A survivor is taken up again whenever there are other tests, and never drops out of a sample.
      return !stillHolds(result, this.#hash, this.#tests, mirrors);
    });
  }

  /** Function → the tests that noticed its mutants, the latest last. Solidity tests are asked in an order of their own. */
  killers(): Map<string, string[]> {
    const known = this.known();
    const noticed = this.mutants.flatMap(({ id, where }) => {
      const { outcome, by } = known.get(id) ?? {};
      return outcome === 'killed' && by !== undefined && !by.includes(' › ') ? [{ where, by }] : [];
    });
    return new Map(
      [...Map.groupBy(noticed, ({ where }) => where)].map(([where, tests]) => [where, tests.map(({ by }) => by)]),
    );
  }

  score(): Score {
    return scoreOf(this.subject, this.mutants, this.known());
  }
}

const testsHash = (): string =>
  hashOf(
    ...globSync('test/{contracts,solidity,support}/**/*.{ts,sol}')
      .sort()
      .map((file) => readFileSync(file)),
  );

function reviewedMutants(): Map<string, Review> {
  const file = new URL('reviewed.json', import.meta.url);
  const entries = JSON.parse(readFileSync(file, 'utf8')) as readonly (Review & { readonly id: string })[];
  return new Map(entries.map((entry) => [entry.id, entry]));
}

async function run(options: Options): Promise<void> {
  await inRepositoryCopy(
    async (folder) => {
      const tests = testsHash();
      const reviewed = reviewedMutants();
      const rest: Round[] = options.samples.flatMap((sample, earlier) =>
        options.subjects.map((subject) => ({ subject, sample, resume: options.resume || earlier > 0 })),
      );
      const lane = async (): Promise<void> => {
        const compiler = new MutantCompiler(folder);
        const benches = new Map<boolean, { readonly bench: TestBench; readonly baseline: Baseline }>();
        for (let round = rest.shift(); round !== undefined; round = rest.shift()) {
          const { subject } = round;
          const work = new Work(subject, compiler, tests, reviewed);
          const waiting = work.waiting(options, round);
          if (waiting.length === 0) continue;
          let ready = benches.get(subject.judge);
          if (ready === undefined) {
            const bench = new TestBench(folder, compiler, subject.judge);
            ready = { bench, baseline: await bench.baseline(subject.judge) };
            benches.set(subject.judge, ready);
            for (const title of ready.baseline.failing) console.error(`left out, it fails without a mutant: ${title}`);
          }
          console.error(`${subject.name}: ${waiting.length} of ${work.mutants.length} mutants`);
          const began = performance.now();
          await new Campaign(subject, work.source, {
            ...ready,
            reviewed,
            mirrorsOnly: options.mirrors,
            killers: work.killers(),
            keep: (result) => work.keep(result),
          }).run(waiting);
          const seconds = (performance.now() - began) / 1000;
          console.error(`${line(work.score())}  ${seconds.toFixed(0)} s`);
        }
        for (const { bench } of benches.values()) bench.stop();
      };
      await Promise.all(Array.from({ length: options.jobs }, lane));
    },
    { built: ['artifacts', 'generated'] },
  );
}

function line({ subject, listed, tried, counts, percent }: Score): string {
  const share = percent === undefined ? '–' : `${percent.toFixed(1)} %`;
  return `${subject.name.padEnd(20)}${String(listed).padStart(6)}${String(tried).padStart(7)}${String(counts.killed).padStart(8)}${String(counts.timeout).padStart(9)}${String(counts.survived).padStart(10)}${String(counts.equivalent).padStart(12)}${String(counts['not compiled']).padStart(14)}${share.padStart(10)}`;
}

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const compiler = new MutantCompiler('.');
  if (!options.list && !options.page) await run(options);
  const tests = testsHash();
  const reviewed = reviewedMutants();
  const works = options.subjects.map((subject) => new Work(subject, compiler, tests, reviewed));
  if (options.list) {
    for (const { id, file, line: at, operator, before, after } of works.flatMap(({ mutants }) => mutants)) {
      console.log(`${id}  ${file}:${at}  ${operator}: ${before.replace(/\s+/g, ' ')} → ${after.replace(/\s+/g, ' ')}`);
    }
    return 0;
  }
  const scores = works.map((work) => work.score());
  if (options.page) {
    await writeScorePage(
      works.map((work) => ({ score: work.score(), mutants: work.mutants, results: work.known() })),
      options.seed,
    );
  }
  console.log('contract            listed  tried  killed  timeout  survived  equivalent  not compiled     score');
  for (const score of scores) {
    console.log(line(score));
    for (const { id, file, line: at, operator, before, after } of score.survivors) {
      console.log(
        `  ${id}  ${file}:${at}  ${operator}: ${before.replace(/\s+/g, ' ')} → ${after.replace(/\s+/g, ' ')}`,
      );
    }
  }
  const missed = scores.filter(({ percent, subject }) => percent !== undefined && percent < subject.target);
  for (const { subject, percent = 0 } of missed) {
    console.log(`below target: ${subject.name}: ${percent.toFixed(1)} %, target ${subject.target} %`);
  }
  if (options.json) {
    const figures = scores.map(({ subject, survivors, ...rest }) => ({
      contract: subject.name,
      ...rest,
      survivors: survivors.map(({ id }) => id),
    }));
    console.log(JSON.stringify({ contracts: figures, targetsMet: missed.length === 0 }));
  }
  return missed.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof RemitError ? error.explain() : messageOf(error));
  process.exitCode = error instanceof RemitError ? 64 : 1;
}
