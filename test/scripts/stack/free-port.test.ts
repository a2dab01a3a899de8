import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../scripts/stack/free-port.ts';

it('ports that are asked for together differ, and none is one that systems hand out', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(new Set(ports).size).toBe(20);
  expect(ports.filter((port) => port < 20_000 || port >= 32_000)).toEqual([]);
});

it('a port that is taken is passed over, however often ports are asked for', async () => {
  const taken = await freePort();
  const server = createServer().listen(taken, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  for (let n = 0; n < 100; n += 1) expect(await freePort()).not.toBe(taken);
});
