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
  advance(block: CursorBlock<L>, keepFrom: number): void;
  rewind(number: number): void;
}

/**
 * The position of one stream of blocks. `L` must survive JSON. Appending, and forgetting what lies below, is one
 * transaction: after a crash the position is the old or the new one.
 */
export function createCursor<L>(stream: string, { journal }: { journal: Journal }): Cursor<L> {
  return {
    load: () =>
      journal.all('SELECT * FROM cursor_blocks WHERE stream = ? ORDER BY number', stream).map((row) => blockOf<L>(row)),
    advance({ number, hash, parentHash, timestamp, logs }, keepFrom) {
      journal.transact(() => {
        journal.run(
          'INSERT INTO cursor_blocks VALUES (?, ?, ?, ?, ?, ?)',
          stream,
          number,
          hash,
          parentHash,
          timestamp,
          JSON.stringify(logs),
        );
        journal.run('DELETE FROM cursor_blocks WHERE stream = ? AND number < ?', stream, keepFrom);
      });
    },
    rewind(number) {
      journal.run('DELETE FROM cursor_blocks WHERE stream = ? AND number > ?', stream, number);
    },
  };
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
