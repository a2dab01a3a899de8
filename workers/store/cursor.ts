import type { Hex32 } from '../protocol/ids.ts';
import type { Journal, Row } from './journal.ts';

/** A block whose effects are durable, with what was found in it. */
export interface CursorBlock<L> {
  readonly number: number;
  readonly hash: Hex32;
  readonly parentHash: Hex32;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly logs: readonly L[];
}

export interface Cursor<L> {
  /** Oldest first. */
  load(): readonly CursorBlock<L>[];
  unsettled(): Unsettled<L>;
  enter(block: CursorBlock<L>): void;
  advance(block: CursorBlock<L>, keepFrom: number): void;
  leave(number: number): void;
  left(): void;
}

/** What was begun and may have been done in part when the process ended. */
export interface Unsettled<L> {
  /** Was about to take effect. */
  readonly entering: CursorBlock<L> | undefined;
  /** Were about to be undone, oldest first. */
  readonly leaving: readonly CursorBlock<L>[];
}

const INSERT = 'INSERT OR REPLACE INTO cursor_blocks VALUES (?, ?, ?, ?, ?, ?)';

/**
 * The position of one stream of blocks. `L` must survive JSON. Appending, and forgetting what lies below, is one
 * transaction: after a crash the position is the old or the new one.
 */
export function createCursor<L>(stream: string, { journal }: { journal: Journal }): Cursor<L> {
  const entering = `${stream}+entering`;
  const leaving = `${stream}+leaving`;
  const blocksOf = (name: string): readonly CursorBlock<L>[] =>
    journal.all('SELECT * FROM cursor_blocks WHERE stream = ? ORDER BY number', name).map((row) => blockOf<L>(row));
  const forget = (name: string): void => {
    journal.run('DELETE FROM cursor_blocks WHERE stream = ?', name);
  };
  return {
    load: () => blocksOf(stream),
    unsettled: () => ({ entering: blocksOf(entering)[0], leaving: blocksOf(leaving) }),
    enter(block) {
      journal.transact(() => {
        forget(entering);
        journal.run(INSERT, ...valuesOf(entering, block));
      });
    },
    advance(block, keepFrom) {
      journal.transact(() => {
        journal.run('INSERT INTO cursor_blocks VALUES (?, ?, ?, ?, ?, ?)', ...valuesOf(stream, block));
        journal.run('DELETE FROM cursor_blocks WHERE stream = ? AND number < ?', stream, keepFrom);
        forget(entering);
      });
    },
    leave(number) {
      journal.transact(() => {
        for (const block of [...blocksOf(stream).filter((one) => one.number > number), ...blocksOf(entering)])
          journal.run(INSERT, ...valuesOf(leaving, block));
        journal.run('DELETE FROM cursor_blocks WHERE stream = ? AND number > ?', stream, number);
        forget(entering);
      });
    },
    left() {
      forget(leaving);
    },
  };
}

function valuesOf<L>(
  stream: string,
  { number, hash, parentHash, timestamp, logs }: CursorBlock<L>,
): [string, number, string, string, number, string] {
  return [stream, number, hash, parentHash, timestamp, JSON.stringify(logs)];
}

function blockOf<L>(row: Row): CursorBlock<L> {
  return {
    number: Number(row['number']),
    hash: row['hash'] as Hex32,
    parentHash: row['parent_hash'] as Hex32,
    timestamp: Number(row['timestamp']),
    logs: JSON.parse(String(row['logs'])) as readonly L[],
  };
}
