import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

// Process ids repeat (in a container it is always the same one): the token tells this life from an earlier one.
const LIFE = randomBytes(6).toString('hex');
const STALE_MS = 24 * 60 * 60 * 1000;
const NAME = /^(\d+)-([0-9a-f]{12})-[0-9a-f]{16}\.part$/;

/** A fresh name for a file being written: `<pid>-<token of this life>-<random>.part`. */
export function tempName(): string {
  return `${process.pid}-${LIFE}-${randomBytes(8).toString('hex')}.part`;
}

/**
 * Removes what writers that died have left in `folder`; files of writers that live stay, because several processes
 * share one store. A name that tells nothing (another host's writer) is kept for a day after its last write.
 *
 * @param now milliseconds since the epoch
 * @returns the names removed
 */
export async function cleanTemp(folder: string, now: number): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!isOrphan(name) && now - (await modifiedAt(path, now)) < STALE_MS) continue;
    await rm(path, { force: true });
    removed.push(name);
  }
  return removed;
}

function isOrphan(name: string): boolean {
  const [, pid, life] = NAME.exec(name) ?? [];
  if (pid === undefined) return false;
  return Number(pid) === process.pid ? life !== LIFE : !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it lives and belongs to someone else.
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

async function modifiedAt(path: string, fallback: number): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.mtimeMs ?? fallback;
}
