import { describe, expect, it } from 'vitest';
import { ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { subjectOfSchedule } from '../../../workers/protocol/schedule.ts';
import { type BookedOrder, createOrderBook } from '../../../workers/store/order-book.ts';
import { hash, NOW } from '../../support/sample-job.ts';
import { DATA_TERMS, feedOf, requestOf, SCHEDULE, SCHEDULE_TERMS } from '../../support/sample-orders.ts';
import { temporaryJournal } from '../../support/temporary-journal.ts';

const place = { blockNumber: 5, blockHash: hash(5), txHash: hash(6), logIndex: 0, timestamp: NOW };
const question: BookedOrder = { kind: 'question', id: requestOf(1), terms: DATA_TERMS, spec: '0x7b7d', place };
const schedule = {
  kind: 'schedule',
  id: subjectOfSchedule(SCHEDULE),
  schedule: SCHEDULE,
  terms: SCHEDULE_TERMS,
  input: '0x',
  place,
} as const satisfies BookedOrder;

describe('the book of orders', () => {
  it('gives back what it was given', () => {
    const book = createOrderBook({ journal: temporaryJournal('orders') });
    book.put(question);
    book.put(schedule);
    expect(book.find(question.id)).toEqual(question);
    expect(book.find(schedule.id)).toEqual(schedule);
    expect(book.open()).toHaveLength(2);
  });

  it('finds the open schedules of a feed', () => {
    const book = createOrderBook({ journal: temporaryJournal('orders') });
    book.put(schedule);
    book.put({ ...schedule, id: hash(9), terms: { ...SCHEDULE_TERMS, feedId: feedOf(2) } });
    const fixed = { ...SCHEDULE_TERMS, feedId: ZERO_HEX32 as typeof SCHEDULE_TERMS.feedId };
    book.put({ ...schedule, id: hash(10), terms: fixed });
    expect(book.schedulesOf(feedOf(1))).toEqual([schedule]);
    expect(book.schedulesOf(fixed.feedId)).toEqual([]);
    book.close(schedule.id, 7);
    expect(book.schedulesOf(feedOf(1))).toEqual([]);
  });

  it('undoes the first end only, and forgets what ended in a final block', () => {
    const book = createOrderBook({ journal: temporaryJournal('orders') });
    book.put(schedule);
    book.close(schedule.id, 7);
    book.close(schedule.id, 9);
    book.reopen(schedule.id, 9);
    expect(book.find(schedule.id)?.closedAt).toBe(7);
    book.prune(6);
    expect(book.find(schedule.id)).toBeDefined();
    book.reopen(schedule.id, 7);
    expect(book.open()).toEqual([schedule]);
    book.close(schedule.id, 8);
    book.prune(8);
    expect(book.find(schedule.id)).toBeUndefined();
  });
});
