import { type TransactionReceipt, ZeroAddress } from 'ethers';
import { offerTypedData } from '../../workers/protocol/attestation.ts';
import { type AttestationRecord, parseRecord } from '../../workers/protocol/attestation-record.ts';
import { type Address, type JobId, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  type Terms,
  jobIdOf,
  termsOfChain,
  termsToChain,
} from '../../workers/protocol/job.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { CHALLENGE_WINDOW, FEE, type GasStage, type ModelLengths, STAKE_AT_RISK, TOKEN } from './stage.ts';

const ELEMENT_BYTES = 4;
/** Jobs before the first that counts: balances, slots of the callback and the batch are warm by then. */
const WARM_UP = 2;

const BATCH_GAS_LIMIT = 16_000_000n;

/** Gas of one job's whole transactions; `settle10` is a tenth of a batch of ten. */
export type FlowGas = Readonly<Record<'request' | 'attest' | 'settle10' | 'total', number>>;

export interface JobFlow extends ModelLengths {
  /** How the job finds its operator. Default: it names one. */
  readonly asked?: 'direct' | 'open' | 'offer';
  /** Default: `OnAttested`. */
  readonly phase?: CallbackPhase;
  /** Size of the second batch, if there is one. */
  readonly batch?: number;
}

/** A job that waits for its settlement. */
export interface AttestedJob {
  readonly id: JobId;
  readonly terms: Terms;
  readonly record: AttestationRecord;
  readonly output: Uint8Array;
}

/** Bytes without a zero among them: the dearest calldata. */
export function bytesOf(elements: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: elements * ELEMENT_BYTES }, (_, i) => ((seed + i * 7) % 255) + 1);
}

/** Requests, attests and settles; the last job of the run is the one that counts. */
export async function measureJobs(stage: GasStage, flow: JobFlow) {
  const { phase = CallbackPhase.OnAttested, batch = 0 } = flow;
  const { jobs, operator, mined, pass } = stage;
  const ask = await requesterOf(stage, flow, phase);
  const attested: AttestedJob[] = [];
  let request = 0n;
  let attest = 0n;
  for (let i = 0; i < WARM_UP + 11 + batch; i++) {
    const requested = await ask(BigInt(100_001 + i));
    request = requested.gasUsed;
    if (flow.asked === 'open') {
      await stage.mine();
      pass(120n);
    }
    const { job, receipt } = await attestJob(stage, requested, bytesOf(flow.output, 5));
    attest = receipt.gasUsed;
    attested.push(job);
  }
  pass(BigInt(CHALLENGE_WINDOW) + 1n);
  const settle = async (count: number): Promise<bigint> => {
    const entries = attested.splice(0, count);
    const calls = entries.map(({ terms, record }) => ({ terms: termsToChain(terms), record }));
    const outputs = phase === CallbackPhase.OnFinal ? entries.map(({ output }) => output) : [];
    // An estimate is the least gas that does not revert, and a batch that skips every callback does not.
    const receipt = await mined(() => jobs.connect(operator).settleMany(calls, outputs, { gasLimit: BATCH_GAS_LIMIT }));
    const settled = receipt.logs.filter((log) => jobs.interface.parseLog(log)?.name === 'JobSettled').length;
    if (settled !== count) throw new Error(`a batch of ${count} settled ${settled} jobs`);
    return receipt.gasUsed;
  };
  await settle(WARM_UP + 1);
  const ten = await settle(10);
  const settle10 = Number(ten / 10n);
  const marginal = batch === 0 ? 0 : Number((await settle(batch)) - ten) / (batch - 10);
  const total = Number(request + attest) + settle10;
  const flowGas: FlowGas = { request: Number(request), attest: Number(attest), settle10, total };
  return { flow: flowGas, marginal: Math.round(marginal) };
}

