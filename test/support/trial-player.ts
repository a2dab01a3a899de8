import { createHash } from 'node:crypto';
import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { createContractRead } from '../../workers/chain/contract-reads.ts';
import type { Addresses } from '../../workers/chain/deployments.ts';
import { createJobView } from '../../workers/chain/job-view.ts';
import { createTrialFiles } from '../../workers/chain/trial-file.ts';
import { createTrialReads } from '../../workers/chain/trial-reads.ts';
import type { Plan } from '../../workers/canonical/plan/plan.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import { type AttestationRecord, recordToJson } from '../../workers/protocol/attestation-record.ts';
import { type Address, type Hex, type Hex32, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, Delivery, jobIdOf, type Terms, termsToChain, termsToJson } from '../../workers/protocol/job.ts';
import { type ModelSpec, modelIdOf } from '../../workers/protocol/model.ts';
import { catalog, type MessageInput } from '../../workers/queue/catalog.ts';
import { parseMessage } from '../../workers/queue/producer.ts';
import { createCases } from '../../workers/roles/trial/case.ts';
import { bitsOfBytes, bytesOfBits } from '../../workers/roles/trial/elements.ts';
import { createTrialMetrics } from '../../workers/roles/trial/metrics.ts';
import { createTrialHandler } from '../../workers/roles/trial/play-trial.ts';
import type { TrialMessage, TrialPorts } from '../../workers/roles/trial/ports.ts';
import { createTrialChain } from '../../workers/roles/trial/trial-chain.ts';
import { noMetrics } from '../../workers/runtime/metrics.ts';
import { memoryNotes } from '../workers/roles/trial/bench.ts';
import { ManualClock } from './manual-clock.ts';
import { contextOf, recordingLogger } from './role-jobs.ts';
import { TrialStatus, type TrialStage } from './trial-stage.ts';

const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;
const digestOf = (bytes: Uint8Array): Hex32 => `0x${createHash('sha256').update(bytes).digest('hex')}` as Hex32;

/** Vectors of more bytes travel as blobs. */
const INLINE_MAX = 4_096;

