import type { CourtSettings } from '../../chain/trial-reads.ts';
import type { Plan } from '../../canonical/plan/plan.ts';
import type { TreeNodes } from '../../canonical/tree/tree-nodes.ts';
import type { Address, Hex, Hex32, JobId, ModelId } from '../../protocol/ids.ts';
import type { ModelSpec } from '../../protocol/model.ts';
import type { Docket, Exhibits } from '../../protocol/trial.ts';
import type { MessageInput, MessageOf } from '../../queue/catalog.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { TrialMetrics } from './metrics.ts';
import type { TrialView } from './trial-view.ts';

export type TrialMessage = MessageOf<'trial'>;

/** A trial as the chain tells it now. Docket and exhibits travel with every call to the court. */
export interface TrialLook {
  readonly view: TrialView;
  readonly docket: Docket | undefined;
  readonly exhibits: Exhibits | undefined;
}

/** What the player asks the chain. */
export interface TrialChain {
  /** @param commitments those that we may have made, by the step of the proof they are for */
  look(message: TrialMessage, commitments: ReadonlyMap<string, Hex32>, signal: AbortSignal): Promise<TrialLook>;
  /** The output vector in the calldata of an attestation; undefined when it cannot be found there. */
  vectorIn(transaction: Hex32, jobId: JobId, signal: AbortSignal): Promise<Hex | undefined>;
  settings(signal: AbortSignal): Promise<CourtSettings>;
  /** Free token units in `Settlement`. */
  balanceOf(account: Address, signal: AbortSignal): Promise<bigint>;
}

/** Published inputs and outputs, by the sha2-256 digest of their bytes; what is returned has been hashed. */
export interface TrialBlobs {
  get(digest: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Uint8Array>;
}

/** A model whose plan was compiled here to the registered roots. */
export interface CanonicalModel {
  readonly spec: ModelSpec;
  readonly plan: Plan;
  readonly weights: { readonly tree: TreeNodes; readonly length: number };
  /** The canonical trace of an input, bit patterns in host order. */
  run(input: Uint32Array, signal: AbortSignal): Promise<Uint32Array>;
}

export interface CanonicalModels {
  /** @throws RemitError PLAN_ROOT_MISMATCH, what the compiler refuses, BLOB_… */
  open(modelId: ModelId, signal: AbortSignal): Promise<CanonicalModel>;
}

/** Traces of jobs on trial, by Merkle root, as raw big-endian elements. */
export interface Traces {
  put(merkleRoot: Hex32, trace: Uint8Array): Promise<void>;
  remove(merkleRoot: Hex32): Promise<void>;
}

export interface TracePeers {
  /** What some peer serves under this root, not verified; undefined when none does. */
  fetch(merkleRoot: Hex32, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

/** What must survive a restart and is not on the chain. */
export interface Notes {
  salt(jobId: JobId, proof: string, make: () => Hex32): Hex32;
  /** A commitment is noted before it is sent, so that it is known again afterwards. */
  commitments(jobId: JobId): ReadonlyMap<string, Hex32>;
  noteCommitment(jobId: JobId, proof: string, commitment: Hex32): void;
  serve(jobId: JobId, merkleRoot: Hex32): void;
  served(jobId: JobId): readonly Hex32[];
  forget(jobId: JobId): void;
  /** The message of a trial in which we make a move, as JSON: should Redis lose it, it is made again until it is released. */
  keep(id: string, message: string): void;
  kept(): readonly string[];
  isKept(id: string): boolean;
  release(id: string): void;
}

export interface Transactions {
  /** Also where the same message has run to its end: the chain says that its effect is missing. */
  enqueueAgain(queue: 'transaction', message: MessageInput<'transaction'>): Promise<unknown>;
}

/** Everything that the player works with. */
export interface TrialPorts {
  readonly chain: TrialChain;
  readonly specs: { specOf(modelId: ModelId, signal: AbortSignal): Promise<ModelSpec> };
  readonly canonical: CanonicalModels;
  readonly blobs: TrialBlobs;
  /** Our own outputs: sha2-256 digests by their roots. */
  readonly outputs: { find(outputRoot: Hex32): Promise<Hex32 | undefined> };
  readonly traces: Traces;
  readonly peers: TracePeers;
  readonly notes: Notes;
  readonly transactions: Transactions;
  readonly metrics: TrialMetrics;
  readonly clock: Clock;
  /** A new 32-byte salt. */
  readonly random: () => Hex32;
}
