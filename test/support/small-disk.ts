import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogTail } from '../../scripts/stack/log-tail.ts';
import { startProcess } from '../../scripts/stack/managed-process.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { until } from './until.ts';

export interface SmallDisk {
  /** A folder on a file system of its own. */
  readonly folder: string;
  /** Fills it until `leaveBytes` are left. */
  fill(leaveBytes?: number): Promise<void>;
  /** Takes the filling away again. */
  free(): Promise<void>;
  stop(): Promise<void>;
}

const TMPFS = 0x01021994;

/**
 * A program whose `place` is a file system of its own, in memory, which ends with it; the place is its last argument unless
 * others are given. Whoever is not root becomes it for this mount alone.
 */
export function onSmallDisk(
  place: string,
  mib: number,
  program: readonly string[],
  more: readonly string[] = [place],
): { readonly command: string; readonly args: readonly string[] } {
  const script = `mount -t tmpfs -o size=${mib}m tmpfs "$0" && exec "$@"`;
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  return { command: 'unshare', args: [...asRoot, '--mount', '--', 'sh', '-c', script, place, ...program, ...more] };
}

/** The same for whoever looks from outside, through the place in /proc of a process that does nothing else. */
export async function startSmallDisk(mib: number): Promise<SmallDisk> {
  const place = await mkdtemp(join(tmpdir(), 'remit-disk-'));
  const holder = await startProcess(
    {
      name: 'disk',
      ...onSmallDisk(place, mib, ['sleep', 'infinity'], []),
      env: process.env,
      logFile: devNull,
    },
    { clock: systemClock, log: createLogTail({ clock: systemClock }) },
  );
  const folder = `/proc/${holder.pid}/root${place}`;
  // Its size tells it from the file system that it lies on, which may be in memory as well.
  const isMounted = async (): Promise<boolean> => {
    const { type, blocks, bsize } = await statfs(folder);
    return type === TMPFS && blocks * bsize === mib * 2 ** 20;
  };
  await until(isMounted, { what: 'the small disk' });
  const filler = join(folder, 'filler');
  return {
    folder,
    async fill(leaveBytes = 0) {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
    },
    free: () => rm(filler, { force: true }),
    async stop() {
      await holder.kill();
      await rm(place, { recursive: true, force: true });
    },
  };
}
