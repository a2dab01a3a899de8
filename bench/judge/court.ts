import { network } from 'hardhat';
import { changedTree, type JudgedTree } from '../../scripts/conformance/changed-tree.ts';
import { attestClaim, type Claim } from '../../test/support/trial-player.ts';
import { argsOf, mined, setTrialStage, type TrialStage, TrialStatus } from '../../test/support/trial-stage.ts';
import type { ModelRun } from '../../test/support/model-runs.ts';
import { openingsFor, ruleOn } from '../../workers/canonical/judge/evidence.ts';
import { encodeInstruction } from '../../workers/canonical/plan/encoding.ts';
import { SPACE, TYPE } from '../../workers/canonical/plan/instruction.ts';
import { instructionPath, type Plan } from '../../workers/canonical/plan/plan.ts';
import { sizeOf } from '../../workers/canonical/plan/sizes.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import {
  type CaseFile,
  commitCall,
  openCall,
  postTraceCall,
  proveElementCall,
} from '../../workers/chain/trial-calls.ts';
import type { Address, Hex, Hex32 } from '../../workers/protocol/ids.ts';
import { type ModelSpec, OutputKind } from '../../workers/protocol/model.ts';
import { alignedStarts, bitsOfFloat } from '../../workers/protocol/vector.ts';
import { commitmentOf, Ground, NO_EXHIBITS, parseDocket, parseExhibits } from '../../workers/protocol/trial.ts';
import { bytesOfBits } from '../../workers/roles/trial/elements.ts';

/** Named, so that the figures stay comparable: it has the floor price of calldata (EIP-7623) and the cap on a transaction's gas. */
export const HARDFORK = 'osaka';

const GAS_LIMIT = 16_000_000n;
const SALT = `0x${'5a'.repeat(32)}` as Hex32;

/** The whole system with the real judge, on a chain in this process. @throws Error when calldata has no floor price there */
export async function openCourt() {
  const connection = await network.create({ override: { hardfork: HARDFORK } });
  const stage = await setTrialStage(connection, true);
  await requireFloor(stage);
  return { stage, close: () => connection.close() };
}

export type Court = Awaited<ReturnType<typeof openCourt>>;

/** 1,000 bytes that are not zero cost 40 gas each when nothing is computed with them. */
async function requireFloor({ opener, stranger }: TrialStage): Promise<void> {
  const receipt = await (
    await opener.sendTransaction({ to: stranger.address, data: `0x${'ff'.repeat(1_000)}` })
  ).wait();
  if (receipt?.gasUsed !== 61_000n) throw new Error(`calldata has no floor price here: ${receipt?.gasUsed} gas`);
}

/** What a publisher would register; a tolerance of a thousandth, and a domain that lets everything through. */
export function specOfRun({ model }: Pick<ModelRun, 'model'>): ModelSpec {
  const { plan, planRoot, weightsRoot } = model;
  return {
    semanticsVersion: 1,
    planRoot,
    planLength: plan.instructions.length,
    weightsRoot,
    traceLength: plan.traceLength,
    inputs: model.inputs.map(({ length }) => ({ length, lo: bitsOfFloat(-1e6), hi: bitsOfFloat(1e6) })),
    outputs: model.outputs.map(({ start, length, type }) =>
      type === TYPE.F32
        ? { start, length, absTol: bitsOfFloat(1e-3), relTol: bitsOfFloat(1e-3), kind: OutputKind.Continuous }
        : { start, length, absTol: 0, relTol: 0, kind: OutputKind.Integer },
    ),
    onnxSha256: planRoot,
    publisher: `0x${'00'.repeat(20)}` as Address,
    publisherFeeBps: 1_000,
  };
}

/** The answer that the trace holds. */
export function answerOf({ model, trace }: Pick<ModelRun, 'model' | 'trace'>): Uint32Array {
  const { starts, total } = layoutOf(model.outputs.map(({ length }) => length));
  const answer = new Uint32Array(total);
  model.outputs.forEach(({ start, length }, i) => answer.set(trace.subarray(start, start + length), starts[i] ?? 0));
  return answer;
}

function layoutOf(lengths: readonly number[]) {
  const { starts } = alignedStarts(lengths);
  return { starts, total: (starts.at(-1) ?? 0) + (lengths.at(-1) ?? 0) };
}

/** The element in the middle of an instruction's output, where windows reach over no edge. */
export function middleOf(instruction: Plan['instructions'][number]): number {
  const flat = instruction.dims.reduce((at, dim) => at * dim + Math.floor(dim / 2), 0);
  return instruction.start + Math.min(flat, sizeOf(instruction) - 1);
}

/** Gas of the transactions of one trial that ends with a proof. */
export interface ProofGas {
  readonly open: number;
  readonly postTrace: number;
  readonly commit: number;
  /** with the conviction's payments */
  readonly proveElement: number;
  /** bytes */
  readonly calldata: number;
}

/** An element and the instruction that writes it. */
export interface ProvenElement {
  readonly index: number;
  readonly element: number;
}

/** An attested job of a run, on trial up to the trace. */
export interface OpenedRun {
  readonly run: ModelRun;
  readonly output: VectorTree;
  readonly claim: Claim;
  readonly docket: ReturnType<typeof parseDocket>;
  readonly open: number;
}

export async function openRun(stage: TrialStage, run: ModelRun): Promise<OpenedRun> {
  const output = answerOf(run);
  const claim = await attestClaim(stage, {
    spec: specOfRun(run),
    input: bytesOfBits(run.input),
    answer: bytesOfBits(output),
  });
  const { opener, trials } = stage;
  const to = await trials.getAddress();
  const { receipt } = await mined(stage, opener.sendTransaction({ to, data: openCall(claim.terms, claim.record) }));
  const docket = parseDocket(argsOf(stage, receipt, 'TrialOpened')['docket']);
  return { run, output: new VectorTree(output), claim, docket, open: Number(receipt.gasUsed) };
}

