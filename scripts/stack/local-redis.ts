import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { endedEarly, startProcess, type ManagedProcess, type ProcessDeps } from './managed-process.ts';
import { poll } from './poll.ts';

export interface LocalRedis {
  readonly url: string;
  /** Undefined for a server that somebody else runs. */
  readonly process: ManagedProcess | undefined;
  /** Runs one command on a connection of its own. */
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Removes every key that begins so: on a server that is not ours nothing must stay behind. */
  forget(prefix: string): Promise<void>;
}

export interface LocalRedisOptions {
  /** Its data and log lie here. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/** A private server on a free port: everything in memory and in an append-only file, nothing ever evicted. */
export async function startLocalRedis(
  { folder, signal }: LocalRedisOptions,
  { clock, log }: ProcessDeps,
): Promise<LocalRedis & { readonly process: ManagedProcess }> {
  const data = join(folder, 'redis');
  await mkdir(data, { recursive: true });
  const port = await freePort();
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', data];
  const policy = ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  const process = await startProcess(
    {
      name: 'redis',
      command: 'redis-server',
      args: [...place, ...policy],
      env: globalThis.process.env,
      logFile: join(folder, 'redis.log'),
    },
    { clock, log },
  );
  const redis = { ...foreignRedis(`redis://127.0.0.1:${port}`), process };
  try {
    await poll(
      async () => {
        if (!process.running()) throw endedEarly('redis', await process.exited, lastLines(log.lines));
        return (await redis.command('PING').catch(() => undefined)) === 'PONG' || undefined;
      },
      { what: 'redis answering', deadlineMs: 10_000, signal },
      { clock },
    );
    return redis;
  } catch (error) {
    await process.kill();
    throw error;
  }
}

/** A server that somebody else runs. */
export function foreignRedis(url: string): LocalRedis {
  return {
    url,
    process: undefined,
    command: (name, ...args) => withClient(url, (client) => client.call(name, ...args)),
    forget: (prefix) =>
      withClient(url, async (client) => {
        for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<string[]>)
          if (keys.length > 0) await client.unlink(...keys);
      }),
  };
}

async function withClient<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

function lastLines(lines: ProcessDeps['log']['lines']): string[] {
  return lines.filter((line) => line.process === 'redis').map((line) => line.message);
}
