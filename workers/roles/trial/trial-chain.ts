import { isCommittedTo, type JobView } from '../../chain/job-view.ts';
import type { FiledDemand, TrialFile, TrialFiles } from '../../chain/trial-file.ts';
import type { TrialReads, TrialState } from '../../chain/trial-reads.ts';
import { parseRecord } from '../../protocol/attestation-record.ts';
import type { Address, Hex32 } from '../../protocol/ids.ts';
import { JobStatus } from '../../protocol/job.ts';
import { Space, TrialStatus } from '../../protocol/trial.ts';
import type { TrialChain, TrialMessage } from './ports.ts';
import { nodeKey, type NodeRef, type OpenDemand, type Shown, type Stage, type TrialView } from './trial-view.ts';

export interface TrialChainDeps {
  readonly view: Pick<JobView, 'standingOf'>;
  readonly files: TrialFiles;
  readonly reads: TrialReads;
  readonly head: (
    signal: AbortSignal,
  ) => Promise<{ readonly number: number; readonly timestamp: number; readonly baseFeePerGas: bigint }>;
  readonly vectorIn: TrialChain['vectorIn'];
}

/** The chain as the player asks it. @param us the account that sends our transactions */
export function createTrialChain({ us }: { readonly us: Address }, deps: TrialChainDeps): TrialChain {
  const { view, files, reads, head, vectorIn } = deps;
  return {
    vectorIn,
    settings: () => reads.settings(),
    balanceOf: (account, signal) => reads.balanceOf(account, signal),
    async look(message, commitments, signal) {
      const { jobId, attest } = message;
      const newest = await head(signal);
      const range = { from: Math.min(attest.blockNumber, newest.number), to: newest.number };
      const [standing, state, file, hasBond, blocks] = await Promise.all([
        view.standingOf(jobId, signal),
        reads.stateOf(jobId, signal),
        files.of(jobId, range, signal),
        reads.hasBond(jobId, us, signal),
        blocksOf(commitments, reads, signal),
      ]);
      const { status } = standing;
      const isReplaced = !isCommittedTo(standing, parseRecord(message.record));
      const facts = { message, status, isReplaced, state, file, hasBond, commitments: blocks };
      return {
        view: viewOf({
          ...facts,
          now: newest.timestamp,
          block: newest.number,
          baseFee: newest.baseFeePerGas,
        }),
        docket: file.docket,
        exhibits: file.exhibits,
      };
    },
  };
}

async function blocksOf(
  commitments: ReadonlyMap<string, Hex32>,
  reads: Pick<TrialReads, 'committedAt'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const found = await Promise.all(
    [...commitments].map(async ([proof, commitment]) => [proof, await reads.committedAt(commitment, signal)] as const),
  );
  return new Map(found.flatMap(([proof, block]) => (block === undefined ? [] : [[proof, block] as const])));
}

export interface ViewFacts {
  readonly message: Pick<TrialMessage, 'record'>;
  readonly status: JobStatus;
  /** The chain keeps the job's answer, and it is not the message's. */
  readonly isReplaced: boolean;
  readonly state: TrialState;
  readonly file: TrialFile;
  readonly hasBond: boolean;
  readonly commitments: ReadonlyMap<string, number>;
  readonly now: number;
  readonly block: number;
  readonly baseFee: bigint;
}

/** What the reducer is told, from what the contracts and their events say. */
export function viewOf(facts: ViewFacts): TrialView {
  const { message, state, file, hasBond, commitments, now, block, baseFee } = facts;
  const { docket, exhibits, demands } = file;
  const openUntil = Number(message.record.challengeEnd);
  const stage = stageOf(facts, now <= openUntil);
  const hasEnded = state.status > TrialStatus.Hearing;
  return {
    now,
    block,
    baseFee,
    stage,
    ...(stage === 'over' && { ending: file.ending ?? endingOf(facts.status) }),
    openUntil,
    traceDeadline: docket?.traceDue ?? 0,
    traceRoot: exhibits?.traceTree,
    demandsEnd: docket?.demandsEnd ?? 0,
    resolveFrom: Math.max(docket?.hearingEnd ?? 0, state.hearingEnd),
    trialEnd: docket?.trialEnd ?? 0,
    revealTime: docket?.revealTime ?? 0,
    marked: state.marked,
    demands: demands.flatMap(openDemandOf),
    shown: new Map(demands.flatMap(shownOf)),
    commitments,
    // An acquittal keeps the bonds.
    bondWaits: hasBond && hasEnded && state.status !== TrialStatus.Acquitted,
  };
}

/**
 * A slot that is ahead of the events, or behind them, is seen again in a moment: nothing is due until they agree. So is an
 * answer that a node does not know, or a reorg has dropped: while the window is open it may still come.
 */
function stageOf({ status, isReplaced, state, file: { docket, exhibits } }: ViewFacts, isOpen: boolean): Stage {
  if (isOpen && (status === JobStatus.None || status === JobStatus.Requested)) return 'unsettled';
  if (status !== JobStatus.Attested && status !== JobStatus.OnTrial) return 'over';
  if (isReplaced) return 'replaced';
  if (status === JobStatus.Attested) return 'attested';
  if (state.status === TrialStatus.Opened && docket) return 'untraced';
  if (state.status === TrialStatus.Hearing && docket && exhibits) return 'hearing';
  return 'unsettled';
}

function endingOf(status: JobStatus): string {
  return `the job is ${Object.entries(JobStatus).find(([, value]) => value === status)?.[0] ?? String(status)}`;
}

const SPACES = new Map([
  [Space.Trace, 'trace'],
  [Space.Input, 'input'],
  [Space.Weight, 'weight'],
  [Space.Output, 'output'],
] as const);

function refOf({ space, height, index }: FiledDemand): NodeRef | undefined {
  const name = SPACES.get(space as 1 | 2 | 3 | 4);
  return name && { space: name, height, index };
}

function openDemandOf(demand: FiledDemand): readonly OpenDemand[] {
  const ref = refOf(demand);
  if (!ref || demand.content !== undefined) return [];
  return [{ id: demand.id, ref, demander: demand.demander, deadline: demand.due, feeCap: demand.feeCap }];
}

function shownOf(demand: FiledDemand): readonly (readonly [string, Shown])[] {
  const ref = refOf(demand);
  const { content } = demand;
  if (!ref || content === undefined) return [];
  if (ref.height === 0) return [[nodeKey(ref), { chunk: Buffer.from(content.slice(2), 'hex') }]];
  const hashes = content.slice(2).match(/.{64}/g) ?? [];
  return [[nodeKey(ref), { hashes: hashes.map((hash) => `0x${hash}` as Hex32) }]];
}
