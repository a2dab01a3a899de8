import { JobStatus } from '../../workers/protocol/job.ts';
import { TrialStatus } from '../../workers/protocol/trial.ts';
import { THIRD } from '../workers/roles/trial/bench.ts';
import { OPERATOR } from './role-jobs.ts';
import type { SimTrialChain } from './sim-trial-chain.ts';
import type { SimTrialNode } from './sim-trial-node.ts';
import { endOf } from './sim-trial-others.ts';
import { isStandable } from './sim-trial-weather.ts';
import type { TrialSimOptions } from './sim-trial-options.ts';

interface Played {
  readonly options: TrialSimOptions;
  readonly chain: SimTrialChain;
  readonly watcher: SimTrialNode | undefined;
  readonly claimant: SimTrialNode | undefined;
}

/**
 * Times that one call is asked for, and it has come to nothing or a node does not know it yet. Whoever had no chance to be in
 * time, however, asks until the hearing is over.
 */
const ASKED_MAX = 16;
/** Of one effect: each but the last was refused, because the chain had changed until it was mined. */
const REFUSED_MAX = 4;

/** What must not be, in words; empty when all is well. */
export function violationsOf(played: Played): readonly string[] {
  const { chain, watcher, claimant } = played;
  const { state } = chain.head;
  const found = [watcher, claimant].flatMap((one) => one?.oddities ?? []);
  found.push(...(claimant ? claimantsLosses(played) : escapes(played)), ...waste(played), ...leftovers(played));
  if (endOf(chain.head) === 'unfinished') found.push('the trial has no end');
  if (state.trial > TrialStatus.Acquitted && state.bonds.has(THIRD)) found.push('our bond was left with the court');
  return found;
}

/** An honest claimant keeps its stake, and an honest watcher does not accuse it. */
function claimantsLosses({ options, chain, watcher }: Played): readonly string[] {
  const found: string[] = [];
  const end = endOf(chain.head);
  // Whoever sees no answer, and has another, has to ask for it in court.
  const mayAccuse = options.claim === 'near' && options.hides === 'output';
  const accused = chain.branch.some(({ mined }) =>
    mined.some(({ transaction: { from, name } }) => from === THIRD && name.startsWith('open-')),
  );
  if (accused && !mayAccuse) found.push('an honest answer was put on trial by a node of ours');
  if (end.startsWith('convicted') && isStandable(options)) found.push(`an honest claimant was convicted: ${end}`);
  if (end.startsWith('void')) found.push('an honest claim was void');
  const isSeen = !(options.hides === 'output' && options.claim === 'near') && options.hides !== 'input';
  if (isSeen && watcher?.verdicts.some((verdict) => verdict !== 'agrees'))
    found.push('an honest answer was called wrong');
  return found;
}

/** A cheat never gets away from an honest watcher, and so a watcher that accuses it loses no bond. */
function escapes({ options, chain, watcher }: Played): readonly string[] {
  const { claim, hides, watch } = options;
  // Who cannot see the question cannot tell that the answer is wrong, and waits for somebody who can.
  const isBlind = hides === 'input' && watch === 'honest';
  if (!watcher || isBlind || !isStandable(options)) return [];
  const end = endOf(chain.head);
  // What is off by little is only void; its claimant may still be late.
  const isMet = end.startsWith('convicted') || (claim === 'narrow' && end.startsWith('void'));
  return isMet ? [] : [`a cheat got away: ${end}`];
}

/** Nothing is done twice, nothing is tried for ever, and nobody commits to one thing in two ways. */
function waste({ chain, watcher, claimant }: Played): readonly string[] {
  const found: string[] = [];
  const byUs = chain.branch
    .flatMap(({ mined }) => mined)
    .filter(({ transaction: { from } }) => from === THIRD || (claimant && from === OPERATOR));
  for (const [name, made] of Object.entries(Object.groupBy(byUs, ({ transaction }) => transaction.name))) {
    const refused = (made ?? []).filter((one) => one.refused !== undefined);
    const done = (made ?? []).length - refused.length;
    if (done > 1) found.push(`${name} was done ${done} times`);
    if (refused.length > REFUSED_MAX) found.push(`${name} was refused ${refused.length} times: ${refused[0]?.refused}`);
  }
  for (const [proof, calls] of watcher?.commitments ?? [])
    if (calls.size > 1) found.push(`${proof} was committed to in ${calls.size} ways`);
  return found;
}

/** After the end every message ends, every transaction is in a block, and no note stays for ever. */
function leftovers({ options, chain, watcher, claimant }: Played): readonly string[] {
  const { timestamp, state } = chain.head;
  const isUnchallenged = state.status === JobStatus.Attested;
  // Of what is published nowhere a watcher says so when the window is nearly over.
  const mayWait = timestamp <= Number(state.record?.challengeEnd ?? 0n);
  return [watcher, claimant].flatMap((one) => {
    if (!one) return [];
    const asked = [...one.asked].filter(([, times]) => isStandable(options) && times > ASKED_MAX);
    const inVain = asked.map(([step, times]) => `${step} was asked for ${times} times`);
    const open = one.unfinished.filter((id) => !(mayWait && id.startsWith('verify')));
    const messages = open.map((id) => `a message is tried for ever: ${id}`);
    const pending = one.signer.pending().map((key) => `a transaction is in no block: ${key}`);
    const notes = one.keepsNotes && !isUnchallenged ? ['notes of an ended trial are kept'] : [];
    return [...messages, ...inVain, ...pending, ...notes];
  });
}