/** Attests the job that a receipt announces; its callback must not fail. */
export async function attestJob(stage: GasStage, requested: TransactionReceipt, output: Uint8Array) {
  const { jobs, operator, mined } = stage;
  const terms = termsIn(stage, requested);
  const root = vectorRoot(output);
  const receipt = await mined(() =>
    jobs.connect(operator).attest(termsToChain(terms), { root, content: ZERO_HEX32, vector: output }, '0x'),
  );
  const events = receipt.logs.flatMap((log) => jobs.interface.parseLog(log) ?? []);
  const answered = events.find(({ name }) => name === 'JobAttested');
  if (answered === undefined || events.some(({ name }) => name === 'CallbackFailed')) {
    throw new Error('an attestation or its callback failed');
  }
  const record = parseRecord(answered.args.toObject());
  return { job: { id: await idOf(stage, terms), terms, record, output } satisfies AttestedJob, receipt };
}

export async function idOf({ ethers, jobs }: GasStage, terms: Terms): Promise<JobId> {
  const { chainId } = await ethers.provider.getNetwork();
  return jobIdOf(terms, { chainId, registry: (await jobs.getAddress()) as Address });
}

/** Terms of a job with the callback target named, as an account of its own asks for it. */
export async function termsFor(stage: GasStage, flow: JobFlow, overrides: Partial<Terms>): Promise<Terms> {
  return {
    requester: stage.requester.address as Address,
    modelId: await stage.modelFor(flow),
    inputRoot: vectorRoot(bytesOf(flow.input, 17)),
    availability: Availability.Inline,
    delivery: Delivery.Inline,
    callbackPhase: CallbackPhase.None,
    callbackGas: 0,
    callbackTarget: ZERO_ADDRESS,
    fee: FEE,
    stakeAtRisk: STAKE_AT_RISK,
    operator: stage.operator.address as Address,
    offerPenalty: 0n,
    attestDeadline: stage.now() + 600n,
    challengeWindow: CHALLENGE_WINDOW,
    policy: ZERO_ADDRESS,
    parametersVersion: 1,
    salt: 1n,
    ...overrides,
  };
}

/** How this flow asks: through the contract that keeps the answer's hash, or as an account that brings an offer. */
async function requesterOf(stage: GasStage, flow: JobFlow, phase: CallbackPhase) {
  const { ethers, jobs, settlement, requester, operator, mined } = stage;
  const input = bytesOf(flow.input, 17);
  const named = flow.asked === 'open' ? ZeroAddress : operator.address;
  const modelId = await stage.modelFor(flow);
  await stage.tick();
  const keeper = await ethers.deployContract('HashKeeper', [
    jobs,
    modelId,
    named,
    phase,
    FEE,
    STAKE_AT_RISK,
    CHALLENGE_WINDOW,
  ]);
  await mined(() => settlement.connect(requester).deposit(keeper, 10n * TOKEN));
  if (flow.asked !== 'offer') return (salt: bigint) => mined(() => keeper.connect(requester).ask(input, salt));

  const callbackTarget = (await keeper.getAddress()) as Address;
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { chainId, verifyingContract: (await jobs.getAddress()) as Address };
  return async (salt: bigint): Promise<TransactionReceipt> => {
    const callback = { callbackTarget, callbackPhase: phase, callbackGas: 100_000 };
    const terms = await termsFor(stage, flow, { ...callback, salt, offerPenalty: STAKE_AT_RISK / 2n });
    const offer = { jobId: await idOf(stage, terms), penalty: terms.offerPenalty, expiry: terms.attestDeadline };
    const { domain: by, types, value } = offerTypedData(offer, domain);
    const signature = await operator.signTypedData(by, types, value);
    return mined(() =>
      jobs.connect(requester).requestWithOffer(termsToChain(terms), input, terms.attestDeadline, signature),
    );
  };
}

function termsIn({ jobs }: GasStage, receipt: TransactionReceipt): Terms {
  for (const log of receipt.logs) {
    const event = jobs.interface.parseLog(log);
    if (event?.name === 'JobRequested')
      return termsOfChain((event.args['terms'] as { toObject(): unknown }).toObject());
  }
  throw new Error('no job was requested');
}
