import { keccak256 } from 'ethers';
import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import { type Address, type Hex32, parseAddress, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { TrialStatus } from '../../workers/protocol/trial.ts';
import { bitsOfFloat, floatOfBits } from '../../workers/protocol/vector.ts';
import { bitsOfBytes, bytesOfBits } from '../../workers/roles/trial/elements.ts';
import { below } from '../../workers/roles/trial/trial-view.ts';
import { ANSWER, INPUT, PLAN, SPEC_OUT, THIRD, TRACE } from '../workers/roles/trial/bench.ts';
import { hexOf, OPERATOR, REQUESTED_AT, verificationOf } from './role-jobs.ts';
import { Life, SimSteps } from './sim-steps.ts';
import { BLOCK_SECONDS, REORG_MAX, SimTrialChain, type TrialBlock, type TrialTransaction } from './sim-trial-chain.ts';
import { type Change, COURT_TIMES, createCourt, type DemandedNode, type SimTrialCourt } from './sim-trial-court.ts';
import { type NodeFaults, SimTrialNode } from './sim-trial-node.ts';

/** What the claimant does. `honest` is a node of ours; the others cheat, each in one way. */
export type Claim = 'honest' | 'output' | 'narrow' | 'trace' | 'padding' | 'silent' | 'mute';

export interface TrialSimOptions {
  readonly seed: number;
  readonly claim: Claim;
  /** Who looks at it: a node of ours, somebody who puts right claims on trial, or both. */
  readonly watch: 'honest' | 'griefer' | 'both';
  readonly faults: NodeFaults;
  /** Share of the steps. */
  readonly crash: number;
  /** Share of the blocks. */
  readonly reorg: number;
  /** Share of the blocks at which our transactions begin to be left out. */
  readonly censor: number;
  /** Blocks that this lasts. More than a window of the court is more than anybody can stand. */
  readonly censored: number;
  /** Whether a cheat serves its trace, so that nothing has to be demanded. */
  readonly serves: boolean;
}

export interface TrialSimReport {
  readonly violations: readonly string[];
  /** How it ended. */
  readonly end: string;
  readonly lives: number;
  readonly reorgs: number;
  readonly blocks: number;
  /** Whether a proof was paid. */
  readonly paid: boolean;
  /** Of everything that was mined. */
  readonly digest: string;
}

/** Blocks of a window of the court. */
export const WINDOW_BLOCKS = Math.floor(COURT_TIMES.window / BLOCK_SECONDS);
/** Out of which so many, taken by censorship, leave enough for everybody. */
export const STANDABLE_BLOCKS = 12;
/** Between two times of censorship; else they would be one. */
const CALM_BLOCKS = 20;
const BLOCKS_MAX = 700;
const STEPS_MAX = 200_000;
const KIND: NodeFaults = { error: 0, lag: 0, redis: 0, lost: 0, late: 0, flush: 0 };
const GRIEFERS = [1, 2, 3].map((at) => parseAddress(`0x${String(at).padStart(40, 'e')}`));
const BASE = new VectorTree(bitsOfBytes(ANSWER));

/** One claim from its attestation to its end. The same options, the same run. */
export async function runTrial(options: TrialSimOptions): Promise<TrialSimReport> {
  const random = createRandom(options.seed);
  const steps = new SimSteps(random, REQUESTED_AT * 1_000);
  const chain = new SimTrialChain(random, REQUESTED_AT);
  const claimed = claimOf(options.claim, random);
  const output = options.claim === 'honest' ? BASE : new VectorTree(claimed.output);
  const trace = new VectorTree(claimed.trace);
  const message = verificationOf({
    ...{ spec: SPEC_OUT, vector: INPUT, outputRoot: output.root, output: hexOf(bytesOfBits(claimed.output)) },
    terms: { challengeWindow: COURT_TIMES.window },
  });
  const input = new VectorTree(bitsOfBytes(INPUT));
  const court = createCourt({ outputRoot: output.root, input, output, trace }, message.jobId);
  let faults = options.faults;
  const served = (root: Hex32) =>
    options.serves && root === trace.merkleRoot ? bytesOfBits(claimed.trace) : undefined;
  const node = (us: Address, operator: Address, verifies: boolean): SimTrialNode =>
    new SimTrialNode({ chain, court, steps, random, faults: () => faults, message, us, operator, verifies, served });
  const watcher = options.watch === 'griefer' ? undefined : node(THIRD, THIRD, true);
  const claimant = options.claim === 'honest' ? node(OPERATOR, OPERATOR, false) : undefined;
  claimant?.insist({ id: 'attest', name: 'attest', from: OPERATOR, change: court.rules.attest(OPERATOR) });
  const others = [
    ...(claimant ? [] : [createCheat(options, court, trace, random)]),
    ...(options.watch === 'honest' ? [] : [createGriefer(court, random)]),
  ];
  const ours = [watcher, claimant].filter((one) => one !== undefined);

  const world = new Life();
  const clock = steps.clockOf(world);
  let [isOver, quiet, censoredLeft, calmLeft, blocks] = [false, 0, 0, 0, 0];

  function mineOne(): TrialBlock {
    calmLeft -= 1;
    if (censoredLeft > 0) censoredLeft -= 1;
    else if (calmLeft < 0 && quiet === 0 && random.uniform() < options.censor) {
      censoredLeft = options.censored;
      calmLeft = options.censored + CALM_BLOCKS;
    }
    const sent = [...others.map((act) => act(chain.head)), ...ours.map((one) => one.onBlock(censoredLeft > 0))];
    const turned = random.uniform() < 0.5 ? sent : sent.toReversed();
    return chain.mine(turned.flat());
  }

  async function live(): Promise<void> {
    for (; quiet < QUIET_BLOCKS && blocks < BLOCKS_MAX; blocks += 1) {
      await clock.sleep(BLOCK_SECONDS * 1_000);
      if (quiet === 0 && random.uniform() < options.reorg) {
        const dropped = chain.drop(1 + random.below(REORG_MAX));
        for (let more = 0; more < dropped; more += 1) mineOne();
      }
      mineOne();
      if (!isFinished(chain.head)) continue;
      // What is owed after the end is asked for in peace.
      quiet += 1;
      [steps.crash, faults, censoredLeft] = [0, KIND, 0];
    }
  }

  steps.crash = options.crash;
  const lived = live().finally(() => (isOver = true));
  let taken = 0;
  while (!isOver && taken++ < STEPS_MAX) await steps.step();
  if (!isOver) throw new Error(`no end after ${STEPS_MAX} steps, at block ${chain.head.number}`);
  await lived;
  for (const one of ours) one.die();
  const report = {
    end: endOf(chain.head),
    lives: ours.reduce((sum, { lives }) => sum + lives, 0),
    ...{ reorgs: chain.reorgs, blocks, paid: chain.head.state.prover !== undefined },
    digest: digestOf(chain),
  };
  return { violations: violationsOf(options, { chain, watcher, claimant }), ...report };
}

function digestOf({ branch }: SimTrialChain): string {
  const told = branch.flatMap(({ timestamp, mined }) => [timestamp, ...mined.map(({ transaction: { id } }) => id)]);
  return keccak256(Buffer.from(told.join('\n')));
}

const QUIET_BLOCKS = 8;

function isFinished({ timestamp, state }: TrialBlock): boolean {
  if (state.status > JobStatus.OnTrial) return true;
  return state.status === JobStatus.Attested && timestamp > Number(state.record?.challengeEnd ?? 0n);
}

function endOf({ state }: TrialBlock): string {
  if (state.file.ending !== undefined) return state.file.ending.replace(/ \d+$/, '');
  return state.trial === TrialStatus.None ? 'unchallenged' : 'unfinished';
}

interface Played {
  readonly chain: SimTrialChain;
  readonly watcher: SimTrialNode | undefined;
  readonly claimant: SimTrialNode | undefined;
}

function violationsOf(options: TrialSimOptions, { chain, watcher, claimant }: Played): readonly string[] {
  const { state } = chain.head;
  const end = endOf(chain.head);
  const isStandable = options.censored <= STANDABLE_BLOCKS || options.censor === 0;
  const found = [watcher, claimant].flatMap((one) => one?.oddities ?? []);
  const mined = chain.branch.flatMap((block) => block.mined);
  const byUs = mined.filter(({ transaction: { from } }) => from === THIRD || (claimant && from === OPERATOR));
  const accuses = ({ transaction: { from, name } }: (typeof mined)[number]): boolean =>
    from === THIRD && name.startsWith('open-');
  if (claimant) {
    if (mined.some(accuses)) found.push('an honest answer was put on trial by a node of ours');
    if (end.startsWith('convicted') && isStandable) found.push(`an honest claimant was convicted: ${end}`);
    if (end.startsWith('void')) found.push('an honest claim was void');
    if (watcher?.verdicts.some((verdict) => verdict !== 'agrees')) found.push('an honest answer was called wrong');
  } else if (isStandable && watcher) {
    // What is off by little is only void; its claimant may still be late.
    const isMet = end.startsWith('convicted') || (options.claim === 'narrow' && end.startsWith('void'));
    if (!isMet) found.push(`a cheat got away: ${end}`);
  }
  if (end === 'unfinished') found.push('the trial has no end');
  if (state.trial > TrialStatus.Acquitted && state.bonds.has(THIRD)) found.push('our bond was left with the court');
  for (const [name, made] of Object.entries(Object.groupBy(byUs, ({ transaction }) => transaction.name))) {
    const done = (made ?? []).filter(({ refused }) => refused === undefined).length;
    if (done > 1) found.push(`${name} was done ${done} times`);
  }
  for (const [proof, calls] of watcher?.commitments ?? [])
    if (calls.size > 1) found.push(`${proof} was committed to in ${calls.size} ways`);
  return found;
}

/** What is claimed: an output, and a trace that is shown to go with it. */
function claimOf(claim: Claim, random: Random): { readonly output: Uint32Array; readonly trace: Uint32Array } {
  const trace = new Uint32Array(TRACE);
  const output = new Uint32Array(TRACE.slice(256));
  const element = random.below(output.length);
  const tolerance = floatOfBits(SPEC_OUT.outputs[0]?.absTol ?? 0);
  const shifted = (by: number): number => bitsOfFloat(floatOfBits(output[element] ?? 0) + by);
  switch (claim) {
    case 'honest':
      return { output, trace };
    case 'narrow':
      output[element] = shifted(4 * tolerance);
      return { output, trace };
    case 'padding':
      trace[100 + random.below(28)] = 7;
      output[element] = shifted(1);
      return { output, trace };
    case 'trace': {
      const wrong = random.below(PLAN.inputLength) + 128 * random.below(2);
      trace[wrong] = (trace[wrong] ?? 0) ^ 0x0040_0000;
      output[element] = shifted(1);
      trace[256 + element] = output[element] ?? 0;
      return { output, trace };
    }
    default:
      output[element] = shifted(1);
      return { output, trace };
  }
}

type Actor = (head: TrialBlock) => readonly TrialTransaction[];

function sender(): (from: Address, name: string, change: Change) => TrialTransaction {
  let made = 0;
  return (from, name, change) => ({ id: `${name}!${(made += 1)}`, name, from, change });
}

/** A claimant that answers as late as it likes, and at some point maybe not at all; it is never left out of a block. */
function createCheat({ claim }: TrialSimOptions, court: SimTrialCourt, trace: VectorTree, random: Random): Actor {
  const send = sender();
  const us = OPERATOR;
  const patience = Array.from({ length: 8 }, () => random.below(COURT_TIMES.reveal));
  const mutesAt = claim === 'mute' ? random.below(3) : Infinity;
  return ({ timestamp, state }) => {
    const { status, trial, file } = state;
    if (status === JobStatus.Requested) return [send(us, 'attest', court.rules.attest(us))];
    const isDue = (due: number, at: number): boolean => timestamp >= due - (patience[at % patience.length] ?? 0);
    if (trial === TrialStatus.Opened && claim !== 'silent' && isDue(file.docket?.traceDue ?? 0, 0))
      return [send(us, 'post', court.rules.postTrace(trace))];
    const waiting = file.demands
      .map((one, at) => ({ ...one, at }))
      .filter(({ content, due, at }) => content === undefined && at < mutesAt && isDue(due, at + 1));
    const answers = waiting.map((one) => send(us, 'show', court.rules.reveal(one, court.contentOf(one))));
    return [...answers, send(us, 'end', court.rules.resolve(ZERO_HEX32))];
  };
}

/** Opens a trial about anything, demands at random as long as it may, and convicts whoever is a second late. */
function createGriefer(court: SimTrialCourt, random: Random): Actor {
  const send = sender();
  const opensAfter = random.below(WINDOW_BLOCKS - 2);
  const eager = 0.05 + 0.4 * random.uniform();
  return ({ number, timestamp, state }) => {
    const { status, file, attestBlock } = state;
    const [first] = GRIEFERS;
    if (!first) return [];
    if (status === JobStatus.Attested && number >= attestBlock + opensAfter)
      return [send(first, 'accuse', court.rules.open(first))];
    if (status !== JobStatus.OnTrial) return [];
    const made: TrialTransaction[] = [];
    for (const us of GRIEFERS)
      if (random.uniform() < eager) made.push(send(us, 'ask', court.rules.demand(us, anyNode(court, random), 10n)));
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

function anyNode({ trees }: SimTrialCourt, random: Random): DemandedNode {
  const space = (1 + random.below(4)) as DemandedNode['space'];
  const depth = trees[space]?.depth ?? 0;
  const height = random.uniform() < 0.5 ? depth : below(depth);
  return { space, height, index: random.below(2 ** (depth - height)) };
}
