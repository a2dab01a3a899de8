import { ruleOn } from '../../workers/canonical/judge/evidence.ts';
import { SPACE } from '../../workers/canonical/plan/instruction.ts';
import { instructionAt } from '../../workers/canonical/plan/plan.ts';
import { hexOfHash, type TreeNodes } from '../../workers/canonical/tree/tree-nodes.ts';
import type { FiledDemand, TrialFile } from '../../workers/chain/trial-file.ts';
import type { AttestationRecord } from '../../workers/protocol/attestation-record.ts';
import { type Address, type Hex, type Hex32, type JobId, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import {
  type Docket,
  type Exhibits,
  Ground,
  type ProofFacts,
  Space,
  TrialStatus,
  commitmentOf,
} from '../../workers/protocol/trial.ts';
import { elementOf } from '../../workers/roles/trial/elements.ts';
import { gapOf } from '../../workers/roles/trial/output-gap.ts';
import { below } from '../../workers/roles/trial/trial-view.ts';
import { DOCKET, PLAN, SPEC_OUT, WEIGHT_TREE } from '../workers/roles/trial/bench.ts';

/** Seconds. `trialRest`: from the end of the hearing to the hard end. */
export const COURT_TIMES = { window: 480, trace: 480, reveal: 480, trialRest: 4_800 } as const;
export const COMMITMENT_BLOCKS = 2;
/** Gas for which an answer is prepaid, and the smallest price for it, wei. */
export const REVEAL_PRICE = { gas: 1_000n, floor: 10n } as const;
/** A demand's cap over the base fee, and over the cap of a demand that it takes over, at least. */
const MARGIN = 2n;

/** A demand, and when it was answered. */
export interface CourtDemand extends FiledDemand {
  readonly shownAt: number;
}

export interface CourtFile extends TrialFile {
  readonly demands: readonly CourtDemand[];
}

/** All that the chain keeps of one job, with what its events have told; never changed, only replaced. */
export interface CourtState {
  readonly status: JobStatus;
  readonly record: AttestationRecord | undefined;
  readonly attestBlock: number;
  readonly trial: TrialStatus;
  readonly file: CourtFile;
  readonly hearingEnd: number;
  readonly committed: ReadonlyMap<Hex32, number>;
  /** Demanders whose bond is with the court. */
  readonly bonds: ReadonlySet<Address>;
  /** Who proved the end, if somebody did and had committed to it. */
  readonly prover: Address | undefined;
}

export interface BlockTime {
  readonly number: number;
  readonly timestamp: number;
  /** Wei per gas; nothing where a call is only tried. */
  readonly baseFee: bigint;
}

/** What the claimant holds, and what it claims. */
export interface Claimed {
  readonly outputRoot: Hex32;
  /** Where the output is said to be published. */
  readonly outputContent: Hex32;
  readonly input: TreeNodes;
  readonly output: TreeNodes;
  readonly trace: TreeNodes;
  /** Of a challenge, seconds. */
  readonly window: number;
  /** Answers that fit between the last second for the trace and the end of the hearing. */
  readonly rounds: number;
}

export type Change = (state: CourtState, block: BlockTime) => CourtState;

/** What the contract would revert with. */
export class Refused extends Error {
  constructor(why: string) {
    const { stackTraceLimit } = Error;
    // Most calls of a griefer are refused, and nobody looks at where.
    Error.stackTraceLimit = 0;
    super(why);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

export const NOTHING_YET: CourtState = {
  status: JobStatus.Requested,
  record: undefined,
  attestBlock: 0,
  trial: TrialStatus.None,
  file: { docket: undefined, exhibits: undefined, demands: [], marked: false, ending: undefined },
  hearingEnd: 0,
  committed: new Map(),
  bonds: new Set(),
  prover: undefined,
};

export interface DemandedNode {
  readonly space: Space;
  readonly height: number;
  readonly index: number;
}

function demandIdOf({ space, height, index }: DemandedNode): Hex32 {
  return `0x${[space, height, index]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('')
    .padEnd(64, '0')}` as Hex32;
}

export function need<T>(value: T | undefined | false, why: string): T {
  if (value === undefined || value === false) throw new Refused(why);
  return value;
}

export const rootOf = (tree: TreeNodes): Hex32 => hexOfHash(tree.node(tree.depth, 0));

function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** The rules of the court about one claim. Proofs are judged by what is true; that they can be checked is another test's. */
export function createCourt(claimed: Claimed, jobId: JobId) {
  const trees: Readonly<Record<number, TreeNodes>> = {
    [Space.Trace]: claimed.trace,
    [Space.Input]: claimed.input,
    [Space.Weight]: WEIGHT_TREE,
    [Space.Output]: claimed.output,
  };
  const read = (space: (typeof SPACE)['INPUT' | 'WEIGHT' | 'TRACE'], address: number): number => {
    const tree = { [SPACE.INPUT]: claimed.input, [SPACE.WEIGHT]: WEIGHT_TREE, [SPACE.TRACE]: claimed.trace }[space];
    return elementOf(tree, address);
  };

  /** What a claimant shows when it is made to show a node. */
  function contentOf({ space, height, index }: DemandedNode): Hex {
    const tree = trees[space];
    if (!tree) throw new Error(`no tree in ${space}`);
    if (height === 0) return hexOf(tree.chunk(index));
    const fan = 2 ** (height - below(height));
    return hexOf(Buffer.concat(Array.from({ length: fan }, (_, at) => tree.node(below(height), index * fan + at))));
  }

  function findingOf(kind: string, element: number): ProofFacts {
    if (kind === 'proveGap') {
      const claimedAt = (at: number): number => elementOf(claimed.output, at);
      const { ground, claimed: said, canonical } = gapOf(element, { spec: SPEC_OUT, plan: PLAN, read, claimedAt });
      need(ground !== Ground.None, 'within tolerance');
      return { ground, element, claimed: said, canonical };
    }
    const { index, padding } = instructionAt(PLAN, element);
    const isPadding = padding || element >= SPEC_OUT.traceLength;
    need(isPadding === (kind === 'provePadding'), 'another kind of element');
    if (isPadding) {
      const value = need(read(SPACE.TRACE, element) || undefined, 'padding is zero');
      return { ground: Ground.NonZeroPadding, element, claimed: value, canonical: 0 };
    }
    const instruction = need(PLAN.instructions[index], 'no such instruction');
    const { wrong, claimed: said, canonical } = ruleOn(instruction, element, read);
    need(wrong, 'the element is right');
    return { ground: Ground.WrongElement, element, claimed: said, canonical };
  }

  const hearingOf = (state: CourtState): Docket => {
    need(state.trial === TrialStatus.Hearing, 'no hearing');
    return need(state.file.docket, 'no docket');
  };
  const ended = (state: CourtState, trial: TrialStatus, status: JobStatus, ending: string): CourtState => ({
    ...{ ...state, trial, status },
    file: { ...state.file, ending },
  });
  const convicted = (state: CourtState, why: string): CourtState =>
    ended(state, TrialStatus.Convicted, JobStatus.Slashed, `convicted: ${why}`);

  const rules = {
    attest:
      (operator: Address): Change =>
      (state, { number, timestamp }) => {
        need(state.status === JobStatus.Requested, 'not requested');
        const record = {
          ...{ outputRoot: claimed.outputRoot, outputContent: claimed.outputContent, operator },
          challengeEnd: BigInt(timestamp + claimed.window),
        };
        return { ...state, status: JobStatus.Attested, record, attestBlock: number };
      },
    settle:
      (): Change =>
      (state, { timestamp }) => {
        const { challengeEnd } = need(state.record, 'not attested');
        need(state.status === JobStatus.Attested && timestamp > Number(challengeEnd), 'window open');
        return { ...state, status: JobStatus.Settled };
      },
    open:
      (opener: Address): Change =>
      (state, { timestamp }) => {
        const { challengeEnd } = need(state.record, 'not attested');
        need(state.status === JobStatus.Attested && timestamp <= Number(challengeEnd), 'window over');
        const { trace, reveal, trialRest } = COURT_TIMES;
        const traceDue = timestamp + trace;
        const hearingEnd = Math.max(traceDue + claimed.rounds * reveal, Number(challengeEnd));
        const docket = {
          ...{ ...DOCKET, opener, traceDue, hearingEnd, revealTime: reveal },
          ...{ demandsEnd: hearingEnd - 2 * reveal, trialEnd: hearingEnd + trialRest },
        };
        const file = { ...NOTHING_YET.file, docket };
        return { ...state, status: JobStatus.OnTrial, trial: TrialStatus.Opened, file };
      },
    postTrace:
      (trace: TreeNodes): Change =>
      (state, { timestamp }) => {
        const docket = need(state.trial === TrialStatus.Opened && state.file.docket, 'not opened');
        need(timestamp <= docket.traceDue, 'trace overdue');
        const exhibits: Exhibits = {
          ...{ planRoot: SPEC_OUT.planRoot, planLength: SPEC_OUT.planLength, traceLength: SPEC_OUT.traceLength },
          ...{ inputTree: rootOf(claimed.input), weightsTree: rootOf(WEIGHT_TREE), weightsLength: PLAN.weightsLength },
          ...{ traceTree: rootOf(trace), outputTree: rootOf(claimed.output) },
        };
        return { ...state, trial: TrialStatus.Hearing, file: { ...state.file, exhibits } };
      },
    demand:
      (demander: Address, node: DemandedNode, feeCap: bigint): Change =>
      (state, { timestamp, baseFee }) => {
        const { demandsEnd, trialEnd, revealTime, hearingEnd } = hearingOf(state);
        const id = demandIdOf(node);
        const { demands } = state.file;
        const same = demands.find((one) => one.id === id);
        need(feeCap >= MARGIN * baseFee && feeCap >= REVEAL_PRICE.floor, 'invalid price');
        need(!same || (same.content === undefined && feeCap >= MARGIN * same.feeCap), 'already demanded');
        need(!same || timestamp <= same.due, 'overdue');
        need(
          !demands.some((one) => one.demander === demander && one.content === undefined && one !== same),
          'one at a time',
        );
        const tree = trees[node.space];
        const parent = demands.find(
          ({ space, height, index, content }) =>
            space === node.space &&
            content !== undefined &&
            height > node.height &&
            below(height) === node.height &&
            index === node.index >> (height - node.height),
        );
        need(tree !== undefined && node.height <= tree.depth && node.index < 2 ** (tree.depth - node.height), 'node');
        const latest = Math.max(demandsEnd, parent ? parent.shownAt + revealTime : 0);
        need(same !== undefined || timestamp <= Math.min(latest, trialEnd - revealTime), 'demands closed');
        const filed: CourtDemand = {
          ...{ ...node, id, demander, feeCap, content: undefined, shownAt: 0 },
          due: same?.due ?? timestamp + revealTime,
        };
        return {
          ...state,
          hearingEnd: state.hearingEnd || hearingEnd,
          bonds: new Set([...state.bonds, demander]),
          file: { ...state.file, demands: [...demands.filter((one) => one !== same), filed] },
        };
      },
    reveal:
      (node: DemandedNode, content: Hex): Change =>
      (state, { timestamp }) => {
        const { revealTime, trialEnd } = hearingOf(state);
        const id = demandIdOf(node);
        const waiting = need(
          state.file.demands.find((one) => one.id === id && one.content === undefined),
          'not demanded',
        );
        need(timestamp <= waiting.due, 'overdue');
        need(content === contentOf(node), 'another content');
        const demands = state.file.demands.map((one): CourtDemand =>
          one === waiting ? { ...one, content, shownAt: timestamp } : one,
        );
        const hearingEnd = Math.max(state.hearingEnd, Math.min(timestamp + revealTime, trialEnd));
        return { ...state, hearingEnd, file: { ...state.file, demands } };
      },
    postpone:
      (id: Hex32): Change =>
      (state, { timestamp, baseFee }) => {
        const { revealTime, trialEnd } = hearingOf(state);
        const waiting = need(
          state.file.demands.find((one) => one.id === id && one.content === undefined),
          'not demanded',
        );
        need(timestamp <= waiting.due, 'overdue');
        need(baseFee > waiting.feeCap, 'fee within cap');
        const due = Math.min(timestamp + revealTime, trialEnd);
        const demands = state.file.demands.map((one): CourtDemand => (one === waiting ? { ...one, due } : one));
        return { ...state, file: { ...state.file, demands } };
      },
    commit:
      (commitment: Hex32): Change =>
      (state, { number }) => {
        need(!state.committed.has(commitment), 'already committed');
        return { ...state, committed: new Map([...state.committed, [commitment, number]]) };
      },
    prove:
      (kind: string, element: number, from: Address, salt: Hex32): Change =>
      (state, { number }) => {
        hearingOf(state);
        const facts = findingOf(kind, element);
        if (facts.ground === Ground.NarrowGap) {
          need(!state.file.marked, 'already marked');
          return { ...state, file: { ...state.file, marked: true } };
        }
        const since = state.committed.get(commitmentOf(jobId, from, facts, salt));
        const isProver = since !== undefined && number >= since + COMMITMENT_BLOCKS;
        return { ...convicted(state, `${kind} ${element}`), prover: isProver ? from : undefined };
      },
    resolve:
      (overdue: Hex32): Change =>
      (state, { timestamp }) => {
        const docket = need(state.file.docket, 'not opened');
        if (state.trial === TrialStatus.Opened) {
          need(timestamp > docket.traceDue, 'not over');
          return convicted(state, 'trace withheld');
        }
        hearingOf(state);
        const open = state.file.demands.filter(({ content }) => content === undefined);
        if (overdue !== ZERO_HEX32) {
          const late = need(
            open.find(({ id }) => id === overdue),
            'not waiting',
          );
          need(timestamp > late.due, 'not overdue');
          return convicted(state, 'reveal withheld');
        }
        need(open.length === 0, 'demands open');
        need(timestamp >= Math.max(state.hearingEnd, docket.hearingEnd), 'hearing not over');
        if (state.file.marked) return ended(state, TrialStatus.Void, JobStatus.Void, 'void: narrow gap');
        return ended(state, TrialStatus.Acquitted, JobStatus.Settled, 'acquitted');
      },
    reclaim:
      (demander: Address): Change =>
      (state) => {
        need(state.trial > TrialStatus.Acquitted && state.bonds.has(demander), 'nothing to reclaim');
        return { ...state, bonds: new Set([...state.bonds].filter((one) => one !== demander)) };
      },
  };

  return { rules, contentOf, trees, claimed };
}

export type SimTrialCourt = ReturnType<typeof createCourt>;
