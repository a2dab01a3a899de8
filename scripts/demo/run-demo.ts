import { mkdir, readFile } from 'node:fs/promises';
import { vetModel } from '../../workers/inference/model-vetting.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import { startStack, type Stack, type StackStep } from '../stack/stack.ts';
import type { DemoInput } from './demo-input.ts';
import type { DemoOptions } from './demo-options.ts';
import { createExpectations, type Expectation } from './expectations.ts';
import { unreadable } from './input-file-errors.ts';
import { readInputs } from './inputs.ts';
import type { JobReport } from './job-report.ts';
import { judgeJob } from './judge-jobs.ts';
import { expectLedger, readLedger, type Ledger } from './ledger.ts';
import { completeNetwork, publishDemoModel, type DemoNetwork } from './network.ts';
import { prepareQuestions } from './questions.ts';
import { runJobs, type Progress } from './run-jobs.ts';
import { canBeTried, DEMO_OPERATORS, runTrials } from './trials/run-trials.ts';
import type { TrialReport } from './trials/trial-report.ts';
import { COMMITTEE_BONDS, COMMITTEE_SEATS, openFeed } from './feed/open-feed.ts';
import { type FeedReport, runFeed } from './feed/run-feed.ts';

/** Shorter than a local network's own, so that nobody waits long for who says nothing. */
const TRIAL_TIMES = { traceTimeSeconds: 12 };

/** What a demo found out. */
export interface DemoResult {
  readonly model: {
    readonly file: string;
    readonly modelId: string;
    readonly contentId: string;
    /** What the registry says. */
    readonly triable: boolean;
    /** Where the executor ran it, in its own words. */
    readonly provider: string;
  };
  /** Inputs in the file beyond those that were asked. */
  readonly leftOut: number;
  readonly jobs: readonly JobReport[];
  readonly ledger: { readonly before: Ledger; readonly after: Ledger };
  /** False answers and their verdicts; none when the model cannot be put on trial, or its answers are too large for calldata. */
  readonly trials: readonly TrialReport[];
  /** From venues to a fee; absent with --no-feed, and for another model than the shipped one. */
  readonly feed: FeedReport | undefined;
  readonly expectations: readonly Expectation[];
  readonly setUpMs: number;
  readonly jobsMs: number;
  readonly trialsMs: number;
  readonly feedMs: number;
}

export interface DemoListener {
  onStep(step: StackStep): void;
  onProgress(progress: Readonly<Progress>, jobs: number): void;
}

export interface RunDemoDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A Redis of somebody else. */
  readonly redisUrl: string | undefined;
  /** A folder for logs and data that stays; absent: a temporary one. */
  readonly folder: string | undefined;
  readonly listener: DemoListener;
}

/** Brings a network up, asks it everything in the input file, checks every answer to the last wei, and takes it down. */
export async function runDemo(options: DemoOptions, deps: RunDemoDeps): Promise<DemoResult> {
  const { clock, signal, redisUrl, folder, listener } = deps;
  // Before anything is started: a wrong file is told at once.
  const inputs = await readCases(options);
  const begun = clock.now();
  const stack = await startStack(
    { redisUrl, folder, operators: DEMO_OPERATORS + (options.feed ? COMMITTEE_SEATS : 0), parameters: TRIAL_TIMES },
    { clock, signal, onStep: (step) => listener.onStep(step) },
  );
  let result: DemoResult | undefined;
  try {
    result = await runOn(stack, options, { inputs, begun, listener });
  } finally {
    listener.onStep({ name: 'shut down' });
    const stopping = clock.now();
    const failures = await stack.stop();
    listener.onStep({ name: 'shut down', ms: clock.now() - stopping });
    if (result && failures.length > 0) throw notStopped(failures);
  }
  return result;
}

/** @throws RemitError every `MODEL_…` code of vetting, and `INPUT_…` */
async function readCases({ input: file, model: modelFile, scaling }: DemoOptions): Promise<readonly DemoInput[]> {
  const { inputs } = vetModel(await readModel(modelFile));
  return readInputs({ file, inputs, modelFile, ...(scaling !== undefined && { scaling }) });
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause);
  }
}

