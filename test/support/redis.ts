import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
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
}

/** A private Redis on a free port of the loopback interface, with a temporary folder of its own. */
export async function startRedis({ args = [], durable = false }: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const durability = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const policy = ['--maxmemory-policy', 'noeviction'];
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const flags = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      ...durability,
      ...policy,
    ];
    const child = spawn('redis-server', [...flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-2_000);
      });
    }
    child.once('error', (error) => {
      output += error.message;
    });
    server = child;
    await until(
      () => {
        if (child.exitCode !== null || child.pid === undefined)
          throw new Error(`redis-server did not start: ${output}`);
        return command('PING').then(
          () => true,
          () => false,
        );
      },
      { what: `redis-server on port ${port}` },
    );
  }

  async function command(name: string, ...rest: string[]): Promise<unknown> {
    const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...rest);
    } finally {
      client.disconnect();
    }
  }

  async function kill(): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    url,
    port,
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
