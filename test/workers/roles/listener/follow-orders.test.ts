import { describe, expect, it } from 'vitest';
import type { ChainEvent } from '../../../../workers/chain/events.ts';
import { subjectOfSchedule } from '../../../../workers/protocol/schedule.ts';
import { hash, jobOf, NOW, OPERATOR } from '../../../support/sample-job.ts';
import {
  DATA_TERMS,
  FEED_REGISTRY,
  feedOf,
  requestOf,
  SCHEDULE,
  SCHEDULE_TERMS,
  SCHEDULER,
} from '../../../support/sample-orders.ts';
import { blockOf, createBench, reorgOf } from './bench.ts';

const log = (blockNumber: number) => ({
  blockNumber,
  blockHash: hash(blockNumber),
  transactionHash: hash(1_000 + blockNumber),
  logIndex: 0,
});
const asked = (block: number, terms = DATA_TERMS): ChainEvent => ({
  type: 'DataRequested',
  requestId: requestOf(1),
  terms,
  spec: '0x7b7d',
  log: log(block),
});
const answered = (block: number): ChainEvent => ({
  type: 'DataAnswered',
  requestId: requestOf(1),
  answer: 7n,
  turn: 3n,
  leader: 0,
  log: log(block),
});
const expired = (block: number): ChainEvent => ({
  type: 'DataExpired',
  requestId: requestOf(1),
  refund: 9n,
  log: log(block),
});
const created = (block: number, terms = SCHEDULE_TERMS): ChainEvent => ({
  type: 'ScheduleCreated',
  schedule: SCHEDULE,
  owner: OPERATOR,
  terms,
  input: '0x',
  log: log(block),
});
const triggered = (block: number): ChainEvent => ({
  type: 'ScheduleTriggered',
  schedule: SCHEDULE,
  jobId: jobOf(1),
  run: 1n,
  triggeredBy: OPERATOR,
  tip: 5n,
  log: log(block),
});
const cancelled = (block: number): ChainEvent => ({
  type: 'ScheduleCancelled',
  schedule: SCHEDULE,
  refund: 3n,
  log: log(block),
});
const reported = (block: number, feed = 1): ChainEvent => ({
  type: 'FeedReported',
  feedId: feedOf(feed),
  round: block,
  answer: 7n,
  turn: 3n,
  leader: 0,
  paid: true,
  log: log(block),
});

const QUESTION_ID = `31337-a513e6e4-${requestOf(1).slice(2)}-request`;
const EXPIRY_ID = `31337-a513e6e4-${requestOf(1).slice(2)}-expire-question`;
const SCHEDULE_ID = `31337-2279b7a0-${subjectOfSchedule(SCHEDULE).slice(2)}-schedule`;

const waiting = ({ queues }: ReturnType<typeof createBench>): string[] =>
  [...queues.messages].filter(([, { finished }]) => !finished).map(([id]) => id);
const finish = ({ queues }: ReturnType<typeof createBench>, id: string): void => {
  const message = queues.messages.get(id);
  if (!message) throw new Error(`no message ${id}`);
  message.finished = true;
};

describe('a question', () => {
  it('goes to the oracle with its terms and its sources, and ends with its answer', async () => {
    const bench = createBench();
    await bench.follow(blockOf(1, asked(1)));
    expect(bench.queues.messages.get(QUESTION_ID)).toMatchObject({
      queue: 'data',
      message: { kind: 'request', registry: FEED_REGISTRY, requestId: requestOf(1), spec: '0x7b7d' },
    });
    await bench.follow(blockOf(2, answered(2)));
    expect(waiting(bench)).toEqual([]);
    expect(bench.orders.open()).toEqual([]);
    await bench.follow({ type: 'finalized', blockNumber: 2 });
    expect(bench.orders.find(requestOf(1))).toBeUndefined();
  });

  it('is nobody’s here without an oracle, and kept in the book all the same', async () => {
    const bench = createBench({ data: false });
    await bench.follow(blockOf(1, asked(1)));
    expect(waiting(bench)).toEqual([]);
    expect(bench.orders.open()).toHaveLength(1);
  });

  it('is not asked any more after its deadline', async () => {
    const bench = createBench();
    bench.chain.now = NOW + 601;
    await bench.follow(blockOf(1, asked(1)));
    expect(waiting(bench)).toEqual([]);
  });

  it('is asked again when a reorg drops the answer, and forgotten when it drops the question', async () => {
    const bench = createBench();
    const first = blockOf(1, asked(1));
    const second = blockOf(2, answered(2));
    await bench.follow(first);
    finish(bench, QUESTION_ID);
    await bench.follow(second);
    bench.chain.openOrders.add(requestOf(1));
    await bench.follow(reorgOf(1, second));
    expect(waiting(bench)).toEqual([QUESTION_ID]);
    await bench.follow(reorgOf(0, first));
    expect(waiting(bench)).toEqual([]);
    expect(bench.orders.find(requestOf(1))).toBeUndefined();
  });
});

