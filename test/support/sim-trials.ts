import { keccak256 } from 'ethers';
import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import type { Address, Hex32 } from '../../workers/protocol/ids.ts';
import { JobStatus } from '../../workers/protocol/job.ts';
import { Space } from '../../workers/protocol/trial.ts';
import { bitsOfFloat, floatOfBits } from '../../workers/protocol/vector.ts';
import { bitsOfBytes, bytesOfBits } from '../../workers/roles/trial/elements.ts';
import { ANSWER, INPUT, PLAN, SPEC_OUT, THIRD, TRACE } from '../workers/roles/trial/bench.ts';
import { hexOf, OPERATOR, REQUESTED_AT, verificationOf } from './role-jobs.ts';
import { hash } from './sample-job.ts';
import { Life, SimSteps } from './sim-steps.ts';
import { violationsOf } from './sim-trial-audit.ts';
import { createCalls } from './sim-trial-calls.ts';
import { BLOCK_SECONDS, CALM_FEE, REORG_MAX, SimTrialChain, type TrialBlock } from './sim-trial-chain.ts';
import { COURT_TIMES, createCourt, type SimTrialCourt } from './sim-trial-court.ts';
import { SimTrialNode } from './sim-trial-node.ts';
import type { Claim, NodeFaults, TrialSimOptions } from './sim-trial-options.ts';
import { createCheat, createGriefer, endOf } from './sim-trial-others.ts';
import { SimTrialWeather } from './sim-trial-weather.ts';

export interface TrialSimReport {
  readonly violations: readonly string[];
  /** How it ended. */
  readonly end: string;
  /** Of our processes. */
  readonly deaths: number;
  readonly reorgs: number;
  readonly blocks: number;
  /** Times that gas became dear. */
  readonly spikes: number;
  /** Calls by their names that were made and not refused. */
  readonly calls: Readonly<Record<string, number>>;
  /** Whether a proof was paid. */
  readonly paid: boolean;
  /** Of everything that was mined. */
  readonly digest: string;
}

const BLOCKS_MAX = 1_300;
const STEPS_MAX = 400_000;
/** After the end: for what is owed, and for what is noted to be erased. */
const QUIET_BLOCKS = 40;
/** Of these, those in which things still go wrong. */
const SETTLING_BLOCKS = REORG_MAX + 2;
const KIND: NodeFaults = { error: 0, lag: 0, redis: 0, lost: 0, late: 0, flush: 0 };
const BASE = new VectorTree(bitsOfBytes(ANSWER));
const QUESTION = new VectorTree(bitsOfBytes(INPUT));
/** Digests under which a blob is published. */
const [INPUT_DIGEST, OUTPUT_DIGEST] = [hash(77), hash(78)];

/** A claim as it is made, with the court that judges it. */
function stage(options: TrialSimOptions, random: Random) {
  const { claim, hides } = options;
  const claimed = claimOf(claim, random);
  const output = claim === 'honest' ? BASE : new VectorTree(claimed.output);
  const trace = new VectorTree(claimed.trace);
  const bytes = bytesOfBits(claimed.output);
  // Whoever cannot fetch the output asks for it in the last quarter of the window, which has to be long enough for that.
  const window = hides === 'nothing' ? COURT_TIMES.window : 3 * COURT_TIMES.window;
  const message = verificationOf({
    ...{ spec: SPEC_OUT, vector: INPUT, outputRoot: output.root },
    ...(hides === 'output' ? { outputContent: OUTPUT_DIGEST } : { output: hexOf(bytes) }),
    ...(hides === 'input' && { input: INPUT_DIGEST }),
    terms: {
      challengeWindow: window,
      ...(hides === 'output' && { delivery: 2 }),
      ...(hides === 'input' && { availability: 2 }),
    },
  });
  const { outputContent } = message.record;
  const rounds = hides === 'nothing' ? 4 : 10;
  const court = createCourt(
    { outputRoot: output.root, outputContent, input: QUESTION, output, trace, window, rounds },
    message.jobId,
  );
  const served = (root: Hex32) =>
    options.serves && root === trace.merkleRoot ? bytesOfBits(claimed.trace) : undefined;
  const own = (digest: string) => ({ [INPUT_DIGEST]: INPUT, [OUTPUT_DIGEST]: bytes })[digest];
  return { court, message, trace, served, own };
}

