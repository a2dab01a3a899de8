import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_000;
const TRIES = 1_000;
/** Chosen from these: from there on the system gives ports to `listen(0)` and to the near end of every connection. */
export const PORTS = { from: LOWEST, below: lowestGivenToAnybody() } as const;

/**
 * A TCP port on the loopback interface for a server that another process starts, now or again later. The system gives it
 * to nobody who does not name it, and until this process ends nobody else who asks here gets it.
 */
export async function freePort(): Promise<number> {
  for (let left = TRIES; left > 0; left -= 1) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.below - PORTS.from));
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`none of ${TRIES} ports from ${PORTS.from} to ${PORTS.below} is free`);
}

/** Takes the UDP port of the same number, which no server of ours uses, and keeps it: a mark that all processes see. */
async function reserve(port: number): Promise<boolean> {
  const mark = createSocket('udp4');
  mark.bind({ port, address: '127.0.0.1', exclusive: true });
  try {
    await once(mark, 'listening');
    mark.unref();
    return true;
  } catch {
    mark.close();
    return false;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}

/** Linux says it; elsewhere it is 49,152. */
function lowestGivenToAnybody(): number {
  try {
    const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
    // A system that gives away nearly all ports leaves none to choose from.
    return Math.max(lowest ?? 0, LOWEST + 2 * TRIES);
  } catch {
    return 32_768;
  }
}
