import { type DataTerms, dataTermsToJson, parseDataTerms } from '../protocol/data-terms.ts';
import { type Address, type DataRequestId, type FeedId, type Hex, type Hex32, ZERO_HEX32 } from '../protocol/ids.ts';
import { parseScheduleTerms, type ScheduleTerms, scheduleTermsToJson } from '../protocol/schedule.ts';
import type { Place } from './job-book.ts';
import type { Journal, Row } from './journal.ts';

interface Booked {
  /** What it is called among all subjects: the request's id, or the schedule's address padded to 32 bytes. */
  readonly id: Hex32;
  /** Where it was made. */
  readonly place: Place;
  /** Block of the event that ended it; absent while it can still cause work. */
  readonly closedAt?: number;
}

/** A question that a committee was asked. */
export interface BookedQuestion extends Booked {
  readonly kind: 'question';
  readonly id: DataRequestId;
  readonly terms: DataTerms;
  /** The sources document. */
  readonly spec: Hex;
}

export interface BookedSchedule extends Booked {
  readonly kind: 'schedule';
  readonly schedule: Address;
  readonly terms: ScheduleTerms;
  /** The fixed input vector; `0x` where it comes from a feed. */
  readonly input: Hex;
}

/** What somebody has ordered and no job stands for yet: questions, and schedules until they are cancelled. */
export type BookedOrder = BookedQuestion | BookedSchedule;

/** The orders on this chain, folded from its events; durable. Every change can be undone, until `prune`. */
export interface OrderBook {
  find(id: Hex32): BookedOrder | undefined;
  /** Orders that have not ended, in no order. */
  open(): readonly BookedOrder[];
  /** Schedules that have not ended and take their input from this feed. */
  schedulesOf(feedId: FeedId): readonly BookedSchedule[];
  /** Keeps, or replaces, an order that was made. */
  put(order: BookedOrder): void;
  /** The order ended in block `block`; one that has ended before stays as it is. */
  close(id: Hex32, block: number): void;
  /** An order that ended in block `block` did not end after all. */
  reopen(id: Hex32, block: number): void;
  /** The order itself was undone. */
  forget(id: Hex32): void;
  /** Forgets orders that ended in a block up to `block`, which must be final. */
  prune(block: number): void;
}

export function createOrderBook({ journal }: { readonly journal: Journal }): OrderBook {
  return {
    find(id) {
      const row = journal.get('SELECT * FROM orders WHERE id = ?', id);
      return row && orderOf(row);
    },
    open: () => journal.all('SELECT * FROM orders WHERE closed_at IS NULL').map(orderOf),
    schedulesOf: (feedId) =>
      journal
        .all('SELECT * FROM orders WHERE feed_id = ? AND closed_at IS NULL', feedId)
        .map(orderOf)
        .filter((order) => order.kind === 'schedule'),
    put(order) {
      const feedId = order.kind === 'schedule' && order.terms.feedId !== ZERO_HEX32 ? order.terms.feedId : null;
      journal.run(
        'INSERT OR REPLACE INTO orders (id, body, feed_id, closed_at) VALUES (?, ?, ?, ?)',
        order.id,
        JSON.stringify(bodyOf(order)),
        feedId,
        order.closedAt ?? null,
      );
    },
    close(id, block) {
      journal.run('UPDATE orders SET closed_at = ? WHERE id = ? AND closed_at IS NULL', block, id);
    },
    reopen(id, block) {
      journal.run('UPDATE orders SET closed_at = NULL WHERE id = ? AND closed_at = ?', id, block);
    },
    forget(id) {
      journal.run('DELETE FROM orders WHERE id = ?', id);
    },
    prune(block) {
      journal.run('DELETE FROM orders WHERE closed_at <= ?', block);
    },
  };
}

type Body =
  | { readonly kind: 'question'; readonly terms: unknown; readonly spec: Hex; readonly place: Place }
  | {
      readonly kind: 'schedule';
      readonly schedule: Address;
      readonly terms: unknown;
      readonly input: Hex;
      readonly place: Place;
    };

function bodyOf(order: BookedOrder): Body {
  const { place } = order;
  return order.kind === 'question'
    ? { kind: 'question', terms: dataTermsToJson(order.terms), spec: order.spec, place }
    : {
        kind: 'schedule',
        schedule: order.schedule,
        terms: scheduleTermsToJson(order.terms),
        input: order.input,
        place,
      };
}

function orderOf(row: Row): BookedOrder {
  const body = JSON.parse(String(row['body'])) as Body;
  const closed = row['closed_at'] === null ? {} : { closedAt: Number(row['closed_at']) };
  return body.kind === 'question'
    ? { ...body, ...closed, id: row['id'] as DataRequestId, terms: parseDataTerms(body.terms) }
    : { ...body, ...closed, id: row['id'] as Hex32, terms: parseScheduleTerms(body.terms) };
}