/** One claim from its attestation to its end. The same options, the same run. */
export async function runTrial(options: TrialSimOptions): Promise<TrialSimReport> {
  const random = createRandom(options.seed);
  const steps = new SimSteps(random, REQUESTED_AT * 1_000);
  const chain = new SimTrialChain(random, REQUESTED_AT);
  const { court, message, trace, served, own } = stage(options, random);
  const calls = createCalls(court);
  let faults = options.faults;
  const node = (us: Address, isClaimant: boolean): SimTrialNode =>
    new SimTrialNode({
      ...{ chain, calls, steps, random, message, us, operator: us, verifies: !isClaimant, served },
      ...{ faults: () => faults, published: isClaimant ? own : () => undefined },
      attestation: court.rules.attest(us),
    });
  const isHonest = options.claim === 'honest' || options.claim === 'near';
  const watcher = options.watch === 'griefer' ? undefined : node(THIRD, false);
  const claimant = isHonest ? node(OPERATOR, true) : undefined;
  claimant?.attest();
  const others = othersOf(options, { court, trace, random, isHonest });
  const ours = [watcher, claimant].filter((one) => one !== undefined);
  const weather = new SimTrialWeather(options, random);

  const world = new Life();
  const clock = steps.clockOf(world);
  let [isOver, quiet, blocks] = [false, 0, 0];

  /** What is owed after the end is asked for in peace. */
  const isCalm = (): boolean => quiet > SETTLING_BLOCKS;

  function mineOne(): TrialBlock {
    const { isCensored, baseFee } = isCalm() ? { isCensored: false, baseFee: CALM_FEE } : weather.next();
    chain.baseFee = baseFee;
    const sent = [...others.map((act) => act(chain)), ...ours.map((one) => one.onBlock(isCensored))];
    const turned = random.uniform() < 0.5 ? sent : sent.toReversed();
    return chain.mine(turned.flat());
  }

  function forget(): void {
    const dropped = chain.drop(1 + random.below(REORG_MAX));
    for (let more = 0; more < dropped; more += 1) mineOne();
  }

  async function live(): Promise<void> {
    const isDone = (): boolean => quiet >= QUIET_BLOCKS || (isCalm() && ours.every(({ isIdle }) => isIdle));
    for (; !isDone() && blocks < BLOCKS_MAX; blocks += 1) {
      await clock.sleep(BLOCK_SECONDS * 1_000);
      // The end itself may be dropped as well.
      const drops = quiet > 0 ? 3 * options.reorg : options.reorg;
      if (!isCalm() && random.uniform() < drops) forget();
      mineOne();
      quiet = isFinished(chain.head) ? quiet + 1 : 0;
      if (isCalm()) [steps.crash, faults] = [0, KIND];
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
    deaths: ours.reduce((sum, { lives }) => sum + lives - 1, 0),
    ...{ reorgs: chain.reorgs, blocks, spikes: weather.spikes, paid: chain.head.state.prover !== undefined },
    ...{ calls: callsIn(chain), digest: digestOf(chain) },
  };
  return { violations: violationsOf({ options, chain, watcher, claimant }), ...report };
}

const HIDDEN = { nothing: Space.None, input: Space.Input, output: Space.Output } as const;

interface Stage {
  readonly court: SimTrialCourt;
  readonly trace: VectorTree;
  readonly random: Random;
  readonly isHonest: boolean;
}

function othersOf({ claim, watch, hides, stalls }: TrialSimOptions, { court, trace, random, isHonest }: Stage) {
  const cheat = { claim, hasten: hides !== 'nothing', stalls };
  return [
    ...(isHonest ? [] : [createCheat(cheat, court, trace, random)]),
    ...(watch === 'honest' ? [] : [createGriefer(court, random, HIDDEN[hides])]),
  ];
}

function digestOf({ branch }: SimTrialChain): string {
  const told = branch.flatMap(({ timestamp, mined }) => [timestamp, ...mined.map(({ transaction: { id } }) => id)]);
  return keccak256(Buffer.from(told.join('\n')));
}

function callsIn({ branch }: SimTrialChain): Readonly<Record<string, number>> {
  const made: Record<string, number> = {};
  for (const { mined } of branch)
    for (const { transaction, refused } of mined) {
      // A demand that is outbid, or raised, has its own name.
      const [name = ''] = transaction.name.includes('-over-') ? ['outbid'] : transaction.name.split(/[- ]/);
      if (refused === undefined) made[name] = (made[name] ?? 0) + 1;
    }
  return made;
}

function isFinished({ timestamp, state }: TrialBlock): boolean {
  if (state.status > JobStatus.OnTrial) return true;
  return state.status === JobStatus.Attested && timestamp > Number(state.record?.challengeEnd ?? 0n);
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
    case 'near':
      output[element] = shifted(tolerance / 4);
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
