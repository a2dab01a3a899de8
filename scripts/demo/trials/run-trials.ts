import { createEventDecoder } from '../../../workers/chain/events.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import { JobReason, JobStatus, type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { Availability, CallbackPhase, Delivery } from '../../../workers/protocol/job.ts';
import type { Hex } from '../../../workers/protocol/ids.ts';
import { depositIntents } from '../../stack/funding.ts';
import { startTrialPlayer } from '../../stack/operator.ts';
import { TOKEN, type Stack } from '../../stack/stack.ts';
import { draftTerms } from '../consumer.ts';
import type { Expectations } from '../expectations.ts';
import type { DemoNetwork } from '../network.ts';
import { FEE, type PreparedQuestion } from '../questions.ts';
import { Cheat, type CheatedJob, compileDemoModel, type Scheme } from './cheat.ts';
import { reportTrial, type TrialReport } from './trial-report.ts';

const SCHEMES: readonly Scheme[] = ['shifts a number', 'withholds its trace'];
/** Enough for the bonds of both trials. */
const BONDS = 100n * TOKEN;
const STAKE_AT_RISK = 100n * TOKEN;
const WINDOW_SECONDS = 20;
const VERDICT_MS = 120_000;
const GAS = 2_000_000n;

/** Operators that the demo needs: the honest one, and one for each scheme. */
export const DEMO_OPERATORS = 1 + SCHEMES.length;

/**
 * Asks two dishonest operators the first question again. The honest operator's node, which knows nothing of the plot, runs their answers
 * again, puts both on trial and plays to the end.
 *
 * @throws RemitError `STACK_TIMEOUT` when a verdict does not come
 */
export async function runTrials(
  {
    network,
    file,
    question,
  }: { readonly network: DemoNetwork; readonly file: string; readonly question: PreparedQuestion },
  stack: Stack,
  expectations: Expectations,
): Promise<readonly TrialReport[]> {
  const { accounts, deployed, sender, watch, signal } = stack;
  const [honest] = accounts.operators;
  if (!honest) throw new Error('a demo needs an operator');
  const compiled = await compileDemoModel(file);
  const bonds = depositIntents({ from: accounts.bystander, account: honest.attester.address, amount: BONDS }, deployed);
  const fees = depositIntents(
    { from: accounts.requester, account: accounts.requester.address, amount: FEE * BigInt(SCHEMES.length) },
    deployed,
  );
  await sender.mined(await sender.send([...bonds, ...fees]));
  await startTrialPlayer(stack, { at: 0 });
  const reports = SCHEMES.map(async (scheme, i) => {
    const operator = accounts.operators[1 + i];
    if (!operator) throw new Error(`there is no operator for one who ${scheme}`);
    const cheat = new Cheat({ scheme, operator }, { stack, model: network.model, compiled });
    const job = await request(await termsFor(cheat, network, question, stack), question, stack);
    const lie = await cheat.play(job);
    const ofJob = ({ jobId }: { readonly jobId: string }): boolean => jobId === job.jobId;
    const slashed = await watch.waitFor('JobSlashed', ofJob, {
      what: `verdict about the operator who ${scheme}`,
      deadlineMs: VERDICT_MS,
      signal,
    });
    expectations.equal(`who ${scheme}: convicted`, slashed.reason, JobReason.Convicted);
    const state = await stack.contracts.JobRegistry.stateOf(job.jobId);
    expectations.equal(`who ${scheme}: the job is slashed`, Number(state.status), JobStatus.Slashed);
    expectations.equal(`who ${scheme}: the fee went back`, slashed.refund, FEE);
    const attested = watch.events().find((event) => event.type === 'JobAttested' && ofJob(event));
    const attestedAt = attested ? await timeOf(attested.log.blockNumber, stack) : 0;
    return reportTrial({ cheat, lie, job, attestedAt }, compiled, stack);
  });
  const done = await Promise.all(reports);
  for (const report of done) expectTrial(report, expectations);
  return done;
}

function expectTrial(report: TrialReport, expectations: Expectations): void {
  const { scheme, slashed, burned, opener, prover, requester, decided, lie, ground } = report;
  expectations.equal(`who ${scheme}: the whole stake at risk was slashed`, slashed, STAKE_AT_RISK);
  expectations.equal(
    `who ${scheme}: the slash was split to the last wei`,
    burned + opener + prover + requester,
    slashed,
  );
  expectations.expect(`who ${scheme}: at least 45 % were burned`, burned * 100n >= slashed * 45n, String(burned));
  if (scheme === 'withholds its trace') {
    expectations.equal(`who ${scheme}: because it showed no trace`, ground, 'TraceWithheld');
    return;
  }
  expectations.equal(`who ${scheme}: by one element of its own trace`, ground, 'WrongElement');
  expectations.equal(`who ${scheme}: the shifted one`, decided?.element ?? -1, lie.element);
}

async function termsFor(
  cheat: Cheat,
  { model }: DemoNetwork,
  { terms }: PreparedQuestion,
  stack: Stack,
): Promise<Terms> {
  const block = (await stack.chain.call('eth_getBlockByNumber', ['latest', false])) as { readonly timestamp: string };
  const draft = draftTerms({
    modelId: model.modelId,
    inputRoot: terms.inputRoot,
    availability: terms.availability,
    delivery: Delivery.Inline,
    callbackPhase: CallbackPhase.None,
    callbackGas: 0,
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    attestDeadline: BigInt(block.timestamp) + 120n,
    challengeWindow: WINDOW_SECONDS,
    salt: 1_000n + BigInt(SCHEMES.indexOf(cheat.scheme)),
  });
  return { ...draft, operator: cheat.operator.owner.address };
}

async function request(terms: Terms, { input, vector }: PreparedQuestion, stack: Stack): Promise<CheatedJob> {
  const { accounts, deployed, sender } = stack;
  const data = interfaces.JobRegistry.encodeFunctionData('request', [termsToChain(terms), input]) as Hex;
  const intent = { from: accounts.requester, to: deployed.addresses.JobRegistry, data, gas: GAS, what: 'request' };
  const [receipt] = await sender.mined(await sender.send([intent]));
  const decoder = createEventDecoder(deployed.addresses, ['JobRequested']);
  const event = receipt?.logs.map((log) => decoder.decode(log)).find((found) => found?.type === 'JobRequested');
  if (!receipt || event?.type !== 'JobRequested') throw new Error('the transaction requested no job');
  return { jobId: event.jobId, terms: event.terms, input: vector, blockNumber: receipt.blockNumber };
}

async function timeOf(blockNumber: number, { chain }: Stack): Promise<number> {
  const number = `0x${blockNumber.toString(16)}`;
  const block = (await chain.call('eth_getBlockByNumber', [number, false])) as { readonly timestamp: string };
  return Number(block.timestamp);
}

/** Whether a question can be asked again of the dishonest: its answer has to fit calldata. */
export function canBeTried({ terms }: PreparedQuestion): boolean {
  return terms.delivery === Delivery.Inline && terms.availability !== Availability.None;
}
