import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { MaxUint256, type TransactionReceipt, type TransactionResponse, ZeroHash } from 'ethers';
import type { NetworkConnection } from 'hardhat/types/network';
import type { AttestationRecord } from '../../workers/protocol/attestation-record.ts';
import type { Address, Hex, Hex32, JobId } from '../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  type Terms,
  jobIdOf,
  termsToChain,
} from '../../workers/protocol/job.ts';
import {
  type InputSpec,
  type ModelSpec,
  OutputKind,
  type OutputSpec,
  modelIdOf,
} from '../../workers/protocol/model.ts';
import { EPOCH_LENGTH, deploySystem, deployTrialCourt } from './system.ts';
import { BURN_ADDRESS, TOKEN } from './job-stage.ts';
import { TrialPlan, TrialVector, bitsOf, encodeInstruction } from './trial-trees.ts';

export const TrialStatus = { None: 0n, Opened: 1n, Hearing: 2n, Acquitted: 3n, Convicted: 4n, Void: 5n } as const;
export const Ground = {
  None: 0n,
  TraceWithheld: 1n,
  RevealWithheld: 2n,
  WrongElement: 3n,
  NonZeroPadding: 4n,
  WideGap: 5n,
  DuplicateIndex: 6n,
  NarrowGap: 7n,
  NotComparable: 8n,
  IndexOutOfRange: 9n,
  OutOfDomain: 10n,
  MalformedPlan: 11n,
} as const;
export const Space = { None: 0, Input: 1, Weight: 2, Trace: 3, Output: 4 } as const;
export type SpaceId = (typeof Space)[keyof typeof Space];

export const FEE = TOKEN;
export const STAKE_AT_RISK = 100n * TOKEN;
export const CHALLENGE_WINDOW = 3_600;
export const NO_SALT = ZeroHash;

/** What a model and one run of it consist of. Plan and tensors are small, and the court never asks whether they make sense. */
export interface TrialCase {
  readonly plan: TrialPlan;
  readonly input: TrialVector;
  readonly weights: TrialVector;
  readonly trace: TrialVector;
  readonly output: TrialVector;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
}

const floats = (length: number, first: number): number[] => Array.from({ length }, (_, i) => bitsOf(first + i / 8));

/** Elements with gaps between aligned parts. */
export function aligned(...parts: readonly (readonly number[])[]): number[] {
  return parts.flatMap((part, i) =>
    i === parts.length - 1 ? part : [...part, ...Array.from({ length: (64 - (part.length % 64)) % 64 }, () => 0)],
  );
}

/**
 * Three instructions: 70 floats, then 3 indices ranked out of 5, then 2 floats that are the answer's first output. The
 * answer: those 2 floats, and the 3 indices.
 */
export function sampleCase(change: Partial<TrialCase> = {}): TrialCase {
  const plan = new TrialPlan([
    encodeInstruction({ op: 3, start: 0, dimensions: [70] }),
    encodeInstruction({ op: 5, type: 1, start: 128, dimensions: [3], window: [5] }),
    encodeInstruction({ op: 3, start: 192, dimensions: [2] }),
  ]);
  return {
    plan,
    input: new TrialVector(aligned(floats(10, 1), floats(3, 2))),
    weights: new TrialVector(floats(100, -3)),
    trace: new TrialVector(aligned(floats(70, 1), [4, 0, 2], [bitsOf(8), bitsOf(-2)])),
    output: new TrialVector(aligned([bitsOf(8), bitsOf(-2)], [4, 0, 2])),
    inputs: [
      { length: 10, lo: bitsOf(-10), hi: bitsOf(10) },
      { length: 3, lo: bitsOf(-10), hi: bitsOf(10) },
    ],
    outputs: [
      { start: 192, length: 2, absTol: bitsOf(0.25), relTol: bitsOf(0.125), kind: OutputKind.Continuous },
      { start: 128, length: 3, absTol: bitsOf(0.25), relTol: 0, kind: OutputKind.Index },
    ],
    ...change,
  };
}

/**
 * A fixture: the whole system with a real court, whose judge rules as it is told, and everybody a trial needs.
 *
 * @param realJudge puts the real judge in its place; `judge` is then nobody
 */
