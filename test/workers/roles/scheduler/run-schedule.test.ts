import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../../workers/chain/contracts.ts';
import type { ScheduleStanding } from '../../../../workers/chain/order-reads.ts';
import { ScheduleState, scheduleTermsToJson, subjectOfSchedule } from '../../../../workers/protocol/schedule.ts';
import { catalog, type MessageInput } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import { noMetrics } from '../../../../workers/runtime/metrics.ts';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import { createSchedulerMetrics } from '../../../../workers/roles/scheduler/metrics.ts';
import { createScheduleHandler } from '../../../../workers/roles/scheduler/run-schedule.ts';
import { TURN_PLACES, turnPlace } from '../../../../workers/roles/scheduler/turn-order.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { contextOf, failure } from '../../../support/role-jobs.ts';
import { NOW, OPERATOR } from '../../../support/sample-job.ts';
import { SCHEDULE, SCHEDULE_TERMS, SCHEDULER } from '../../../support/sample-orders.ts';

const STEP = 10;
const message = parseMessage(catalog.schedule, {
  chainId: 31_337,
  registry: SCHEDULER,
  schedule: SCHEDULE,
  terms: scheduleTermsToJson(SCHEDULE_TERMS),
  input: '0x',
});

function createBench() {
  const sent: MessageInput<'transaction'>[] = [];
  const chain = {
    now: NOW,
    standing: { state: ScheduleState.Due, notBefore: NOW, runs: 0n, ranAt: 0 } as ScheduleStanding,
    failure: undefined as Error | undefined,
  };
  const handler = createScheduleHandler(
    { scheduler: SCHEDULER, policy: { operator: OPERATOR, step: STEP, tipMin: 0n, pollMs: 4_000 } },
    {
      standingOf: async () => {
        if (chain.failure) throw chain.failure;
        return chain.standing;
      },
      now: async () => chain.now,
      transactions: {
        enqueueAgain: async (_, one) => {
          parseMessage(catalog.transaction, one);
          sent.push(one);
          return 'added';
        },
      },
      metrics: createSchedulerMetrics(noMetrics),
      clock: new ManualClock(),
    },
  );
  return { sent, chain, look: () => handler(message, contextOf(silentLogger)) };
}

const turnOf = (run: bigint): number => turnPlace({ schedule: SCHEDULE, run, operator: OPERATOR }) * STEP;

describe('the scheduler', () => {
  it('hands the trigger over in its turn, once per run under its step, until it is cancelled', async () => {
    const { sent, chain, look } = createBench();
    for (const runs of [0n, 1n]) {
      chain.standing = { ...chain.standing, runs };
      await look();
      expect(sent).toHaveLength(turnOf(runs + 1n) === 0 ? Number(runs) + 1 : Number(runs));
      chain.now += turnOf(runs + 1n);
      if (sent.length === Number(runs)) await look();
      expect(sent.map(({ step }) => step)).toEqual(['trigger-1', 'trigger-2'].slice(0, Number(runs) + 1));
    }
    expect(sent[0]).toMatchObject({
      registry: SCHEDULER,
      jobId: subjectOfSchedule(SCHEDULE),
      to: SCHEDULER,
      data: interfaces.Scheduler.encodeFunctionData('trigger', [SCHEDULE, '0x']),
      value: '0',
      deadline: NOW + turnOf(1n) + 300,
    });
    chain.standing = { ...chain.standing, state: ScheduleState.Cancelled };
    expect(await look()).toBeUndefined();
    expect(sent).toHaveLength(2);
  });

  it('leaves a run alone that another node triggered before its turn', async () => {
    const { sent, chain, look } = createBench();
    const slow = Array.from({ length: 64 }, (_, n) => BigInt(n + 1)).find((run) => turnOf(run) > 0) ?? 1n;
    chain.standing = { ...chain.standing, runs: slow - 1n };
    expect(await look()).toMatchObject({ why: 'not our turn' });
    chain.now += TURN_PLACES * STEP;
    chain.standing = { state: ScheduleState.Waiting, notBefore: chain.now + 3_600, runs: slow, ranAt: chain.now };
    expect(await look()).toMatchObject({ why: 'not due' });
    expect(sent).toEqual([]);
  });

  it('waits its turn anew after money ran out and came back', async () => {
    const { sent, chain, look } = createBench();
    const slow = Array.from({ length: 64 }, (_, n) => BigInt(n + 1)).find((run) => turnOf(run) > 0) ?? 1n;
    chain.standing = { ...chain.standing, runs: slow - 1n };
    await look();
    chain.standing = { ...chain.standing, state: ScheduleState.Unfunded };
    chain.now += TURN_PLACES * STEP;
    expect(await look()).toMatchObject({ why: 'unfunded' });
    chain.standing = { ...chain.standing, state: ScheduleState.Due };
    expect(await look()).toMatchObject({ why: 'not our turn' });
    chain.now += turnOf(slow);
    expect(await look()).toMatchObject({ why: 'triggered' });
    expect(sent).toHaveLength(1);
  });

  it('hands over a run that stays due again, ever more seldom', async () => {
    const { chain, look } = createBench();
    await look();
    chain.now += TURN_PLACES * STEP;
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 12; i++) waits.push((await look())?.retryAfterMs);
    expect(waits.at(-1)).toBe(600_000);
    expect(waits.slice(0, 3).every((wait, i) => i === 0 || wait === 2 * (waits[i - 1] ?? 0))).toBe(true);
  });

  it('outlasts an outage, and lets other errors be errors', async () => {
    const { chain, look } = createBench();
    chain.failure = failure('RPC_UNREACHABLE', true);
    expect(await look()).toMatchObject({ why: 'RPC_UNREACHABLE' });
    chain.failure = failure('ABI_MISMATCH');
    await expect(look()).rejects.toMatchObject({ code: 'ABI_MISMATCH' });
  });
});
