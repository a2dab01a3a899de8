import { describe, expect, it } from 'vitest';
import { ScheduleState, type ScheduleTerms } from '../../../../workers/protocol/schedule.ts';
import { IDLE_MS, nextStep, type ScheduleLook } from '../../../../workers/roles/scheduler/next-step.ts';
import { turnPlace } from '../../../../workers/roles/scheduler/turn-order.ts';
import { NOW, OPERATOR } from '../../../support/sample-job.ts';
import { SCHEDULE, SCHEDULE_TERMS } from '../../../support/sample-orders.ts';

const policy = { operator: OPERATOR, step: 10, tipMin: 5n, pollMs: 4_000 };
/** A run in which this operator has to wait. */
const run = [1n, 2n, 3n, 4n, 5n].find((one) => turnPlace({ schedule: SCHEDULE, run: one, operator: OPERATOR }) > 0)!;
const place = turnPlace({ schedule: SCHEDULE, run, operator: OPERATOR });

const step = (look: Partial<ScheduleLook>, terms: Partial<ScheduleTerms> = {}, since?: number) =>
  nextStep(
    { now: NOW, state: ScheduleState.Due, notBefore: NOW, run, ranAt: NOW - 3_600, ...look },
    { schedule: SCHEDULE, terms: { ...SCHEDULE_TERMS, ...terms } },
    policy,
    since,
  );

describe('one look at a schedule', () => {
  it.each([
    ['None', 'no such schedule'],
    ['Cancelled', 'cancelled'],
  ] as const)('%s ends it', (state, why) => {
    expect(step({ state: ScheduleState[state] })).toEqual({ kind: 'end', why });
  });

  it('leaves one that pays too little to others', () => {
    expect(step({}, { tip: 4n })).toEqual({ kind: 'end', why: 'tip too low' });
  });

  it.each(['Unfunded', 'FeedNotLive', 'Refused'] as const)('%s is looked at seldom', (state) => {
    expect(step({ state: ScheduleState[state] })).toMatchObject({ kind: 'wait', forMs: IDLE_MS });
  });

  it('waits for the clock where only the clock makes it due', () => {
    const waiting = { state: ScheduleState.Waiting, ranAt: NOW - 3_570, notBefore: NOW + 30 };
    expect(step(waiting, { deviationBps: 0 })).toMatchObject({ kind: 'wait', forMs: 30_000 });
    expect(step({ ...waiting, notBefore: NOW + 86_400 }, { deviationBps: 0 })).toMatchObject({ forMs: 60_000 });
  });

  it('looks at every poll once the feed may make it due, and not before', () => {
    const waiting = { state: ScheduleState.Waiting, notBefore: NOW + 3_000 };
    expect(step({ ...waiting, ranAt: NOW - 600 })).toMatchObject({ kind: 'wait', forMs: 4_000 });
    expect(step({ ...waiting, ranAt: NOW - 280 })).toMatchObject({ kind: 'wait', forMs: 20_000 });
  });

  it('triggers from its turn on, not a second sooner', () => {
    const begins = NOW + place * policy.step;
    expect(step({ now: begins - 1 }, {}, NOW)).toEqual({ kind: 'wait', forMs: 1_000, why: 'not our turn' });
    expect(step({ now: begins }, {}, NOW)).toEqual({ kind: 'trigger', run, deadline: begins + 300 });
  });

  it('waits for its turn no longer than a poll at a time, because another may be first', () => {
    expect(step({}, {}, NOW)).toMatchObject({ kind: 'wait', forMs: 4_000 });
  });
});
