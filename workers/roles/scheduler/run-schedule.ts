import { interfaces } from '../../chain/contracts.ts';
import type { Address, Hex } from '../../protocol/ids.ts';
import { nameOf } from '../../protocol/job.ts';
import { parseScheduleTerms, ScheduleState, subjectOfSchedule } from '../../protocol/schedule.ts';

import type { Handler, Later } from '../../queue/consumer.ts';
import { laterOnOutage } from '../../queue/outage.ts';
import type { Logger } from '../../runtime/logger.ts';
import { nextStep, type SchedulePolicy, type ScheduleStep } from './next-step.ts';
import type { ScheduleMessage, SchedulerPorts } from './ports.ts';

export interface SchedulerOptions {
  /** The contract that is called. */
  readonly scheduler: Address;
  readonly policy: SchedulePolicy;
}

/** A run that is due. */
interface DueRun {
  readonly run: bigint;
  /** Chain time at which this node first saw it due. */
  readonly since: number;
  /** How often its trigger was handed over. */
  handed: number;
}

const REFUSED_MS = 600_000;

/**
 * One look at a schedule: reads the chain, waits for what it waits for, and hands the trigger to the submitter when it is this
 * node's turn. Comes back until the schedule is cancelled. Only since when a run has been due is remembered: a restart makes
 * this node wait for its turn anew.
 */
export function createScheduleHandler(
  { scheduler, policy }: SchedulerOptions,
  { standingOf, now, transactions, metrics, clock }: SchedulerPorts,
): Handler<ScheduleMessage> {
  const due = new Map<Address, DueRun>();

  function noteDue(schedule: Address, run: bigint, at: number): DueRun {
    const known = due.get(schedule);
    if (known?.run === run) return known;
    const seen = { run, since: at, handed: 0 };
    due.set(schedule, seen);
    return seen;
  }

  async function look(
    { schedule, terms: json }: ScheduleMessage,
    signal: AbortSignal,
  ): Promise<{ readonly step: ScheduleStep; readonly state: string }> {
    const [at, standing] = await Promise.all([now(signal), standingOf(schedule, signal)]);
    const { state, notBefore, runs, ranAt } = standing;
    const run = runs + 1n;
    const since = state === ScheduleState.Due ? noteDue(schedule, run, at).since : undefined;
    if (since === undefined) due.delete(schedule);
    const terms = parseScheduleTerms(json);
    const step = nextStep({ now: at, state, notBefore, run, ranAt }, { schedule, terms }, policy, since);
    return { step, state: nameOf(ScheduleState, state) };
  }

  async function trigger(
    { chainId, registry, schedule, input }: ScheduleMessage,
    { run, deadline }: Extract<ScheduleStep, { kind: 'trigger' }>,
    logger: Logger,
  ): Promise<void> {
    const data = interfaces.Scheduler.encodeFunctionData('trigger', [schedule, input]) as Hex;
    const outcome = await transactions.enqueueAgain('transaction', {
      ...{ chainId, registry, jobId: subjectOfSchedule(schedule), step: `trigger-${run}` },
      ...{ to: scheduler, data, value: '0', deadline },
    });
    metrics.triggered();
    logger.info({ schedule, run: Number(run), deadline, outcome }, 'schedule triggered');
  }

  /** A run that stays due was refused, by a bound that its terms no longer fit for example: tried ever more seldom. */
  function againMs(schedule: Address): number {
    const known = due.get(schedule);
    if (!known) return policy.pollMs;
    known.handed += 1;
    return Math.min(policy.pollMs * 2 ** (known.handed - 1), REFUSED_MS);
  }

  return async (message, { signal, enqueuedAt, logger }): Promise<Later | undefined> => {
    const { schedule } = message;
    try {
      const { step, state } = await look(message, signal);
      metrics.looked(state);
      if (step.kind === 'end') {
        due.delete(schedule);
        metrics.ended(step.why);
        logger.info({ schedule, why: step.why }, 'schedule ended');
        return undefined;
      }
      if (step.kind === 'wait') return { retryAfterMs: step.forMs, why: step.why };
      await trigger(message, step, logger);
      return { retryAfterMs: againMs(schedule), why: 'triggered' };
    } catch (error) {
      signal.throwIfAborted();
      // However long an outage lasts, a schedule may be due at its end.
      const later = laterOnOutage(error, clock.now() - enqueuedAt);
      if (!later) throw error;
      return { retryAfterMs: Math.min(later.retryAfterMs, policy.pollMs), why: later.why };
    }
  };
}
