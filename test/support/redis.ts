import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/stack/free-port.ts';
import { foreignRedis } from '../../scripts/stack/local-redis.ts';
import { createLogTail } from '../../scripts/stack/log-tail.ts';
import { endedEarly, type ManagedProcess, startProcess } from '../../scripts/stack/managed-process.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { onSmallDisk } from './small-disk.ts';
import { until } from './until.ts';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Where its files are. */
  readonly folder: string;
  /** Runs one command on a connection of its own. */
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Empties it, as a total loss of its data would. */
  flush(): Promise<void>;
  /** SIGKILL: gone without a word. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what its append-only file holds. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  /** More command-line arguments; a later one wins: `['--maxmemory-policy', 'allkeys-lru']`. */
  readonly args?: readonly string[];
  /** Keeps data over `kill` and `restart`. Defaults to false. */
  readonly durable?: boolean;
  /** Its folder is a file system of its own with so many MiB. */
  readonly diskMib?: number;
}

/** A private Redis on a free port of the loopback interface, with a temporary folder of its own. */
export async function startRedis({ args = [], durable = false, diskMib }: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const durability = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const policy = ['--maxmemory-policy', 'noeviction'];
  const { command } = foreignRedis(url);
  let server: ManagedProcess | undefined;

  function program(flags: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
    if (diskMib === undefined) return { command: 'redis-server', args: flags };
    return onSmallDisk(folder, diskMib, ['redis-server'], flags);
  }

  async function start(): Promise<void> {
    const log = createLogTail({ clock: systemClock });
    const flags = [...place, ...durability, ...policy, ...args];
    const child = await startProcess(
      {
        name: 'redis',
        ...program(flags),
        env: process.env,
        logFile: devNull,
      },
      { clock: systemClock, log },
    );
    server = child;
    await until(
      async () => {
        if (!child.running())
          throw endedEarly(
            'redis',
            await child.exited,
            log.lines.map(({ message }) => message),
          );
        return command('PING').then(
          () => true,
          () => false,
        );
      },
      { what: `redis-server on port ${port}`, deadlineMs: 20_000 },
    );
  }

  async function kill(): Promise<void> {
    await server?.kill();
  }

  await start();
  return {
    url,
    port,
    get folder() {
      // Only the server itself sees a file system of its own.
      return diskMib === undefined ? folder : `/proc/${server?.pid ?? 0}/root${folder}`;
    },
    command,
    flush: async () => {
      await command('FLUSHALL');
    },
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
