import type { Result } from 'ethers';
import { ruleOn } from '../../workers/canonical/judge/evidence.ts';
import { SPACE } from '../../workers/canonical/plan/instruction.ts';
import { instructionAt } from '../../workers/canonical/plan/plan.ts';
import { hexOfHash, type TreeNodes } from '../../workers/canonical/tree/tree-nodes.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { FiledDemand, TrialFile } from '../../workers/chain/trial-file.ts';
import { type AttestationRecord, parseRecord } from '../../workers/protocol/attestation-record.ts';
import { type Address, type Hex, type Hex32, type JobId, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import {
  type Docket,
  type Exhibits,
  Ground,
  NO_EXHIBITS,
  type ProofFacts,
  Space,
  TrialStatus,
  commitmentOf,
  parseDocket,
  parseExhibits,
} from '../../workers/protocol/trial.ts';
import { elementOf } from '../../workers/roles/trial/elements.ts';
import { gapOf } from '../../workers/roles/trial/output-gap.ts';
import { below } from '../../workers/roles/trial/trial-view.ts';
import { DOCKET, PLAN, SPEC_OUT, WEIGHT_TREE } from '../workers/roles/trial/bench.ts';

/** Seconds. */
export const COURT_TIMES = { window: 480, trace: 480, reveal: 480 } as const;
export const COMMITMENT_BLOCKS = 2;

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
}

/** What the claimant holds, and what it claims. */
export interface Claimed {
  readonly outputRoot: Hex32;
  readonly input: TreeNodes;
  readonly output: TreeNodes;
  readonly trace: TreeNodes;
}

export type Change = (state: CourtState, block: BlockTime) => CourtState;

/** What the contract would revert with. */
export class Refused extends Error {}

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

const WITHOUT_FILE: ReadonlySet<string> = new Set(['open', 'reveal', 'commit', 'reclaim']);

function demandIdOf({ space, height, index }: DemandedNode): Hex32 {
  return `0x${[space, height, index]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('')
    .padEnd(64, '0')}` as Hex32;
}

function need<T>(value: T | undefined | false, why: string): T {
  if (value === undefined || value === false) throw new Refused(why);
  return value;
}

function refuse(why: string): never {
  throw new Refused(why);
}

const rootOf = (tree: TreeNodes): Hex32 => hexOfHash(tree.node(tree.depth, 0));

function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** A struct of a decoded call. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return (value as Result).toObject() as Readonly<Record<string, unknown>>;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));

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
          ...{ outputRoot: claimed.outputRoot, outputContent: ZERO_HEX32, operator },
          challengeEnd: BigInt(timestamp + COURT_TIMES.window),
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
        const { trace, reveal } = COURT_TIMES;
        const traceDue = timestamp + trace;
        const hearingEnd = Math.max(traceDue + 4 * reveal, Number(challengeEnd));
        const docket = {
          ...{ ...DOCKET, opener, traceDue, hearingEnd, revealTime: reveal },
          ...{ demandsEnd: hearingEnd - 2 * reveal, trialEnd: hearingEnd + 10 * reveal },
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
      (state, { timestamp }) => {
        const { demandsEnd, trialEnd, revealTime, hearingEnd } = hearingOf(state);
        const id = demandIdOf(node);
        const { demands } = state.file;
        need(!demands.some((one) => one.id === id), 'already demanded');
        need(!demands.some((one) => one.demander === demander && one.content === undefined), 'one at a time');
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
        need(timestamp <= Math.min(latest, trialEnd - revealTime), 'demands closed');
        const filed: CourtDemand = {
          ...{ ...node, id, demander, feeCap, content: undefined, shownAt: 0 },
          due: timestamp + revealTime,
        };
        return {
          ...state,
          hearingEnd: state.hearingEnd || hearingEnd,
          bonds: new Set([...state.bonds, demander]),
          file: { ...state.file, demands: [...demands, filed] },
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

  /** Calls with a case file must fit to what the slot of the trial commits to. */
  function guarded(name: string, at: (index: number) => unknown, change: () => Change): Change {
    return (state, block) => {
      if (name === 'open') need(isRecord(at(1), state), 'another record');
      if (!WITHOUT_FILE.has(name)) {
        const { record, docket, exhibits } = objectOf(at(0));
        need(isRecord(record, state), 'another record');
        need(
          textOf(parseDocket(objectOf(docket))) === textOf(parseDocket(need(state.file.docket, 'no trial'))),
          'another docket',
        );
        const posted = textOf(parseExhibits(objectOf(exhibits)));
        need(posted === textOf(parseExhibits(state.file.exhibits ?? NO_EXHIBITS)), 'other exhibits');
      }
      return change()(state, block);
    };
  }

  const isRecord = (value: unknown, { record }: CourtState): boolean =>
    record !== undefined && textOf(parseRecord(objectOf(value))) === textOf(parseRecord(record));

  /** What a call of a player does; refuses what does not fit to the slot of its trial. */
  function decoded(from: Address, data: Hex, value: bigint): { readonly name: string; readonly change: Change } {
    const call = interfaces.TrialCourt.parseTransaction({ data });
    if (!call) throw new Error('a call that the court does not know');
    const { name, args } = call;
    const at = (index: number): unknown => args[index] as unknown;
    return { name, change: guarded(name, at, () => changeOf(name, at, from, value)) };
  }

  function changeOf(name: string, at: (index: number) => unknown, from: Address, value: bigint): Change {
    const node = (first: number): DemandedNode => ({
      ...{ space: Number(at(first)) as Space, height: Number(at(first + 1)), index: Number(at(first + 2)) },
    });
    switch (name) {
      case 'open':
        return rules.open(from);
      case 'postTrace': {
        const { trace } = objectOf(at(2));
        return trace === rootOf(claimed.trace) ? rules.postTrace(claimed.trace) : refuse('another trace than it has');
      }
      case 'demand': {
        const { space, height, index } = node(1);
        const isNode = hexOfHash(trees[space]?.node(height, index) ?? new Uint8Array(32)) === at(4);
        return isNode ? rules.demand(from, { space, height, index }, value / 1_000n) : refuse('not a node of the tree');
      }
      case 'reveal':
        return rules.reveal(node(1), at(4) as Hex);
      case 'commit':
        return rules.commit(at(0) as Hex32);
      case 'resolve':
        return rules.resolve(at(1) as Hex32);
      case 'reclaim':
        return rules.reclaim(at(1) as Address);
      case 'proveElement':
        return proofOf(name, Number(at(2)), from, at(4) as Hex32);
      case 'provePadding':
        return proofOf(name, Number(at(2)), from, at(4) as Hex32);
      case 'proveGap':
        return proofOf(name, Number(at(2)), from, at(5) as Hex32);
      default:
        throw new Error(`a call that this court does not know: ${name}`);
    }
  }

  const proofOf = (name: string, element: number, from: Address, salt: Hex32): Change =>
    rules.prove(name, element, from, salt);

  return { rules, decoded, contentOf, trees };
}

export type SimTrialCourt = ReturnType<typeof createCourt>;
