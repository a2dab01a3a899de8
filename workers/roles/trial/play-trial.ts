import type { Hex, JobId } from '../../protocol/ids.ts';
import { keccakOf } from '../../protocol/keccak.ts';
import { triable } from '../../protocol/model.ts';
import type { Address } from '../../protocol/ids.ts';
import { catalog, messageId } from '../../queue/catalog.ts';
import type { Handler, Later, MessageContext } from '../../queue/consumer.ts';
import { laterOnOutage } from '../../queue/outage.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { noBond } from './bond.ts';
import { type Cases, knowledgeOf, type TrialCase } from './case.ts';
import { merkleRootOf } from './descent.ts';
import { bytesOfBits } from './elements.ts';
import { encodeMove } from './encode-move.ts';
import type { Knowledge, ServedTrace } from './knowledge.ts';
import { type Decision, type Move, stepOf, type TrialPolicy } from './moves.ts';
import { nextMoves } from './next-moves.ts';
import type { TrialLook, TrialMessage, TrialPorts } from './ports.ts';

export interface TrialOptions {
  /** The account that sends our transactions. */
  readonly us: Address;
  /** The operator whose claims are defended here. */
  readonly operator: Address;
  readonly court: Address;
  /** Whether trials are opened and played against others. */
  readonly challenges: boolean;
  readonly policy: TrialPolicy;
  /** Milliseconds between two looks at a trial. */
  readonly pollMs: number;
  /** How long a claimant is asked for its trace before it is demanded, milliseconds. */
  readonly serveWaitMs: number;
  /** Blocks after which no reorg brings a trial back; what is noted about it is kept until then. */
  readonly finalityDepth: number;
}

/** How much less often a trial is looked at that is over but for a reorg. */
const PATIENCE = 8;

const idOf = (message: TrialMessage): string => messageId(message, catalog.trial.phase(message));

interface Ended {
  readonly message: TrialMessage;
  readonly side: string;
  readonly ending: string;
  /** At which this was seen. */
  readonly block: number;
}

/**
 * One look at a trial: reads the chain, asks the reducer, hands its moves to the submitter, and comes back until the trial is
 * over. Nothing is remembered that the chain or the notes do not say, so a restart anywhere changes nothing.
 */