interface RunFacts {
  readonly inputs: readonly DemoInput[];
  /** When it all began, milliseconds. */
  readonly begun: number;
  readonly listener: DemoListener;
}

async function runOn(stack: Stack, options: DemoOptions, { inputs, begun, listener }: RunFacts): Promise<DemoResult> {
  const { clock } = stack;
  await mkdir(options.out, { recursive: true });
  const model = await publishDemoModel(options, stack);
  const asked = inputs.slice(0, options.jobs);
  const network = await completeNetwork({ ...options, model, jobs: asked.length }, stack);
  const questions = await prepareQuestions(asked, network, stack);
  const expectations = createExpectations();
  // Rounds come in while jobs and trials run: the model reads the last 32 of them.
  const scene = options.feed ? await openFeed(DEMO_OPERATORS, stack) : undefined;
  const parties = { ...(await partiesOf(network)), ...(scene && { 'schedule of the pool': scene.schedule }) };
  const bonds = scene ? [model.modelId, scene.model.modelId, scene.feedId] : [model.modelId];
  const before = await readLedger({ parties, bonds }, stack);
  const asking = clock.now();
  const traces = await runJobs({ questions, ...network }, stack, (progress) =>
    listener.onProgress(progress, asked.length),
  );
  const jobsMs = clock.now() - asking;
  const jobs: JobReport[] = [];
  const { operator } = network;
  for (const trace of traces)
    jobs.push(
      await judgeJob(trace, { ...network, operatorStore: operator.storeUrl, out: options.out }, stack, expectations),
    );
  const after = await readLedger({ parties, bonds }, stack);
  expectLedger(before, after, scene ? COMMITTEE_BONDS : 0n, expectations);
  const trying = clock.now();
  const [question] = questions;
  const tried = model.triable && question !== undefined && canBeTried(question);
  const trials = tried
    ? await stack.step(
        'trials',
        () => runTrials({ network, file: options.model, question }, stack, expectations),
        (reports) => `${reports.length} false answers, ${reports.length} verdicts`,
      )
    : [];
  const trialsMs = clock.now() - trying;
  const feeding = clock.now();
  const feed = scene
    ? await stack.step(
        'feed and pool',
        () => runFeed(scene, options, stack, expectations),
        ({ rounds, updates }) => `${rounds.length} rounds, ${updates.length} fees`,
      )
    : undefined;
  return {
    model: {
      file: options.model,
      modelId: model.modelId,
      contentId: model.contentId,
      triable: model.triable,
      provider: providerLine(stack) ?? model.loaded.provider.line,
    },
    leftOut: inputs.length - asked.length,
    jobs,
    ledger: { before, after },
    trials,
    feed,
    expectations: expectations.all,
    setUpMs: asking - begun,
    jobsMs,
    trialsMs,
    feedMs: clock.now() - feeding,
  };
}

/** Everybody who may own something in `Settlement`. */
async function partiesOf({
  stack,
  consumer,
  consumerAddress,
}: DemoNetwork): Promise<Readonly<Record<string, Address>>> {
  const { accounts, contracts } = stack;
  const { JobRegistry } = contracts;
  const { treasury } = await JobRegistry.parametersOf(await JobRegistry.currentVersion());
  const [operator] = accounts.operators;
  if (!operator) throw new Error('a demo needs an operator');
  return {
    [`requester (${consumer.contract})`]: consumerAddress,
    operator: operator.owner.address,
    publisher: accounts.publisher.address,
    treasury: treasury as Address,
  };
}

/** The executor says in one line where a model runs. */
function providerLine({ log }: Stack): string | undefined {
  const said = log.lines.find(
    ({ process, message }) => process.startsWith('executor') && /^model \S+ on /.test(message),
  );
  return said?.message;
}

function notStopped(failures: readonly string[]): RemitError {
  return new RemitError({
    code: 'STACK_NOT_STOPPED',
    message: `not everything ended as it should: ${failures.join('; ')}`,
    fix: 'nothing is left running that answers; run it again with --keep and read the logs',
    context: { failures },
  });
}
