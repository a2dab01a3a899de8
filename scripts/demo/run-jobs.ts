import type { Receipt } from '../../workers/chain/chain-values.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { createEventDecoder } from '../../workers/chain/events.ts';
import type { Address, Hex32, JobId } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { SeenOf } from '../stack/chain-watch.ts';
import type { LogLine } from '../stack/log-tail.ts';
import type { Sent } from '../stack/sender.ts';
import type { Stack } from '../stack/stack.ts';
import type { DemoConsumer } from './consumer.ts';
import type { PreparedQuestion } from './questions.ts';

/** How many jobs have reached each stage. */
export interface Progress {
  requested: number;
  answered: number;
  attested: number;
  verified: number;
  settled: number;
}

/** Everything that was seen of one job, not yet judged. */
export interface JobTrace {
  readonly question: PreparedQuestion;
  readonly jobId: JobId;
  readonly requested: SeenOf<'JobRequested'>;
  /** What the executor said when it had the answer. */
  readonly answered: LogLine;
  readonly attested: SeenOf<'JobAttested'>;
  /** What the watchtower said. */
  readonly verdict: LogLine;
  readonly settled: SeenOf<'JobSettled'>;
  readonly receipts: Readonly<Record<'request' | 'attestation' | 'settlement', Receipt>>;
}

export interface RunJobsOptions {
  readonly questions: readonly PreparedQuestion[];
  readonly consumer: DemoConsumer;
  readonly consumerAddress: Address;
}

const STAGE_LIMIT_MS = 60_000;

/**
 * Asks all questions at once and follows every job to its settlement, by the chain's events and the processes' logs.
 *
 * @throws RemitError `DEMO_JOB_REFUSED` with the executor's own reason, `STACK_TIMEOUT` naming the stage, `STACK_TRANSACTION_FAILED`
 */
export async function runJobs(
  { questions, consumer, consumerAddress }: RunJobsOptions,
  stack: Stack,
  onProgress: (progress: Readonly<Progress>) => void,
): Promise<readonly JobTrace[]> {
  const { accounts, sender, deployed, chain } = stack;
  const progress: Progress = { requested: 0, answered: 0, attested: 0, verified: 0, settled: 0 };
  const reach = (stage: keyof Progress): void => {
    progress[stage] += 1;
    onProgress(progress);
  };
  onProgress(progress);
  const sent = await sender.send(
    questions.map((question) => consumer.ask(accounts.requester, consumerAddress, question)),
  );
  await sender.mined(sent);
  const decoder = createEventDecoder(deployed.addresses, ['JobRequested']);
  const reader = createChainReader({ rpc: chain });

  async function jobIn({ hash }: Sent): Promise<JobId> {
    const logs = (await reader.receipt(hash, stack.signal))?.logs ?? [];
    const event = logs.map((log) => decoder.decode(log)).find((found) => found?.type === 'JobRequested');
    if (event) return event.jobId;
    throw new Error(`transaction ${hash} requested no job`);
  }

  return Promise.all(
    questions.map(async (question, at) => {
      const transaction = sent[at];
      if (!transaction) throw new Error('a question was not sent');
      const jobId = await jobIn(transaction);
      return followJob({ question, jobId }, stack, reach, async (hash) => {
        const receipt = await reader.receipt(hash, stack.signal);
        if (receipt) return receipt;
        throw new Error(`the receipt of ${hash} is gone`);
      });
    }),
  );
}

async function followJob(
  { question, jobId }: Pick<JobTrace, 'question' | 'jobId'>,
  { watch, log, signal }: Stack,
  reach: (stage: keyof Progress) => void,
  receiptOf: (hash: Hex32) => Promise<Receipt>,
): Promise<JobTrace> {
  const { name } = question.case;
  const refused = new AbortController();
  const stop = signal ? AbortSignal.any([signal, refused.signal]) : refused.signal;
  const options = (what: string, deadlineMs = STAGE_LIMIT_MS) => ({
    what: `${name}: ${what}`,
    deadlineMs,
    signal: stop,
  });
  const ofJob = ({ jobId: id }: { readonly jobId: JobId }): boolean => id === jobId;
  const said = (message: string) => (line: LogLine) => line.message === message && line.fields['jobId'] === jobId;
  const unfollow = log.follow((line) => {
    if (said('job refused')(line)) refused.abort(refusal(name, line));
  });
  const past = log.lines.find(said('job refused'));
  if (past) refused.abort(refusal(name, past));
  const stage = async <T>(reached: keyof Progress, waiting: Promise<T>): Promise<T> => {
    const result = await waiting;
    reach(reached);
    return result;
  };
  try {
    const requested = await stage('requested', watch.waitFor('JobRequested', ofJob, options('request')));
    const windowMs = question.terms.challengeWindow * 1_000;
    const [answered, attested, verdict, settled] = await Promise.all([
      stage('answered', log.waitFor(said('job answered'), options('answer'))),
      stage('attested', watch.waitFor('JobAttested', ofJob, options('attestation'))),
      stage('verified', log.waitFor(said('verdict'), options('verdict of the watchtower'))),
      stage('settled', watch.waitFor('JobSettled', ofJob, options('settlement', STAGE_LIMIT_MS + windowMs))),
    ]);
    const [request, attestation, settlement] = await Promise.all(
      [requested, attested, settled].map(({ log: { transactionHash } }) => receiptOf(transactionHash)),
    );
    if (!request || !attestation || !settlement) throw new Error('a receipt is missing');
    return {
      question,
      jobId,
      requested,
      answered,
      attested,
      verdict,
      settled,
      receipts: { request, attestation, settlement },
    };
  } catch (error) {
    // The other stages end with it: their waits share the signal, and nobody listens to them any more.
    refused.abort(error);
    throw error;
  } finally {
    unfollow();
  }
}

function refusal(name: string, { fields }: LogLine): RemitError {
  const { code, cause, fix } = fields;
  return new RemitError({
    code: 'DEMO_JOB_REFUSED',
    message: `${name}: the executor refused the job: ${String(code)}: ${String(cause)}`,
    fix: typeof fix === 'string' ? fix : 'correct the input or the model',
    context: { ...fields },
  });
}