export function createTrialHandler(
  options: TrialOptions,
  deps: TrialPorts & { readonly cases: Cases },
): Handler<TrialMessage> {
  const { us, operator, court, challenges, policy, pollMs, serveWaitMs, finalityDepth } = options;
  const { chain, specs, cases, traces, notes, transactions, metrics, clock, random } = deps;

  /** Blocks at which trials in which we have moved were seen to be over. A restart only makes the wait longer. */
  const overSince = new Map<string, number>();

  async function lookOnce(message: TrialMessage, logger: Logger, signal: AbortSignal): Promise<Later | undefined> {
    const { jobId } = message;
    const side = message.record.operator === operator ? 'claimant' : 'challenger';
    if (side === 'challenger' && !challenges) return undefined;
    const spec = await specs.specOf(message.terms.modelId, signal);
    if (!triable(spec)) return undefined;
    metrics.looked(side);
    const look = await chain.look(message, notes.commitments(jobId), signal);
    const settings = await chain.settings(signal);
    const rules = { ...policy, commitBlocks: settings.commitmentBlocks };
    const ended = { message, side, block: look.view.block };
    if (look.view.stage === 'over' && !look.view.bondWaits)
      return end({ ...ended, ending: look.view.ending ?? '' }, logger);
    const one = await cases.open(message, look.view.shown, signal);
    const served = await servedTrace(one, look, side, signal);
    const decision = nextMoves(look.view, knowledgeOf(one, { side, us, served }), rules);
    if (decision.kind === 'over') return end({ ...ended, ending: decision.why }, logger);
    overSince.delete(idOf(message));
    if (side === 'claimant' || decision.moves.length > 0) notes.keep(idOf(message), JSON.stringify(message));
    if (side === 'claimant') await serve(one);
    for (const move of decision.moves) {
      if (!(await affords(move, logger, signal))) continue;
      const { data, value } = encodeMove(move, { one, look, us, settings, notes, random });
      await hand(message, move, { data, value, why: decision.why, side }, logger);
    }
    return { retryAfterMs: waitMs(decision, look), why: decision.why };
  }

  async function servedTrace(
    one: TrialCase,
    { exhibits, view: { revealTime } }: TrialLook,
    side: Knowledge['side'],
    signal: AbortSignal,
  ): Promise<ServedTrace> {
    if (side === 'claimant' || !exhibits || !one.trace) return { kind: 'absent' };
    if (exhibits.traceTree === one.trace.tree.merkleRoot) return { kind: 'absent' };
    // Half of a claimant's time to answer at most: a short hearing must not be spent on waiting.
    const waitMs = Math.min(serveWaitMs, revealTime * 500);
    return cases.ask(one, exhibits.traceTree, waitMs, signal);
  }

  /** The claimant's trace is at hand for everybody before its root is posted. */
  async function serve({ message: { jobId }, trace }: TrialCase): Promise<void> {
    if (!trace) return;
    const root = merkleRootOf(trace.tree);
    if (notes.served(jobId).includes(root)) return;
    await traces.put(root, bytesOfBits(trace.bits));
    notes.serve(jobId, root);
  }

  /** A bond that the account cannot pay would only be refused; the operator has to know. */
  async function affords(move: Move, logger: Logger, signal: AbortSignal): Promise<boolean> {
    if (move.kind !== 'open') return true;
    const [{ openerBond }, balance] = await Promise.all([chain.settings(signal), chain.balanceOf(us, signal)]);
    if (balance >= openerBond) return true;
    const { code, message: text, fix } = noBond(us, balance, openerBond);
    logger.error({ code, reason: text, fix }, 'trial waits for its bond');
    return false;
  }

  async function hand(
    { chainId, registry, jobId }: TrialMessage,
    move: Move,
    {
      data,
      value,
      why,
      side,
    }: { readonly data: Hex; readonly value: bigint; readonly why: string; readonly side: string },
    logger: Logger,
  ): Promise<void> {
    const { deadline, urgentFrom } = move;
    // The same step of another state of the chain (a reorg, a new docket) is another call.
    const step = `${stepOf(move)}-${keccakOf(data.slice(2)).slice(2, 18)}`;
    const outcome = await transactions.enqueueAgain('transaction', {
      ...{ chainId, registry, jobId, step, to: court, data, value: String(value) },
      ...(deadline !== undefined && { deadline }),
      ...(urgentFrom !== undefined && { urgentFrom }),
    });
    metrics.moved(move.kind, side);
    logger.info({ step, why, side, deadline, outcome }, 'trial move');
  }

  /**
   * Whether a reorg could still bring back what our salts and traces are needed for. A look is put together from answers of
   * several nodes, too: one of them may not know yet that a bond of ours waits.
   */
  function mayComeBack(id: string, block: number): boolean {
    if (!notes.isKept(id)) return false;
    const since = overSince.get(id) ?? block;
    overSince.set(id, since);
    return block - since < finalityDepth;
  }

  /** When a reorg has replaced an answer, what is noted about the job may be needed for the other one. */
  function isOnlyOne(jobId: JobId): boolean {
    return notes.kept().filter((kept) => (JSON.parse(kept) as TrialMessage).jobId === jobId).length === 1;
  }

  async function end({ message, side, ending, block }: Ended, logger: Logger): Promise<Later | undefined> {
    const { jobId } = message;
    const id = idOf(message);
    // Whoever watches the node is told at once.
    if (!overSince.has(id)) {
      metrics.ended(side, /^(convicted|void|acquitted)/.exec(ending)?.[0] ?? 'none');
      logger.info({ side, ending, operator: message.record.operator }, 'trial ended');
    }
    if (mayComeBack(id, block)) return { retryAfterMs: PATIENCE * pollMs, why: `${ending}, unless a reorg undoes it` };
    cases.forget(message);
    overSince.delete(id);
    if (notes.isKept(id) && isOnlyOne(jobId)) {
      for (const root of notes.served(jobId)) await traces.remove(root);
      notes.forget(jobId);
    }
    notes.release(id);
    return undefined;
  }

  function waitMs({ until }: Extract<Decision, { kind: 'play' }>, { view }: TrialLook): number {
    if (until === undefined) return pollMs;
    const left = (until - view.now) * 1_000;
    return Math.max(Math.min(pollMs, left), Math.min(pollMs, 500));
  }

  return async (message, context: MessageContext) => {
    const logger = context.logger.child({ jobId: message.jobId });
    try {
      return await lookOnce(message, logger, context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      const later = laterOnOutage(error, clock.now() - context.enqueuedAt);
      if (!later) throw error;
      logger.warn({ code: codeOf(error), reason: messageOf(error) }, 'trial waits for an outage to end');
      // A deadline may be close, however long the message has existed.
      return { retryAfterMs: Math.min(later.retryAfterMs, pollMs), why: later.why };
    }
  };
}
