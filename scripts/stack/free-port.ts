import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems hand out ports from 32,768 on to whoever asks for any, and to the near end of every connection; not these. */
export const PORTS = { from: 20_000, below: 32_000 } as const;
const TRIES = 1_000;

/**
 * A TCP port on the loopback interface that nobody gets by chance before it is used, or while its server is away; until this
 * process ends nobody else who asks here gets it either.
 */
export async function freePort(): Promise<number> {
  for (let left = TRIES; left > 0; left -= 1) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.below - PORTS.from));
    if ((await mark(port)) && (await isFree(port))) return port;
  }
  throw new Error('there is no free port');
}

/** Takes the UDP port of the same number, which no server of ours uses, and keeps it: all processes see that it is taken. */
async function mark(port: number): Promise<boolean> {
  const taken = createSocket('udp4');
  taken.bind({ port, address: '127.0.0.1', exclusive: true });
  try {
    await once(taken, 'listening');
    taken.unref();
    return true;
  } catch (error) {
    taken.close();
    // Where nothing can be marked, ports are free without it.
    return !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
