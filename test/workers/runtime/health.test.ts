import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import {
  createHealthServer,
  type HealthCheck,
  type HealthServer,
  type Route,
} from '../../../workers/runtime/health.ts';
import { createMetrics } from '../../../workers/runtime/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const ok: HealthCheck = { name: 'redis', check: () => Promise.resolve({ state: 'ok', detail: 'fine' }) };
const servers: HealthServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function serve(checks: HealthCheck[], clock = systemClock, port = 0, routes: Record<string, Route> = {}) {
  const server = createHealthServer(
    { port },
    { metrics: createMetrics({ role: 'test', version: '1', processMetrics: false }), checks, clock, routes },
  );
  await server.start(new AbortController().signal);
  servers.push(server);
  return { server, get: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init) };
}

describe('createHealthServer', () => {
  it('answers that the process lives even when a check fails', async () => {
    const { get } = await serve([{ name: 'rpc', check: () => Promise.reject(new Error('no route')) }]);
    expect((await get('/livez')).status).toBe(200);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      state: 'failing',
      checks: [{ name: 'rpc', state: 'failing', detail: 'no route' }],
    });
  });

  it('answers the paths that a role adds, and names them where nothing is', async () => {
    const echo: Route = (query) => ({ status: 202, body: { verdict: query.get('verdict') } });
    const { get } = await serve([ok], systemClock, 0, { '/verdicts': echo });
    const answer = await get('/verdicts?verdict=agrees');
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ verdict: 'agrees' });
    const nothing = await get('/constructor');
    expect(nothing.status).toBe(404);
    expect(await nothing.json()).toEqual({ error: 'try /livez, /healthz, /readyz, /metrics, /verdicts' });
  });

  it('is ready while a check is only degraded, and says so', async () => {
    const { get } = await serve([
      ok,
      { name: 'device', check: () => Promise.resolve({ state: 'degraded', detail: 'on the CPU' }) },
    ]);
    const health = await get('/healthz');
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      state: 'degraded',
      checks: [{ name: 'redis', state: 'ok' }, { detail: 'on the CPU' }],
    });
  });

  it('counts a check that does not answer within 2 s as failing', async () => {
    const clock = new ManualClock();
    const { get } = await serve([{ name: 'slow', check: () => new Promise(() => undefined) }], clock);
    const answer = get('/readyz');
    await until(() => clock.sleepers === 1, { what: 'the check to begin' });
    await clock.advance(2_000);
    expect((await answer).status).toBe(503);
  });

  it('exposes metrics, and refuses other paths and methods', async () => {
    const { get } = await serve([]);
    expect(await (await get('/metrics')).text()).toContain('remit_build_info');
    expect((await get('/')).status).toBe(404);
    expect((await get('/livez', { method: 'POST' })).status).toBe(405);
  });

  it('says that the port is taken and how to find by whom', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(serve([], systemClock, port)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      fix: expect.stringContaining(String(port)) as string,
    });
    other.close();
  });
});
