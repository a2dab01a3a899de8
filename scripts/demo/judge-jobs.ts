import type { Address } from '../../workers/protocol/ids.ts';
import { splitOutputs } from '../../workers/inference/tensor-layout.ts';
import { contentIdOf, sha256Of } from '../../workers/protocol/content-id.ts';
import { Delivery, JobStatus } from '../../workers/protocol/job.ts';
import { outputLength } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { ELEMENT_BYTES } from '../../workers/protocol/vector.ts';
import type { PublishedModel } from '../stack/publish-model.ts';
import type { Stack } from '../stack/stack.ts';
import type { DemoConsumer } from './consumer.ts';
import type { Expectations } from './expectations.ts';
import { fetchOutput } from './fetch-output.ts';
import type { JobReport, Step } from './job-report.ts';
import { readAnswer } from './labels.ts';
import { phaseName } from './questions.ts';
import type { JobTrace } from './run-jobs.ts';
import { drawPicture } from './picture.ts';

export interface JudgeOptions {
  readonly model: PublishedModel;
  readonly consumer: DemoConsumer;
  readonly consumerAddress: Address;
  /** Where the operator serves its blobs. */
  readonly operatorStore: string;
  /** Where pictures go. */
  readonly out: string;
}

const BPS = 10_000n;

/** Checks one finished job against the chain, from its input's root to the last wei of its fee, and writes it down. */
export async function judgeJob(
  trace: JobTrace,
  { model, consumer, consumerAddress, operatorStore, out }: JudgeOptions,
  stack: Stack,
  expectations: Expectations,
): Promise<JobReport> {
  const { question, jobId, requested, attested, settled, verdict, answered, receipts } = trace;
  const { name } = question.case;
  const { chain, clock, signal } = stack;
  const { delivery } = question.terms;
  expectations.equal(`${name}: the chain's input root is the tensor's`, requested.terms.inputRoot, question.inputRoot);

  const maxBytes = outputLength(model.spec) * ELEMENT_BYTES;
  const output = await fetchOutput({ attested, delivery, operatorStore, maxBytes }, { rpc: chain, clock, signal });
  expectations.equal(
    `${name}: the output that was fetched has the attested root`,
    vectorRoot(output),
    attested.outputRoot,
  );
  if (delivery === Delivery.Blob)
    expectations.equal(
      `${name}: the output that was fetched has the attested hash`,
      sha256Of(output),
      attested.outputContent,
    );
  const tensors = splitOutputs(model.loaded.layout, output).map(({ data }) => Array.from(data, Number));
  const { text, agrees } = readAnswer(model.loaded.summary, tensors, question.case.label);
  const authors = question.case.expected;
  if (authors) expectations.expect(`${name}: the answer is what its author got`, near(tensors, authors), text);
  if (agrees !== undefined) expectations.expect(`${name}: the answer is its label`, agrees, text);

  const { outputRoot, outputContent } = attested;
  const given = { name, index: question.index, jobId, outputRoot, outputContent, output, delivery };
  const consequence = await consumer.check(consumerAddress, given, { rpc: chain, expectations });
  const failedCallback = stack.watch.events().some((event) => event.type === 'CallbackFailed' && event.jobId === jobId);
  expectations.expect(`${name}: the callback did not fail`, !failedCallback);
  const found = String(verdict.fields['verdict']);
  expectations.equal(`${name}: the watchtower agrees`, found, 'agrees');
  const state = await stack.contracts.JobRegistry.stateOf(jobId);
  expectations.equal(`${name}: the job is settled`, Number(state.status), JobStatus.Settled);
  expectations.equal(`${name}: its callback was delivered`, state.delivered, true);
  const times = stack.watch.events().filter((event) => event.type === 'JobSettled' && event.jobId === jobId);
  expectations.equal(`${name}: it was settled once`, times.length, 1);
  const money = await expectSplit(trace, model, stack, expectations);
  const picture = question.case.picture && (await drawPicture(question.case.picture.path, tensors, { model, out }));

  const since = ({ seenAt }: { readonly seenAt: number }): number => Math.max(0, seenAt - requested.seenAt);
  const timings = (answered.fields['timings'] ?? {}) as Readonly<Record<string, number | undefined>>;
  const settledTogether = stack.watch
    .events()
    .filter((event) => event.type === 'JobSettled' && event.log.transactionHash === settled.log.transactionHash).length;
  return {
    name,
    jobId,
    request: step(receipts.request),
    input: { root: question.inputRoot, bytes: question.inputBytes, contentId: question.contentId },
    output: {
      root: outputRoot,
      bytes: output.length,
      contentId: delivery === Delivery.Blob ? contentIdOf(outputContent) : undefined,
    },
    answer: { text, label: question.case.label === undefined ? undefined : String(question.case.label), agrees },
    attestation: { ...step(receipts.attestation), operator: attested.operator },
    callback: { phase: phaseName(consumer.phase), ...consequence },
    watchtower: { verdict: found, worstGapRatio: Number(verdict.fields['worstGapRatio'] ?? 0) },
    settlement: step(receipts.settlement, settledTogether),
    money,
    stages: {
      seen: Math.max(0, (timings['seenAtMs'] ?? answered.at) - requested.seenAt),
      answered: Math.max(0, answered.at - requested.seenAt),
      attested: since(attested),
      verified: Math.max(0, verdict.at - requested.seenAt),
      settled: since(settled),
    },
    runMs: timings['runMs'],
    picture,
  };
}

/** Equal but for the rounding of another engine; the author may have kept only the first outputs. */
function near(tensors: readonly (readonly number[])[], authors: readonly (readonly number[])[]): boolean {
  return authors.every((wanted, output) =>
    wanted.every(
      (value, at) => Math.abs((tensors[output]?.[at] ?? NaN) - value) <= 1e-3 * Math.max(1, Math.abs(value)),
    ),
  );
}

/** The fee was shared as parameters and model say, and the three parts add up to it. */
async function expectSplit(
  {
    question: {
      case: { name },
    },
    requested: { terms },
    settled,
  }: JobTrace,
  { spec }: PublishedModel,
  { contracts }: Stack,
  expectations: Expectations,
): Promise<JobReport['money']> {
  const parameters = await contracts.JobRegistry.parametersOf(terms.parametersVersion);
  const publisher = (terms.fee * BigInt(spec.publisherFeeBps)) / BPS;
  const treasury = (terms.fee * parameters.protocolFeeBps) / BPS;
  expectations.equal(`${name}: the publisher got its share`, settled.publisherAmount, publisher);
  expectations.equal(`${name}: the treasury got its share`, settled.treasuryAmount, treasury);
  expectations.equal(`${name}: the operator got the rest`, settled.operatorAmount, terms.fee - publisher - treasury);
  return {
    fee: terms.fee,
    operator: settled.operatorAmount,
    publisher: settled.publisherAmount,
    treasury: settled.treasuryAmount,
  };
}

function step({ transactionHash, blockNumber, gasUsed }: JobTrace['receipts']['request'], jobs = 1): Step {
  return { transaction: transactionHash, block: blockNumber, gas: gasUsed / BigInt(Math.max(1, jobs)), jobs };
}
