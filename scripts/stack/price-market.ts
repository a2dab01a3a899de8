import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRandom, type Random } from '../../models/credit-score/random.ts';
import type { Clock } from '../../workers/runtime/clock.ts';

/** One phase of a made-up market. */
export interface MarketPhase {
  /** How long it lasts, seconds; the last phase lasts for ever. */
  readonly seconds: number;
  /** Standard deviation of the price's relative move per second. */
  readonly volatility: number;
}

export interface MarketOptions {
  readonly seed: number;
  /** Dollars. */
  readonly start: number;
  readonly phases: readonly MarketPhase[];
  /** Share of the answers of each venue that are an error 503; 0 by default. */
  readonly failing?: Readonly<Partial<Record<VenueName, number>>>;
}

/** Made-up venues, each with another shape of answer. */
export type VenueName = 'alpha' | 'beta' | 'gamma' | 'delta';

/** A market of one asset that several venues quote over HTTP on the loopback interface. */
export interface PriceMarket {
  /** `127.0.0.1:<port>`: what a data node has to allow. */
  readonly host: string;
  /** The sources document for this market, `remit-sources/1`. */
  readonly document: Uint8Array;
  /** The middle price now, dollars. */
  price(): number;
  /** Jumps to the next phase now. */
  nextPhase(): void;
  /** Multiplies the price now, for all venues. */
  jump(factor: number): void;
  /** From now on a venue multiplies its quotes: 1 is honest. */
  distort(venue: VenueName, factor: number): void;
  /** From now on this share of a venue's answers is an error 503. */
  fail(venue: VenueName, share: number): void;
  stop(): Promise<void>;
}

/** A venue's quotes lie within this of the middle price, relatively. */
const SPREAD = 0.0001;
const DECIMALS = 8;

/**
 * Starts the venues. Prices follow a seeded walk in steps of one second of local time, so two runs see the same path, at
 * other moments.
 */
export async function startPriceMarket(
  { seed, start, phases, failing = {} }: MarketOptions,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): Promise<PriceMarket> {
  const random = createRandom(seed);
  const distorted = new Map<VenueName, number>();
  const failures = new Map(Object.entries(failing) as [VenueName, number][]);
  let phase = 0;
  let phaseBegan = clock.now();
  let stepped = clock.now();
  let middle = start;

  function price(): number {
    for (; clock.now() - stepped >= 1_000; stepped += 1_000) {
      const { seconds, volatility } = phases[phase] ?? { seconds: Infinity, volatility: 0 };
      middle *= 1 + volatility * random.normal();
      if (phase + 1 < phases.length && stepped - phaseBegan >= seconds * 1_000) nextPhase();
    }
    return middle;
  }

  function nextPhase(): void {
    phase = Math.min(phase + 1, phases.length - 1);
    phaseBegan = clock.now();
  }

  const quote = (venue: VenueName, noise: Random): string =>
    (price() * (distorted.get(venue) ?? 1) * (1 + SPREAD * (2 * noise.uniform() - 1))).toFixed(4);
  const noise = createRandom(seed + 1);
  const answers: Readonly<Record<VenueName, () => readonly [type: string, body: string]>> = {
    alpha: () => ['application/json', `{"price":"${quote('alpha', noise)}","currency":"USD"}`],
    beta: () => ['application/json', `{"error":[],"result":{"ETHUSD":{"c":["${quote('beta', noise)}","0.5"]}}}`],
    gamma: () => ['text/csv', `pair,last\nBTC/USD,64000.0\nETH/USD,${quote('gamma', noise)}\n`],
    delta: () => ['application/json', `{"data":{"amount":${quote('delta', noise)}}}`],
  };

  function respond(request: IncomingMessage, response: ServerResponse): void {
    const venue = (request.url ?? '').slice(1) as VenueName;
    if (!(venue in answers)) return void response.writeHead(404).end();
    if (noise.uniform() < (failures.get(venue) ?? 0)) return void response.writeHead(503).end('try again');
    const [type, body] = answers[venue]();
    response.writeHead(200, { 'content-type': type }).end(body);
  }

  const server = createServer(respond);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    document: documentOf(`http://${host}`),
    price,
    nextPhase,
    jump: (factor) => {
      middle = price() * factor;
    },
    distort: (venue, factor) => void distorted.set(venue, factor),
    fail: (venue, share) => void failures.set(venue, share),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function documentOf(base: string): Uint8Array {
  const document = {
    format: 'remit-sources/1',
    name: 'ETH / USD',
    decimals: DECIMALS,
    minimum: 2,
    outlierBps: 200,
    sources: [
      { name: 'alpha', url: `${base}/alpha`, json: '$.price' },
      { name: 'beta', url: `${base}/beta`, json: '$.result.ETHUSD.c[0]' },
      { name: 'gamma', url: `${base}/gamma`, csv: { column: 'last', row: { column: 'pair', equals: 'ETH/USD' } } },
      { name: 'delta', url: `${base}/delta`, json: '$.data.amount' },
    ],
  };
  return new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
}
