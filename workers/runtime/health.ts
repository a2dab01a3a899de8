import { createServer, type ServerResponse } from 'node:http';
import { withTimeout } from './abort.ts';
import type { Clock } from './clock.ts';
import { messageOf, RemitError } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { Service } from './service.ts';

/** `degraded` works with less than it should and still takes work; `failing` does not. */
export type HealthState = 'ok' | 'degraded' | 'failing';

export interface HealthResult {
  readonly state: HealthState;
  /** One honest sentence for the operator. */
  readonly detail: string;
}

export interface HealthCheck {
  readonly name: string;
  /** A rejection, or no answer within 2 s, counts as failing. */
  check(signal: AbortSignal): Promise<HealthResult>;
}

/** What a route of a role's own answers. */
export interface RouteAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: object;
}

/** Answers `GET` of one path. */
export type Route = (query: URLSearchParams) => RouteAnswer | Promise<RouteAnswer>;

export interface HealthServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Defaults to 127.0.0.1: nothing here is meant for the open network. */
  readonly host?: string;
}

export interface HealthServerDeps {
  readonly metrics: Pick<Metrics, 'expose'>;
  readonly checks: readonly HealthCheck[];
  readonly clock: Clock;
  /** What a role serves beside: by path, `/verdicts`. */
  readonly routes?: Readonly<Record<string, Route>>;
}

export interface HealthServer extends Service {
  /** The port it listens on; the configured one before the start. */
  readonly port: number;
}

const CHECK_TIMEOUT_MS = 2_000;

/**
 * `GET /livez`: the process answers. `GET /healthz`, `/readyz`: every check by name, state and detail; 503 when one is
 * failing. `GET /metrics`: Prometheus text; and what `routes` adds. Start throws `RemitError` PORT_TAKEN.
 */
export function createHealthServer(
  { port, host = '127.0.0.1' }: HealthServerOptions,
  { metrics, checks, clock, routes = {} }: HealthServerDeps,
): HealthServer {
  const startedAt = clock.now();
  const server = createServer((request, response) => {
    answer(request.method ?? '', new URL(request.url ?? '/', 'http://localhost'), response).catch((error: unknown) => {
      sendJson(response, 500, { error: messageOf(error) });
    });
  });

  async function answer(method: string, url: URL, response: ServerResponse): Promise<void> {
    const { pathname: path } = url;
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (method !== 'GET' && method !== 'HEAD') {
      sendJson(response, 405, { error: 'only GET and HEAD' });
    } else if (path === '/livez') {
      sendJson(response, 200, { state: 'ok', uptimeSeconds: Math.floor((clock.now() - startedAt) / 1_000) });
    } else if (path === '/healthz' || path === '/readyz') {
      const results = await Promise.all(checks.map(runCheck));
      const state = worstOf(results.map((result) => result.state));
      sendJson(response, state === 'failing' ? 503 : 200, { state, checks: results });
    } else if (path === '/metrics') {
      const { contentType, body } = await metrics.expose();
      response.writeHead(200, { 'content-type': contentType }).end(body);
    } else if (route) {
      const { status, body } = await route(url.searchParams);
      sendJson(response, status, body);
    } else {
      const paths = ['/livez', '/healthz', '/readyz', '/metrics', ...Object.keys(routes)];
      sendJson(response, 404, { error: `try ${paths.join(', ')}` });
    }
  }

  async function runCheck(healthCheck: HealthCheck): Promise<HealthResult & { readonly name: string }> {
    const { name } = healthCheck;
    try {
      const { state, detail } = await withTimeout(CHECK_TIMEOUT_MS, (signal) => healthCheck.check(signal), {
        clock,
        what: `check ${name}`,
      });
      return { name, state, detail };
    } catch (error) {
      return { name, state: 'failing', detail: messageOf(error) };
    }
  }

  return {
    name: 'health',
    get port() {
      const bound = server.address();
      return bound !== null && typeof bound === 'object' ? bound.port : port;
    },
    start: () =>
      new Promise<void>((resolve, reject) => {
        server.once('error', (cause: NodeJS.ErrnoException) => {
          reject(cause.code === 'EADDRINUSE' ? portTaken(host, port) : cause);
        });
        server.listen(port, host, resolve);
      }),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function portTaken(host: string, port: number): RemitError {
  return new RemitError({
    code: 'PORT_TAKEN',
    message: `${host}:${port} is used by another process`,
    fix: `stop that process (ss -ltnp 'sport = :${port}' names it), or choose another port; 0 takes any free one`,
    context: { host, port },
  });
}

function worstOf(states: readonly HealthState[]): HealthState {
  if (states.includes('failing')) return 'failing';
  return states.includes('degraded') ? 'degraded' : 'ok';
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(`${JSON.stringify(body)}\n`);
}
