import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { freePort, PORTS } from '../../../scripts/stack/free-port.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The next port that is drawn is this one. */
const draw = (port: number) =>
  vi.spyOn(Math, 'random').mockReturnValueOnce((port - PORTS.from + 0.5) / (PORTS.below - PORTS.from));

it('ports that are asked for together differ, and none is one that systems hand out', async () => {
  const ports = await Promise.all(Array.from({ length: 100 }, () => freePort()));
  expect(new Set(ports).size).toBe(100);
  expect(ports.filter((port) => port < 20_000 || port >= 32_000)).toEqual([]);
});

it('a port that somebody got is nobody else’s, although nobody listens on it yet', async () => {
  const port = await freePort();
  // Whoever draws the same number, in this process or another, finds it marked.
  const random = draw(port);
  expect(await freePort()).not.toBe(port);
  expect(random.mock.calls.length).toBeGreaterThan(1);
});

it('a port on which somebody listens who did not ask is passed over', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  for (let port: number = PORTS.from; !server.listening; port += 1) {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening').catch(() => undefined);
  }
  const { port } = server.address() as { readonly port: number };
  const random = draw(port);
  expect(await freePort()).not.toBe(port);
  expect(random.mock.calls.length).toBeGreaterThan(1);
});
