import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OneAtATimeOptions<T> {
  /** Made when it is missing; holds nothing. */
  readonly file: string;
  readonly work: () => Promise<T>;
  /** Called once, when another process is at work. */
  readonly onWait: () => void;
}

const LOOK_MS = 100;
const BUSY = 5;

/**
 * Runs `work` while no other process runs its own under the same file. The lock is the operating system's, taken by SQLite:
 * it ends with its holder, however that ends.
 */
export async function oneAtATime<T>({ file, work, onWait }: OneAtATimeOptions<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    if (!isTaken(lock)) {
      onWait();
      do await sleep(LOOK_MS);
      while (!isTaken(lock));
    }
    return await work();
  } finally {
    lock.close();
  }
}

/** True when it is ours now. */
function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw error;
  }
}