export async function setTrialStage(
  { ethers, networkHelpers }: Pick<NetworkConnection, 'ethers' | 'networkHelpers'>,
  realJudge = false,
) {
  const signers = (await ethers.getSigners()).values();
  const next = (): HardhatEthersSigner => {
    const { value } = signers.next();
    if (value === undefined) throw new Error('not enough accounts');
    return value;
  };
  const people = {
    admin: next(),
    requester: next(),
    publisher: next(),
    treasury: next(),
    operator: next(),
    key: next(),
    opener: next(),
    prover: next(),
    demander: next(),
    other: next(),
    stranger: next(),
  };
  const { admin, operator, key, treasury } = people;
  const judge = await ethers.deployContract('JudgeStub', admin);
  const appointed = realJudge ? await ethers.deployContract('TensorJudge', admin) : judge;
  const system = await deploySystem(ethers, admin, {
    judge: await appointed.getAddress(),
    treasury: treasury.address,
    parameters: { stakeAtRiskMin: 1n },
  });
  const { trials, examiner } = await deployTrialCourt(ethers, admin, system, await appointed.getAddress());
  const { token, settlement, staking, models } = system;
  for (const person of Object.values(people)) {
    await token.mint(person, 10_000n * TOKEN);
    await token.connect(person).approve(settlement, MaxUint256);
    await settlement.connect(person).deposit(person, 1_000n * TOKEN);
  }
  await token.connect(operator).approve(staking, MaxUint256);
  await staking.connect(operator).deposit(1_000n * TOKEN);
  const consent = {
    domain: { name: 'Remit OperatorStaking', version: '1', ...(await domainOf(ethers, staking)) },
    types: { Appointment: ['operator', 'attester'].map((name) => ({ name, type: 'address' })) },
    value: { operator: operator.address, attester: key.address },
  };
  const signature = await key.signTypedData(consent.domain, consent.types, consent.value);
  await staking.connect(operator).appointAttester(key, signature);
  await networkHelpers.time.increase(2n * EPOCH_LENGTH);
  await models.connect(admin).setPublisherBond(50n * TOKEN);

  const chainId = (await ethers.provider.getNetwork()).chainId;
  const registry = (await system.jobs.getAddress()) as Address;
  const accounts = [...Object.values(people).map(({ address }) => address as Address), BURN_ADDRESS];
  return { ...system, ...people, ethers, networkHelpers, judge, examiner, trials, chainId, registry, accounts };
}

async function domainOf(
  ethers: NetworkConnection['ethers'],
  contract: { getAddress(): Promise<string> },
): Promise<{ readonly chainId: bigint; readonly verifyingContract: string }> {
  const { chainId } = await ethers.provider.getNetwork();
  return { chainId, verifyingContract: await contract.getAddress() };
}

export type TrialStage = Awaited<ReturnType<typeof setTrialStage>>;

/** A case file as contracts take it. */
export interface ChainCaseFile {
  readonly terms: ReturnType<typeof termsToChain>;
  readonly record: AttestationRecord;
  readonly docket: ChainDocket;
  readonly exhibits: ChainExhibits;
}

export interface ChainDocket {
  readonly opener: string;
  readonly openerCosts: bigint;
  readonly traceDue: bigint;
  readonly demandsEnd: bigint;
  readonly hearingEnd: bigint;
  readonly trialEnd: bigint;
  readonly revealTime: bigint;
  readonly inputLength: bigint;
  readonly outputLength: bigint;
}

export interface ChainExhibits {
  readonly planRoot: string;
  readonly planLength: bigint;
  readonly inputTree: string;
  readonly weightsTree: string;
  readonly weightsLength: bigint;
  readonly traceTree: string;
  readonly traceLength: bigint;
  readonly outputTree: string;
}

export const NO_EXHIBITS: ChainExhibits = {
  planRoot: ZeroHash,
  planLength: 0n,
  inputTree: ZeroHash,
  weightsTree: ZeroHash,
  weightsLength: 0n,
  traceTree: ZeroHash,
  traceLength: 0n,
  outputTree: ZeroHash,
};

/** A spec as contracts take it. */
export type ChainSpec = Omit<ModelSpec, 'inputs' | 'outputs'> & { inputs: InputSpec[]; outputs: OutputSpec[] };

/** An attested job of a case. */
export interface TriedJob extends TrialCase {
  readonly id: JobId;
  readonly terms: Terms;
  readonly record: AttestationRecord;
  readonly spec: ChainSpec;
  readonly at: bigint;
}

/** A trial of it. */
export interface Trial extends TriedJob {
  readonly file: ChainCaseFile;
  readonly openedAt: bigint;
}

let salts = 0;