describe('a question of a requester that is looked after', () => {
  const expireFor = new Set([DATA_TERMS.requester]);
  const expiryOf = ({ queues }: ReturnType<typeof createBench>) => queues.messages.get(EXPIRY_ID);

  it('is expired the second after its deadline, whether this node answers questions or not', async () => {
    for (const data of [true, false]) {
      const bench = createBench({ data, expireFor });
      await bench.follow(blockOf(1, asked(1)));
      expect(expiryOf(bench)).toMatchObject({
        queue: 'settlement',
        delayMs: 601_000,
        message: { action: 'expire-question' },
      });
    }
  });

  it('of nobody else, and not where there is no fee to give back', async () => {
    const others = createBench({ expireFor: new Set([OPERATOR]) });
    await others.follow(blockOf(1, asked(1)));
    const free = createBench({ expireFor });
    await free.follow(blockOf(1, asked(1, { ...DATA_TERMS, fee: 0n })));
    expect([waiting(others), waiting(free)]).toEqual([[QUESTION_ID], [QUESTION_ID]]);
  });

  it.each([
    ['answered', answered(2)],
    ['expired by somebody', expired(2)],
  ])('is left alone once it is %s, and expired all the same when a reorg takes that back', async (_, end) => {
    const bench = createBench({ expireFor });
    await bench.follow(blockOf(1, asked(1)));
    const second = blockOf(2, end);
    await bench.follow(second);
    expect(waiting(bench)).toEqual([]);
    await bench.follow(reorgOf(1, second));
    expect(waiting(bench)).toEqual([QUESTION_ID, EXPIRY_ID]);
    await bench.follow(reorgOf(0, blockOf(1, asked(1))));
    expect(waiting(bench)).toEqual([]);
  });

  it('is kept until somebody expires it, and its message made again while the chain says that it is open', async () => {
    const bench = createBench({ expireFor });
    await bench.follow(blockOf(1, asked(1)));
    bench.chain.now = NOW + 600 + 86_400 + 1;
    bench.queues.messages.clear();
    await bench.reconcileOrders();
    expect(waiting(bench)).toEqual([EXPIRY_ID]);
    expect(expiryOf(bench)).toMatchObject({ delayMs: 0 });
    finish(bench, EXPIRY_ID);
    bench.chain.openOrders.add(requestOf(1));
    await bench.reconcileOrders();
    await bench.clock.advance(60_000);
    await bench.reconcileOrders();
    expect(waiting(bench)).toEqual([EXPIRY_ID]);
    expect(bench.orders.open()).toHaveLength(1);
  });
});

describe('a schedule', () => {
  it('becomes one message that outlives its runs, and ends when it is cancelled', async () => {
    const bench = createBench();
    await bench.follow(blockOf(1, created(1)));
    expect(bench.queues.messages.get(SCHEDULE_ID)).toMatchObject({
      queue: 'schedule',
      message: { registry: SCHEDULER, schedule: SCHEDULE, input: '0x', terms: { tip: '5', interval: 3_600 } },
    });
    await bench.follow(blockOf(2, triggered(2)));
    expect(waiting(bench)).toEqual([SCHEDULE_ID]);
    await bench.follow(blockOf(3, cancelled(3)));
    expect(waiting(bench)).toEqual([]);
  });

  it('that pays less than this node wants is left to others', async () => {
    const bench = createBench({ scheduleTipMin: 6n });
    await bench.follow(blockOf(1, created(1)));
    expect(waiting(bench)).toEqual([]);
    const enough = createBench({ scheduleTipMin: 5n });
    await enough.follow(blockOf(1, created(1)));
    expect(waiting(enough)).toEqual([SCHEDULE_ID]);
  });

  it('lives on when a reorg drops its end, and stays ended when it drops only the second of two', async () => {
    const bench = createBench();
    const end = blockOf(2, cancelled(2));
    const again = blockOf(3, cancelled(3));
    await bench.follow(blockOf(1, created(1)));
    await bench.follow(end);
    await bench.follow(again);
    await bench.follow(reorgOf(2, again));
    expect(bench.orders.open()).toEqual([]);
    await bench.follow(reorgOf(1, end));
    expect(waiting(bench)).toEqual([SCHEDULE_ID]);
  });
});

describe('a new answer of a feed', () => {
  it('wakes the look at the feed and the schedules that wait for it, and no others', async () => {
    const bench = createBench();
    await bench.follow(blockOf(1, created(1)));
    await bench.follow(blockOf(2, reported(2, 2)));
    expect(bench.queues.woken).toEqual([`31337-a513e6e4-${feedOf(2).slice(2)}-feed`]);
    await bench.follow(blockOf(3, reported(3)));
    expect(bench.queues.woken.slice(1)).toEqual([`31337-a513e6e4-${feedOf(1).slice(2)}-feed`, SCHEDULE_ID]);
  });

  it('of an hour ago wakes nobody', async () => {
    const bench = createBench();
    bench.chain.now = NOW + 3_600;
    await bench.follow(blockOf(2, reported(2)));
    expect(bench.queues.woken).toEqual([]);
  });
});

describe('the reconciler of orders', () => {
  it('makes the messages of open questions and schedules again after Redis lost everything', async () => {
    const bench = createBench();
    await bench.follow(blockOf(1, asked(1), created(1)));
    bench.queues.messages.clear();
    await bench.reconcileOrders();
    expect(waiting(bench).sort()).toEqual([SCHEDULE_ID, QUESTION_ID].sort());
  });

  it('makes an ended message again only while the chain says that the order is open', async () => {
    const bench = createBench();
    await bench.follow(blockOf(1, created(1)));
    finish(bench, SCHEDULE_ID);
    const later = async (): Promise<string[]> => {
      await bench.reconcileOrders();
      await bench.clock.advance(60_000);
      await bench.reconcileOrders();
      return waiting(bench);
    };
    expect(await later()).toEqual([]);
    bench.chain.openOrders.add(subjectOfSchedule(SCHEDULE));
    expect(await later()).toEqual([SCHEDULE_ID]);
  });

  it('forgets a question a day after its deadline', async () => {
    const bench = createBench();
    await bench.follow(blockOf(1, asked(1)));
    bench.chain.now = NOW + 600 + 86_400;
    await bench.reconcileOrders();
    expect(bench.orders.open()).toHaveLength(1);
    bench.chain.now += 1;
    await bench.reconcileOrders();
    expect(bench.orders.open()).toEqual([]);
  });
});