/** The run's trace as it is posted: with one bit of an element flipped, or as it should be. */
async function postTrace(stage: TrialStage, opened: OpenedRun, trace: JudgedTree) {
  const { run, claim, docket } = opened;
  const { trees } = run;
  const { terms, record, spec } = claim;
  const roots = {
    ...{ input: trees.input.merkleRoot, weights: trees.weights.merkleRoot, weightsLength: trees.weights.length },
    ...{ trace: trace.merkleRoot, output: opened.output.merkleRoot },
  };
  const file = { terms, record, docket, exhibits: NO_EXHIBITS };
  const to = await stage.trials.getAddress();
  const { receipt } = await mined(stage, stage.key.sendTransaction({ to, data: postTraceCall(file, spec, roots) }));
  const exhibits = parseExhibits(argsOf(stage, receipt, 'TracePosted')['exhibits']);
  return { file: { ...file, exhibits }, gas: Number(receipt.gasUsed) };
}

/** The call that proves an element of a trace wrong, and what its commitment binds. @param bits of the element */
function proofOf(
  { run }: OpenedRun,
  file: CaseFile,
  { index, element, bits, trace }: ProvenElement & { readonly bits: number; readonly trace: JudgedTree },
) {
  const { plan } = run.model;
  const instruction = instructionOf(plan, index);
  const vectors = { [SPACE.INPUT]: run.input, [SPACE.WEIGHT]: run.weights, [SPACE.TRACE]: run.trace };
  const read = (space: keyof typeof vectors, address: number): number =>
    space === SPACE.TRACE && address === element ? bits : (vectors[space][address] ?? 0);
  const { claimed, canonical } = ruleOn(instruction, element, read);
  const plain: Hex = `0x${Buffer.from(encodeInstruction(instruction)).toString('hex')}`;
  const shown = { index, instruction: plain, siblings: instructionPath(plan, index) };
  const openings = openingsFor(instruction, element, read, { ...run.trees, trace });
  return {
    facts: { ground: Ground.WrongElement, element, claimed, canonical },
    data: proveElementCall(file, shown, element, openings, SALT),
  };
}

/**
 * Posts the run's trace with one bit of an element flipped, and proves that element, by a prover that has committed.
 *
 * @throws Error when the court does not convict
 */
export async function convictOf(stage: TrialStage, opened: OpenedRun, at: ProvenElement): Promise<ProofGas> {
  const { run, claim, open } = opened;
  const { prover, trials, networkHelpers } = stage;
  const { jobId } = claim.message;
  const to = await trials.getAddress();
  const bits = ((run.trace[at.element] ?? 0) ^ 1) >>> 0;
  const trace = changedTree(run.trees.trace, at.element, bits);
  const posted = await postTrace(stage, opened, trace);
  const { facts, data } = proofOf(opened, posted.file, { ...at, bits, trace });
  const commitment = commitmentOf(jobId, prover.address as Address, facts, SALT);
  const committed = await mined(stage, prover.sendTransaction({ to, data: commitCall(commitment) }));
  await networkHelpers.mine(Number(await trials.COMMITMENT_BLOCKS()));
  const proven = await mined(stage, prover.sendTransaction({ to, data, gasLimit: GAS_LIMIT }));
  const { status } = await trials.trialOf(jobId);
  if (status !== TrialStatus.Convicted) throw new Error(`instruction ${at.index}: the trial stands at ${status}`);
  return {
    open,
    postTrace: posted.gas,
    commit: Number(committed.receipt.gasUsed),
    proveElement: Number(proven.receipt.gasUsed),
    calldata: (data.length - 2) / 2,
  };
}

/**
 * Gas of attempts to prove elements of the right trace. They fail after the judge has ruled, so this is what a proof costs
 * without the conviction that it ends with.
 */
export async function rulingGas(
  stage: TrialStage,
  opened: OpenedRun,
  elements: readonly ProvenElement[],
): Promise<readonly number[]> {
  const { run } = opened;
  const { trials, ethers } = stage;
  const to = await trials.getAddress();
  const { file } = await postTrace(stage, opened, run.trees.trace);
  const gas: number[] = [];
  for (const at of elements) {
    const { data } = proofOf(opened, file, { ...at, bits: run.trace[at.element] ?? 0, trace: run.trees.trace });
    const hash = await sentInVain(stage, { to, data });
    const receipt = await ethers.provider.getTransactionReceipt(hash);
    if (receipt?.status !== 0) throw new Error(`instruction ${at.index}: a right element was proven wrong`);
    gas.push(Number(receipt.gasUsed));
  }
  return gas;
}

/** Sends what will revert; the chain reports the failure where the hash is expected. */
async function sentInVain({ prover, ethers }: TrialStage, call: { readonly to: string; readonly data: string }) {
  const sent = await prover.sendTransaction({ ...call, gasLimit: GAS_LIMIT }).catch(() => undefined);
  if (sent) return sent.hash;
  const block = await ethers.provider.getBlock('latest');
  const hash = block?.transactions[0];
  if (hash === undefined) throw new Error('the transaction was not mined');
  return hash;
}

function instructionOf(plan: Plan, index: number): Plan['instructions'][number] {
  const instruction = plan.instructions[index];
  if (!instruction) throw new RangeError(`no instruction ${index}`);
  return instruction;
}