/** An attested job as workers hear of it. */
export interface Claim {
  readonly message: TrialMessage;
  readonly terms: Terms;
  readonly record: AttestationRecord;
  readonly spec: ModelSpec;
  /** By their digests. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

let salts = 76n;

/** Registers a model unless it is known, requests a job of it and has the operator attest `answer`; vectors as bytes. */
export async function attestClaim(
  stage: TrialStage,
  { spec, input, answer }: { readonly spec: ModelSpec; readonly input: Uint8Array; readonly answer: Uint8Array },
): Promise<Claim> {
  const { models, jobs, publisher, requester, key, operator, chainId, registry, ethers, networkHelpers } = stage;
  const registered = { ...spec, publisher: publisher.address as Address };
  const { status } = await models.recordOf(modelIdOf(registered));
  if (status === 0n)
    await models.connect(publisher).register({ ...registered, inputs: [...spec.inputs], outputs: [...spec.outputs] });
  const blobs = new Map([input, answer].map((bytes) => [digestOf(bytes) as string, bytes]));
  const [inputInline, answerInline] = [input.length <= INLINE_MAX, answer.length <= INLINE_MAX];
  const terms: Terms = {
    requester: requester.address as Address,
    modelId: modelIdOf(registered),
    inputRoot: new VectorTree(bitsOfBytes(input)).root,
    availability: inputInline ? Availability.Inline : Availability.Blob,
    delivery: answerInline ? Delivery.Inline : Delivery.Blob,
    ...{ callbackPhase: 0, callbackGas: 0, callbackTarget: ZERO_ADDRESS },
    fee: 10n ** 18n,
    stakeAtRisk: 10n ** 20n,
    operator: operator.address as Address,
    offerPenalty: 0n,
    attestDeadline: BigInt(await networkHelpers.time.latest()) + 600n,
    challengeWindow: 3_600,
    policy: ZERO_ADDRESS,
    parametersVersion: Number(await jobs.currentVersion()),
    salt: ++salts,
  };
  const shownInput = inputInline ? hexOf(input) : digestOf(input);
  await jobs.connect(requester).request(termsToChain(terms), shownInput);
  const root = new VectorTree(bitsOfBytes(answer)).root;
  const content = answerInline ? ZERO_HEX32 : digestOf(answer);
  const output = { root, content, vector: answerInline ? hexOf(answer) : '0x' };
  const receipt = await (await jobs.connect(key).attest(termsToChain(terms), output, '0x')).wait();
  const block = await ethers.provider.getBlock(receipt?.blockNumber ?? 0);
  const at = {
    ...{ blockNumber: block?.number ?? 0, blockHash: block?.hash ?? '', txHash: receipt?.hash ?? '' },
    ...{ logIndex: 0, timestamp: block?.timestamp ?? 0 },
  };
  const record: AttestationRecord = {
    outputRoot: root,
    outputContent: content,
    operator: operator.address as Address,
    challengeEnd: BigInt(at.timestamp + terms.challengeWindow),
  };
  const message = parseMessage(catalog.trial, {
    ...{ chainId: Number(chainId), registry, jobId: jobIdOf(terms, { chainId, registry }) },
    terms: termsToJson(terms) as MessageInput<'trial'>['terms'],
    ...{ input: shownInput, output: answerInline ? hexOf(answer) : '0x' },
    ...{ record: recordToJson(record), request: at, attest: at },
  });
  return { message, terms, record, spec: registered, blobs };
}

/** A transaction that a player had mined. */
export interface SentStep {
  /** The move, without the hash of its call. */
  readonly step: string;
  readonly gas: bigint;
}

export interface PlayerOptions {
  readonly signer: HardhatEthersSigner;
  readonly plan: Plan;
  readonly weights: { readonly tree: VectorTree; readonly length: number };
  /** What this player computes. */
  readonly trace: Uint32Array;
  /** What the claimant serves to it. */
  readonly served?: Uint32Array | undefined;
}

/** A node of one account in front of the real contracts; what it sends is mined at once. */
export async function trialPlayer(
  stage: TrialStage,
  { message, spec, blobs }: Claim,
  { signer, plan, weights, trace, served }: PlayerOptions,
) {
  const us = signer.address as Address;
  const { jobs, trials, settlement, staking, key, operator } = stage;
  const named = { JobRegistry: jobs, TrialCourt: trials, Settlement: settlement, OperatorStaking: staking };
  const addresses = Object.fromEntries(
    await Promise.all(Object.entries(named).map(async ([name, contract]) => [name, await contract.getAddress()])),
  ) as Addresses;
  const rpc = {
    call: (method: string, params: readonly unknown[]): Promise<unknown> =>
      stage.ethers.provider.send(method, params as unknown[]),
  };
  const reader = createChainReader({ rpc });
  const read = createContractRead(addresses, { rpc });
  const chain = createTrialChain(
    { us },
    {
      view: createJobView({ read, reader }),
      files: createTrialFiles(addresses, { rpc }),
      reads: createTrialReads({ read }),
      head: () => reader.head(),
      vectorIn: async () => undefined,
    },
  );
  const steps: SentStep[] = [];
  const ports: TrialPorts = {
    chain,
    specs: { specOf: async () => spec },
    canonical: { open: async () => ({ spec, plan, weights, run: async () => trace }) },
    blobs: { get: async (digest) => blobs.get(digest) ?? Promise.reject(new Error('no such blob')) },
    outputs: { find: async () => undefined },
    traces: { put: async () => undefined, remove: async () => undefined },
    peers: { fetch: async () => served && bytesOfBits(served) },
    notes: memoryNotes(),
    transactions: {
      enqueueAgain: async (_, { to, data, value, step }) => {
        const receipt = await (await signer.sendTransaction({ to, data, value: BigInt(value) })).wait();
        steps.push({ step: step.replace(/-[0-9a-f]{16}$/, ''), gas: receipt?.gasUsed ?? 0n });
      },
    },
    metrics: createTrialMetrics(noMetrics),
    clock: new ManualClock(),
    random: () => `0x${'5a'.repeat(32)}` as Hex32,
  };
  const handler = createTrialHandler(
    {
      ...{ us, operator: signer === key ? (operator.address as Address) : us, challenges: true },
      court: addresses.TrialCourt,
      policy: { urgentSeconds: 60, commitBlocks: 0, hurrySeconds: 60, readChunksMax: 64 },
      ...{ pollMs: 1_000, serveWaitMs: 0, finalityDepth: 0 },
    },
    { ...ports, cases: createCases(ports) },
  );
  const logger = recordingLogger();
  return {
    steps,
    /** The names of the moves. */
    get sent(): readonly string[] {
      return steps.map(({ step }) => step);
    },
    look: () => handler(message, contextOf(logger)),
    logger,
  };
}

/** Lets both sides look in turn until the court has ruled. @returns the trial's status */
export async function playOut(
  stage: TrialStage,
  id: string,
  sides: readonly { readonly look: () => Promise<unknown> }[],
): Promise<bigint> {
  for (let turn = 0; turn < 40; turn++) {
    const { status } = await stage.trials.trialOf(id);
    if (status > TrialStatus.Hearing) return status;
    for (const side of sides) await side.look();
    await stage.networkHelpers.mine(1);
  }
  throw new Error('the trial does not end');
}
