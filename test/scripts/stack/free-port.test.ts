import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freePort, PORTS } from '../../../scripts/stack/free-port.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function listen(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });

/** The next port that is drawn is this one. */
const draw = (port: number) =>
  vi.spyOn(Math, 'random').mockReturnValueOnce((port - PORTS.from + 0.5) / (PORTS.below - PORTS.from));

describe('a free port', () => {
  it('can be listened on, and is none that the system gives to whoever asks for any', async () => {
    const port = await freePort();
    await close(await listen(port));
    const any = await listen(0);
    const given = (any.address() as AddressInfo).port;
    await close(any);
    expect(port).toBeGreaterThanOrEqual(PORTS.from);
    expect(port).toBeLessThan(PORTS.below);
    expect(given).toBeGreaterThanOrEqual(PORTS.below);
  });

  it('is nobody else’s, although nobody listens on it yet', async () => {
    const port = await freePort();
    const random = draw(port);
    expect(await freePort()).not.toBe(port);
    expect(random.mock.calls.length).toBeGreaterThan(1);
  });

  it('is none on which somebody listens', async () => {
    let taken: Server | undefined;
    for (let port: number = PORTS.from; !taken; port += 1) taken = await listen(port).catch(() => undefined);
    const { port } = taken.address() as AddressInfo;
    draw(port);
    const other = await freePort();
    await close(taken);
    expect(other).not.toBe(port);
  });

  it('is another for each of many who ask at once', async () => {
    const ports = await Promise.all(Array.from({ length: 100 }, () => freePort()));
    expect(new Set(ports).size).toBe(ports.length);
  });
});