/** Registers the model of a case, requests a job of it and has the operator attest. */
export async function attestCase(
  stage: TrialStage,
  tried: TrialCase = sampleCase(),
  change: Partial<Terms> = {},
  changeSpec: Partial<ChainSpec> = {},
): Promise<TriedJob> {
  const { models, jobs, publisher, requester, key, operator } = stage;
  const spec: ChainSpec = {
    semanticsVersion: 1,
    planRoot: tried.plan.root,
    planLength: tried.plan.length,
    weightsRoot: tried.weights.vectorRoot,
    traceLength: tried.trace.length,
    inputs: [...tried.inputs],
    outputs: [...tried.outputs],
    onnxSha256: `0x${(++salts).toString(16).padStart(64, '0')}` as Hex32,
    publisher: publisher.address as Address,
    publisherFeeBps: 1_000,
    ...changeSpec,
  };
  await models.connect(publisher).register(spec);
  const terms: Terms = {
    requester: requester.address as Address,
    modelId: modelIdOf(spec),
    inputRoot: tried.input.vectorRoot,
    availability: Availability.None,
    delivery: Delivery.None,
    callbackPhase: CallbackPhase.None,
    callbackGas: 0,
    callbackTarget: `0x${'00'.repeat(20)}` as Address,
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    operator: operator.address as Address,
    offerPenalty: 0n,
    attestDeadline: BigInt(await stage.networkHelpers.time.latest()) + 600n,
    challengeWindow: CHALLENGE_WINDOW,
    policy: `0x${'00'.repeat(20)}` as Address,
    parametersVersion: Number(await jobs.currentVersion()),
    salt: BigInt(++salts),
    ...change,
  };
  await jobs.connect(requester).request(termsToChain(terms), '0x');
  const output = { root: tried.output.vectorRoot, content: ZeroHash, vector: '0x' as Hex };
  const { at } = await mined(stage, jobs.connect(key).attest(termsToChain(terms), output, '0x'));
  const record: AttestationRecord = {
    outputRoot: tried.output.vectorRoot,
    outputContent: ZeroHash as Hex32,
    operator: operator.address as Address,
    challengeEnd: at + BigInt(terms.challengeWindow),
  };
  const id = jobIdOf(terms, { chainId: stage.chainId, registry: stage.registry });
  return { ...tried, id, terms, record, spec, at };
}

/** Opens a trial; the docket is taken from the event. */
export async function openCase(stage: TrialStage, job: TriedJob, by = stage.opener): Promise<Trial> {
  const terms = termsToChain(job.terms);
  const { receipt, at } = await mined(stage, stage.trials.connect(by).open(terms, job.record));
  const docket = argsOf(stage, receipt, 'TrialOpened')['docket'] as ChainDocket;
  return { ...job, file: { terms, record: job.record, docket: named(docket), exhibits: NO_EXHIBITS }, openedAt: at };
}

export function treesOf({ input, weights, trace, output }: TrialCase) {
  return {
    input: input.root,
    weights: weights.root,
    weightsLength: weights.length,
    trace: trace.root,
    output: output.root,
  };
}

/** Posts the trace as the operator's key; the exhibits are taken from the event. */
export async function postCase(stage: TrialStage, trial: Trial, by = stage.key): Promise<Trial> {
  const { receipt } = await mined(stage, stage.trials.connect(by).postTrace(trial.file, trial.spec, treesOf(trial)));
  const exhibits = argsOf(stage, receipt, 'TracePosted')['exhibits'] as ChainExhibits;
  return { ...trial, file: { ...trial.file, exhibits: named(exhibits) } };
}

/** From nothing to a hearing. */
export async function hearCase(
  stage: TrialStage,
  tried: TrialCase = sampleCase(),
  change: Partial<Terms> = {},
): Promise<Trial> {
  return postCase(stage, await openCase(stage, await attestCase(stage, tried, change)));
}

export interface Mined {
  readonly receipt: TransactionReceipt;
  readonly at: bigint;
}

export async function mined(stage: TrialStage, sent: Promise<TransactionResponse>): Promise<Mined> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error('not mined');
  const block = await stage.ethers.provider.getBlock(receipt.blockNumber);
  return { receipt, at: BigInt(block!.timestamp) };
}

/** The arguments of the one event of this name that the court emitted. */
export function argsOf({ trials }: TrialStage, receipt: TransactionReceipt, name: string): Record<string, unknown> {
  const seen = receipt.logs.flatMap((log) => trials.interface.parseLog(log) ?? []).filter((one) => one.name === name);
  if (seen.length !== 1) throw new Error(`${seen.length} events ${name}`);
  return seen[0]!.args.toObject() as Record<string, unknown>;
}

function named<T>(struct: T): T {
  return (struct as { toObject(): T }).toObject();
}
