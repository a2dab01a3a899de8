import type { AttestationRecord } from '../protocol/attestation-record.ts';
import type { Address, Hex, Hex32, JobId } from '../protocol/ids.ts';
import { type Terms, termsToChain } from '../protocol/job.ts';
import type { ModelSpec } from '../protocol/model.ts';
import type { Docket, Exhibits, Space } from '../protocol/trial.ts';
import { interfaces } from './contracts.ts';

/** Everything about a trial that its slot commits to by hash. */
export interface CaseFile {
  readonly terms: Terms;
  readonly record: AttestationRecord;
  readonly docket: Docket;
  readonly exhibits: Exhibits;
}

/** The claimant's trees: Merkle roots without length, and one length in elements. */
export interface Trees {
  readonly input: Hex32;
  readonly weights: Hex32;
  readonly weightsLength: number;
  readonly trace: Hex32;
  readonly output: Hex32;
}

/** An instruction of the plan with the hashes on its way to the plan's root, from the leaf up. */
export interface PlanOpening {
  readonly index: number;
  readonly instruction: Hex;
  readonly siblings: readonly Hex32[];
}

/** Chunks of one vector (docs/PLAN.md, Roots). */
export interface Opening {
  readonly ranges: Hex;
  readonly chunks: Hex;
  readonly siblings: readonly Hex32[];
}

export interface Openings {
  readonly input: Opening;
  readonly weights: Opening;
  readonly trace: Opening;
}

export interface DemandedNode {
  readonly space: Space;
  readonly height: number;
  readonly index: number;
}

const encode = (method: string, values: readonly unknown[]): Hex =>
  interfaces.TrialCourt.encodeFunctionData(method, values) as Hex;
const fileOf = ({ terms, ...rest }: CaseFile) => ({ terms: termsToChain(terms), ...rest });

export const openCall = (terms: Terms, record: AttestationRecord): Hex => encode('open', [termsToChain(terms), record]);

export const postTraceCall = (file: CaseFile, spec: ModelSpec, trees: Trees): Hex =>
  encode('postTrace', [fileOf(file), spec, trees]);

export const commitCall = (commitment: Hex32): Hex => encode('commit', [commitment]);

export const proveElementCall = (
  file: CaseFile,
  plan: PlanOpening,
  element: number,
  openings: Openings,
  salt: Hex32,
): Hex => encode('proveElement', [fileOf(file), plan, element, openings, salt]);

export const provePaddingCall = (
  file: CaseFile,
  plan: PlanOpening,
  element: number,
  trace: Opening,
  salt: Hex32,
): Hex => encode('provePadding', [fileOf(file), plan, element, trace, salt]);

export const proveGapCall = (
  file: CaseFile,
  spec: ModelSpec,
  element: number,
  { output, trace }: { readonly output: Opening; readonly trace: Opening },
  salt: Hex32,
): Hex => encode('proveGap', [fileOf(file), spec, element, output, trace, salt]);

/** @param operands what both indices point at, and the canonical index itself */
export const proveIndexGapCall = (
  file: CaseFile,
  spec: ModelSpec,
  plan: PlanOpening,
  element: number,
  { output, operands }: { readonly output: Opening; readonly operands: Openings },
  salt: Hex32,
): Hex => encode('proveIndexGap', [fileOf(file), spec, plan, element, output, operands, salt]);

/** @param siblings hashes from the node up to the root of its tree */
export const demandCall = (
  file: CaseFile,
  { space, height, index }: DemandedNode,
  node: Hex32,
  siblings: readonly Hex32[],
): Hex => encode('demand', [fileOf(file), space, height, index, node, siblings]);

/** @param content the chunk, or the nodes below from left to right */
export const revealCall = (jobId: JobId, { space, height, index }: DemandedNode, content: Hex): Hex =>
  encode('reveal', [jobId, space, height, index, content]);

/** @param overdue a demand whose time has run out; zero when there is none */
export const resolveCall = (file: CaseFile, overdue: Hex32): Hex => encode('resolve', [fileOf(file), overdue]);

export const reclaimCall = (jobId: JobId, demander: Address): Hex => encode('reclaim', [jobId, demander]);
