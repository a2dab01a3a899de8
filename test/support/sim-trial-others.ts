import type { Random } from '../../models/credit-score/random.ts';
import type { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import { type Address, parseAddress, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { Space, TrialStatus } from '../../workers/protocol/trial.ts';
import { below } from '../../workers/roles/trial/trial-view.ts';
import { SPEC_OUT } from '../workers/roles/trial/bench.ts';
import { OPERATOR } from './role-jobs.ts';
import { BLOCK_SECONDS, type SimTrialChain, type TrialBlock, type TrialTransaction } from './sim-trial-chain.ts';
import {
  type Change,
  COURT_TIMES,
  type CourtDemand,
  type DemandedNode,
  type SimTrialCourt,
} from './sim-trial-court.ts';
import { WINDOW_BLOCKS } from './sim-trial-weather.ts';

/** What others send for the next block; they are never left out, and pay whatever it costs. */
export type Actor = (chain: Pick<SimTrialChain, 'head' | 'baseFee'>) => readonly TrialTransaction[];

export interface CheatOptions {
  readonly claim: string;
  /** Whether it answers soon if it does; else as late as it may. */
  readonly hasten: boolean;
  /** Whether somebody of its own demands first, or takes over what others demand, as cheap as can be: that is easily put off. */
  readonly stalls: boolean;
}

const GRIEFERS = [1, 2, 3].map((at) => parseAddress(`0x${String(at).padStart(40, 'e')}`));
const ACCOMPLICE = parseAddress(`0x${'4'.padStart(40, 'e')}`);

function sender(): (from: Address, name: string, change: Change) => TrialTransaction {
  let made = 0;
  return (from, name, change) => ({ id: `${from}/${name}!${(made += 1)}`, name, from, change });
}

const isOpen = ({ content }: CourtDemand): boolean => content === undefined;

/** While it costs more than was prepaid, nothing needs to be shown. */
const canPutOff = ({ feeCap }: CourtDemand, { baseFee }: Parameters<Actor>[0]): boolean => baseFee > feeCap;

/** What costs more than was prepaid, and is nearly due, is put off. */
function putOff(
  court: SimTrialCourt,
  us: Address,
  send: ReturnType<typeof sender>,
  chain: Parameters<Actor>[0],
): readonly TrialTransaction[] {
  const { timestamp, state } = chain.head;
  return state.file.demands
    .filter((one) => isOpen(one) && canPutOff(one, chain) && timestamp + 3 * BLOCK_SECONDS > one.due)
    .map(({ id }) => send(us, 'postpone', court.rules.postpone(id)));
}

/** A claimant that answers as late as it likes, and at some point maybe not at all. */
export function createCheat(options: CheatOptions, court: SimTrialCourt, trace: VectorTree, random: Random): Actor {
  const { claim, hasten, stalls } = options;
  const send = sender();
  const us = OPERATOR;
  const latest = hasten ? COURT_TIMES.reveal - COURT_TIMES.reveal / 4 : 0;
  const patience = Array.from({ length: 8 }, () => latest + random.below(COURT_TIMES.reveal - latest));
  const mutesAt = claim === 'mute' ? random.below(3) : Infinity;
  return (chain) => {
    const { timestamp, state } = chain.head;
    const { status, trial, file } = state;
    if (status === JobStatus.Requested) return [send(us, 'attest', court.rules.attest(us))];
    const isDue = (due: number, at: number): boolean => timestamp >= due - (patience[at % patience.length] ?? 0);
    if (trial === TrialStatus.Opened && claim !== 'silent' && isDue(file.docket?.traceDue ?? 0, 0))
      return [send(us, 'post', court.rules.postTrace(trace))];
    if (trial !== TrialStatus.Hearing) return [send(us, 'end', court.rules.resolve(ZERO_HEX32))];
    const later = putOff(court, us, send, chain);
    const waiting = file.demands
      .map((one, at) => ({ ...one, at }))
      .filter((one) => isOpen(one) && one.at < mutesAt && isDue(one.due, one.at + 1))
      .filter((one) => !canPutOff(one, chain));
    const answers = waiting.map((one) => send(us, 'show', court.rules.reveal(one, court.contentOf(one))));
    const own = stalls ? stalling(court, chain, send) : [];
    return [...own, ...later, ...answers, send(us, 'end', court.rules.resolve(ZERO_HEX32))];
  };
}

function stalling(
  court: SimTrialCourt,
  { head: { state }, baseFee }: Parameters<Actor>[0],
  send: ReturnType<typeof sender>,
): readonly TrialTransaction[] {
  const { demands } = state.file;
  const busy = demands.some((one) => isOpen(one) && one.demander === ACCOMPLICE);
  const theirs = demands.find((one) => isOpen(one) && one.demander !== ACCOMPLICE);
  if (theirs && !busy) {
    const price = 2n * theirs.feeCap;
    return [
      send(ACCOMPLICE, 'stall', court.rules.demand(ACCOMPLICE, theirs, price > 2n * baseFee ? price : 2n * baseFee)),
    ];
  }
  const space = [Space.Trace, Space.Output].find((one) => !demands.some((demand) => demand.space === one));
  const depth = space === undefined ? undefined : court.trees[space]?.depth;
  if (space === undefined || depth === undefined) return [];
  return [send(ACCOMPLICE, 'stall', court.rules.demand(ACCOMPLICE, { space, height: depth, index: 0 }, 2n * baseFee))];
}

/**
 * Opens a trial about anything, demands at random as long as it may, and convicts whoever is a second late.
 * @param hidden what it does not ask for, because it has it or wants to see nothing done about it
 */
export function createGriefer(court: SimTrialCourt, random: Random, hidden: Space): Actor {
  const send = sender();
  const opensAfter = random.below(WINDOW_BLOCKS - 2);
  const eager = 0.05 + 0.4 * random.uniform();
  return (chain) => {
    const { number, timestamp, state } = chain.head;
    const { status, file, attestBlock } = state;
    const [first] = GRIEFERS;
    if (!first) return [];
    if (status === JobStatus.Attested && number >= attestBlock + opensAfter)
      return [send(first, 'accuse', court.rules.open(first))];
    if (status !== JobStatus.OnTrial) return [];
    const made: TrialTransaction[] = [...(random.uniform() < 0.5 ? putOff(court, first, send, chain) : [])];
    for (const us of GRIEFERS) {
      if (random.uniform() >= eager) continue;
      const price = chain.baseFee * BigInt(2 + random.below(6));
      made.push(send(us, 'ask', court.rules.demand(us, anyNode(court, random, hidden), price)));
    }
    for (const { content, due, id } of file.demands)
      if (content === undefined && timestamp + BLOCK_SECONDS > due)
        made.push(send(first, 'overdue', court.rules.resolve(id)));
    made.push(send(first, 'overdue', court.rules.resolve(ZERO_HEX32)));
    const element = random.below(SPEC_OUT.traceLength);
    if (random.uniform() < 0.1)
      made.push(send(first, 'frame', court.rules.prove('proveElement', element, first, ZERO_HEX32)));
    return made;
  };
}

function anyNode({ trees }: SimTrialCourt, random: Random, hidden: Space): DemandedNode {
  const spaces = [Space.Input, Space.Weight, Space.Trace, Space.Output].filter((one) => one !== hidden);
  const space = spaces[random.below(spaces.length)] ?? Space.Trace;
  const depth = trees[space]?.depth ?? 0;
  const height = random.uniform() < 0.5 ? depth : below(depth);
  return { space, height, index: random.below(2 ** (depth - height)) };
}

/** How a job ended. */
export function endOf({ state }: TrialBlock): string {
  if (state.file.ending !== undefined) return state.file.ending.replace(/ \d+$/, '');
  return state.trial === TrialStatus.None ? 'unchallenged' : 'unfinished';
}
