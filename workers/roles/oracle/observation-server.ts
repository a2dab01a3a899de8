import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DataRequestId, FeedId } from '../../protocol/ids.ts';
import { messageOf, RemitError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Service } from '../../runtime/service.ts';
import type { ObservationKey } from '../../store/report-guard.ts';
import type { SignedObservation } from './reporter.ts';

/** `none`: nothing was signed for this turn and nothing will be; `early`: ask again within the turn. */
export type Asked = SignedObservation | 'none' | 'early';

export interface ObservationServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ObservationServerDeps {
  /** What we signed for a turn; may sign it now, because a leader asks. */
  readonly answer: (key: ObservationKey, signal: AbortSignal) => Promise<Asked>;
  readonly logger: Logger;
}

const PATH = /^\/observations\/(0x[0-9a-f]{64})\/(0x[0-9a-f]{64})\/(\d{1,19})$/;
const MAX_CONNECTIONS = 256;
const TIMEOUT_MS = 10_000;

/** Where an observation is asked for. */
export function observationPath({ feedId, requestId, turn }: ObservationKey): string {
  return `/observations/${feedId}/${requestId}/${turn}`;
}

/**
 * Serves what we signed to the leaders of turns: `GET /observations/<feed>/<request>/<turn>` gives `{ value, signature }`, 425
 * while there is none yet, 404 when there will be none. Everything served is meant to become public.
 */
export function createObservationServer(
  { host, port }: ObservationServerOptions,
  { answer, logger }: ObservationServerDeps,
): Service & { url(): string } {
  let server: Server | undefined;
  const ending = new AbortController();

  async function respond(key: ObservationKey, response: ServerResponse): Promise<void> {
    const asked = await answer(key, AbortSignal.any([ending.signal, AbortSignal.timeout(TIMEOUT_MS)]));
    if (asked === 'none') return void response.writeHead(404).end();
    if (asked === 'early') return void response.writeHead(425, { 'retry-after': '1' }).end();
    const { observation, signature } = asked;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ value: observation.value.toString(), signature }));
  }

  return {
    name: 'observation-server',

    async start() {
      const started = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: 5_000 }, (request, response) => {
        const [, feedId, requestId, turn] = PATH.exec(request.url ?? '') ?? [];
        if (request.method !== 'GET' || feedId === undefined || requestId === undefined || turn === undefined) {
          return void response.writeHead(404).end();
        }
        const key = { feedId: feedId as FeedId, requestId: requestId as DataRequestId, turn: BigInt(turn) };
        respond(key, response).catch((error: unknown) => {
          logger.warn({ path: request.url?.slice(0, 200), why: messageOf(error) }, 'observation not served');
          response.writeHead(503).end();
        });
      });
      started.maxConnections = MAX_CONNECTIONS;
      await listen(started, host, port);
      server = started;
      logger.info({ url: urlOf(started, host) }, 'serving observations');
    },

    async stop() {
      ending.abort(new Error('shutting down'));
      const stopped = server;
      server = undefined;
      if (!stopped) return;
      await new Promise<void>((resolve) => {
        stopped.close(() => {
          resolve();
        });
        stopped.closeAllConnections();
      });
    },

    url() {
      if (!server) throw new Error('the observation server is not running');
      return urlOf(server, host);
    },
  };
}

function urlOf(server: Server, host: string): string {
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new RemitError({
          code: 'PORT_TAKEN',
          message: `observations cannot be served on ${host}:${port}: ${cause.message}`,
          fix: 'set REMIT_DATA_PORT to a free port, or to 0',
          context: { host, port },
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}
