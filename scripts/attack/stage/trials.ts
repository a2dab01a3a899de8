import { openingsFor, ruleOn } from '../../../workers/canonical/judge/evidence.ts';
import { readerOf } from '../../../workers/canonical/judge/interpret.ts';
import { encodeInstruction } from '../../../workers/canonical/plan/encoding.ts';
import { instructionAt, instructionPath } from '../../../workers/canonical/plan/plan.ts';
import { openChunks } from '../../../workers/canonical/tree/opening.ts';
import { VectorTree } from '../../../workers/canonical/tree/vector-tree.ts';
import type { Result } from 'ethers';
import {
  type CaseFile,
  commitCall,
  demandCall,
  openCall,
  postTraceCall,
  proveElementCall,
  proveGapCall,
  resolveCall,
  revealCall,
} from '../../../workers/chain/trial-calls.ts';
import { type Hex, type Hex32, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { nameOf } from '../../../workers/protocol/job.ts';
import {
  commitmentOf,
  Ground,
  NO_EXHIBITS,
  parseDocket,
  parseExhibits,
  type ProofFacts,
  Space,
  TrialStatus,
} from '../../../workers/protocol/trial.ts';
import { decodeInts } from '../../../workers/protocol/vector.ts';
import type { Account } from '../../stack/accounts.ts';
import type { Call } from './contract-handle.ts';
import { type AnsweredJob, INPUT } from './jobs.ts';
import type { Stage } from './scene.ts';

/** A trial of an answer; vectors are bit patterns in host order. */
export interface Trial {
  readonly job: AnsweredJob;
  readonly file: CaseFile;
  /** What the operator says it computed. */
  readonly trace: Uint32Array;
}

/** Prepaid per gas of an answer: far more than the base fee of a quiet chain. */
export const FEE_CAP = 20n * 10n ** 9n;
const REVEAL_GAS = 130_000n;

const bitsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(decodeInts(bytes).buffer);
const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;
const court = ({ handles }: Stage, from: Account, data: Hex, value = 0n): Call => ({
  from,
  to: handles.TrialCourt.address,
  data,
  value,
});

export const openTrialCall = (stage: Stage, { terms, record }: AnsweredJob, from: Account): Call =>
  court(stage, from, openCall(terms, record));

/** Opens a trial of an answer. */
export async function opened(stage: Stage, job: AnsweredJob, by = stage.cast.watcher): Promise<Trial> {
  const mined = await stage.step('puts the answer on trial, with a bond', openTrialCall(stage, job, by));
  const { docket } = stage.eventIn(mined, stage.handles.TrialCourt, 'TrialOpened') as unknown as { docket: Result };
  const file = { terms: job.terms, record: job.record, docket: parseDocket(docket.toObject()), exhibits: NO_EXHIBITS };
  return { job, file, trace: stage.model.trace(INPUT) };
}

export function postCall(stage: Stage, { file, job, trace }: Trial, from: Account): Call {
  const { model } = stage;
  const trees = {
    input: new VectorTree(bitsOf(INPUT)).merkleRoot,
    weights: new VectorTree(model.weights).merkleRoot,
    weightsLength: model.weights.length,
    trace: new VectorTree(trace).merkleRoot,
    output: new VectorTree(bitsOf(Buffer.from(job.output.vector.slice(2), 'hex'))).merkleRoot,
  };
  return court(stage, from, postTraceCall(file, model.spec, trees));
}

/** The operator posts its trace; `wrong` is an element of which it claims another number. */
export async function posted(stage: Stage, trial: Trial, wrong?: number, by = stage.cast.operator): Promise<Trial> {
  const trace = trial.trace.slice();
  if (wrong !== undefined) trace[wrong] = (trace[wrong] ?? 0) ^ 1;
  const changed = { ...trial, trace };
  const text = wrong === undefined ? 'posts its trace' : 'posts a trace with one wrong number';
  const mined = await stage.step(text, postCall(stage, changed, by.attester));
  const event = stage.eventIn(mined, stage.handles.TrialCourt, 'TracePosted') as unknown as { exhibits: Result };
  return { ...changed, file: { ...trial.file, exhibits: parseExhibits(event.exhibits.toObject()) } };
}

/** From nothing to a hearing about an answer. */
export async function heard(stage: Stage, job: AnsweredJob, wrong?: number): Promise<Trial> {
  return posted(stage, await opened(stage, job), wrong);
}

const vectorsOf = ({ model }: Stage, { trace }: Trial) => ({ input: bitsOf(INPUT), weights: model.weights, trace });

/** The proof that an element of the posted trace is not what its instruction yields; the chain decides whether it is one. */
export function proveCall(stage: Stage, trial: Trial, element: number, from: Account, salt: Hex32 = ZERO_HEX32): Call {
  const { plan } = stage.model;
  const vectors = vectorsOf(stage, trial);
  const { index } = instructionAt(plan, element);
  const instruction = plan.instructions[index];
  if (!instruction) throw new RangeError(`no instruction writes element ${element}`);
  const openings = openingsFor(instruction, element, readerOf(vectors), {
    input: new VectorTree(vectors.input),
    weights: new VectorTree(vectors.weights),
    trace: new VectorTree(vectors.trace),
  });
  const shown = { index, instruction: hexOf(encodeInstruction(instruction)), siblings: instructionPath(plan, index) };
  return court(stage, from, proveElementCall(trial.file, shown, element, openings, salt));
}

/** What such a proof shows, as its commitment binds it. */
export function factsOf(stage: Stage, trial: Trial, element: number): ProofFacts {
  const instruction = stage.model.plan.instructions[instructionAt(stage.model.plan, element).index];
  if (!instruction) throw new RangeError(`no instruction writes element ${element}`);
  const { claimed, canonical } = ruleOn(instruction, element, readerOf(vectorsOf(stage, trial)));
  return { ground: Ground.WrongElement, element, claimed, canonical };
}

export function commitmentCall(stage: Stage, trial: Trial, element: number, from: Account, salt: Hex32): Call {
  const commitment = commitmentOf(trial.job.id, from.address, factsOf(stage, trial, element), salt);
  return court(stage, from, commitCall(commitment));
}

/** The proof that the answer is too far from the trace that was posted for it. */
export function gapCall(stage: Stage, trial: Trial, from: Account): Call {
  const start = stage.model.spec.outputs[0]?.start ?? 0;
  const output = new VectorTree(bitsOf(Buffer.from(trial.job.output.vector.slice(2), 'hex')));
  const openings = {
    output: openChunks(output, [0]),
    trace: openChunks(new VectorTree(trial.trace), [Math.floor(start / 64)]),
  };
  return court(stage, from, proveGapCall(trial.file, stage.model.spec, 0, openings, ZERO_HEX32));
}

/** The demand to show the chunk of the input; the model's has one chunk. */
export function demandInputCall(stage: Stage, { file }: Trial, from: Account, feeCap = FEE_CAP): Call {
  const node = new VectorTree(bitsOf(INPUT)).merkleRoot;
  const data = demandCall(file, { space: Space.Input, height: 0, index: 0 }, node, []);
  return court(stage, from, data, REVEAL_GAS * feeCap);
}

/** The demand to show a chunk of the output. */
export function demandOutputCall(stage: Stage, { file, job }: Trial, from: Account, feeCap = FEE_CAP): Call {
  const node = new VectorTree(bitsOf(Buffer.from(job.output.vector.slice(2), 'hex'))).merkleRoot;
  const data = demandCall(file, { space: Space.Output, height: 0, index: 0 }, node, []);
  return court(stage, from, data, REVEAL_GAS * feeCap);
}

/** The answer to the demand for the input. */
export function revealInputCall(stage: Stage, { job }: Trial, from: Account): Call {
  const chunk = hexOf(new VectorTree(bitsOf(INPUT)).chunk(0));
  return court(stage, from, revealCall(job.id, { space: Space.Input, height: 0, index: 0 }, chunk));
}

export function resolveTrialCall(stage: Stage, { file }: Trial, from: Account, overdue: Hex32 = ZERO_HEX32): Call {
  return court(stage, from, resolveCall(file, overdue));
}

/** The name of the trial's status. */
export async function trialStatus({ contracts }: Pick<Stage, 'contracts'>, { job }: Trial): Promise<string> {
  return nameOf(TrialStatus, Number((await contracts.TrialCourt.trialOf(job.id)).status));
}
