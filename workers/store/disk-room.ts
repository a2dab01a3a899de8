import { statfs } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import { RemitError } from '../runtime/errors.ts';
import type { HealthCheck } from '../runtime/health.ts';

export interface DiskRoomOptions {
  /** Folders that this process writes into; they exist. */
  readonly folders: readonly string[];
}

export interface DiskRoom {
  /** Nothing new is begun on a disk that is nearly full: what was begun needs the rest. @throws RemitError DISK_NEARLY_FULL */
  require(): Promise<void>;
  readonly check: HealthCheck;
}

/** Share of a disk from which on nothing new is begun. */
const FULL = 0.95;
const ALARM = 0.9;
const LOOK_MS = 1_000;

export function createDiskRoom(
  { folders }: DiskRoomOptions,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): DiskRoom {
  let fullest = { folder: '', used: 0 };
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<typeof fullest> {
    if (clock.now() < lookedAt + LOOK_MS) return fullest;
    const all = await Promise.all(folders.map(async (folder) => ({ folder, used: await diskUse(folder) })));
    fullest = all.reduce((one, other) => (other.used > one.used ? other : one));
    lookedAt = clock.now();
    return fullest;
  }

  return {
    async require() {
      const { folder, used } = await look();
      if (used >= FULL) throw nearlyFull(folder, used);
    },
    check: {
      name: 'disk',
      check: async () => {
        const { folder, used } = await look();
        const detail = `${percent(used)} of the disk of ${folder} is used`;
        return { state: used >= FULL ? 'failing' : used >= ALARM ? 'degraded' : 'ok', detail };
      },
    },
  };
}

/** Share of the file system of `folder` that is used, as whoever is not root sees it. */
export async function diskUse(folder: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(folder);
  const used = blocks - bfree;
  return used + bavail === 0 ? 1 : used / (used + bavail);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function nearlyFull(folder: string, used: number): RemitError {
  return new RemitError({
    code: 'DISK_NEARLY_FULL',
    message: `${percent(used)} of the disk of ${folder} is used; from ${percent(FULL)} on no new job is begun`,
    fix: 'free space on that disk; the work goes on by itself',
    retryable: true,
    context: { folder, used },
  });
}
