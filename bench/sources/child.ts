// Asks every case of the corpus that its parent sends, and counts. A process of its own, so that its memory is its own.
import { isIP, connect as netConnect, type LookupFunction, type Socket } from 'node:net';

import { systemClock } from '../../workers/runtime/clock.ts';
import { codeOf, RemitError } from '../../workers/runtime/errors.ts';
import { createAddressRules } from '../../workers/sources/address-rules.ts';
import { createGuardedConnector, type Dial } from '../../workers/sources/guarded-connector.ts';
import { createSafeFetch } from '../../workers/sources/safe-fetch.ts';
import { createSources, type SourceReading } from '../../workers/sources/sources.ts';
import type { SourcesDocument } from '../../workers/sources/sources-document.ts';
import { DECIMALS } from './answers.ts';
import { PUBLIC, type SourceCase } from './corpus.ts';

export interface CorpusTask {
  readonly cases: readonly SourceCase[];
  readonly doorPort: number;
  readonly trapPort: number;
}

export interface CorpusResult {
  readonly cases: number;
  /** Connections to the one address that was allowed. */
  readonly connections: number;
  /** Connections to any other address; must be empty. */
  readonly elsewhere: readonly string[];
  /** Cases that ended in another way than they must, or too late. */
  readonly faults: readonly string[];
  readonly ends: Readonly<Record<string, number>>;
  /** The longest time that a case took beyond its limit; negative when all ended before it. */
  readonly latestMs: number;
  readonly rssBefore: number;
  readonly rssPeak: number;
}

const WORKERS = 8;
/** From a time limit to the end of the case, on a machine with other work; without a limit many would never end. */
const SLACK_MS = 10_000;

process.once('message', (task: CorpusTask) => {
  void run(task).then((result) => process.send?.(result, () => process.disconnect()));
});

async function run({ cases, doorPort, trapPort }: CorpusTask): Promise<CorpusResult> {
  const door = `127.0.0.1:${doorPort}`;
  const elsewhere: string[] = [];
  const faults: string[] = [];
  const ends: Record<string, number> = {};
  let connections = 0;
  let latestMs = -Infinity;
  const onConnect = (address: string, port: number): void => {
    if (`${address}:${port}` === door) connections++;
    else elsewhere.push(`${address}:${port}`);
  };

  const ask = async (one: SourceCase): Promise<string> => {
    const lookup = resolver(one.names ?? [['127.0.0.1']]);
    if (one.by === 'gate') return askGate(one, door, trapPort, lookup, onConnect);
    const fetch = createSafeFetch(
      { allow: [door], timeoutMs: one.timeoutMs },
      { lookup, onConnect, ...(one.names ? { dial: dialDoor(doorPort, elsewhere) } : {}) },
    );
    const document: SourcesDocument = {
      ...{ format: 'remit-sources/1', name: 'corpus', decimals: DECIMALS, minimum: 1, outlierBps: 1 },
      sources: [{ name: one.kind, url: one.url, json: '$.price' }],
    };
    try {
      return String((await createSources({}, { fetch, clock: systemClock }).observe(document)).value);
    } catch (failure) {
      const readings = failure instanceof RemitError ? (failure.context['sources'] as SourceReading[]) : [];
      return readings[0]?.reason ?? codeOf(failure);
    }
  };

  const check = async (one: SourceCase): Promise<void> => {
    const begun = performance.now();
    const end = await ask(one);
    const late = performance.now() - begun - one.timeoutMs;
    latestMs = Math.max(latestMs, late);
    const right = one.value === undefined ? one.codes?.includes(end) : end === one.value;
    const wanted = one.value ?? one.codes?.join(' or ') ?? '';
    if (right !== true || late > SLACK_MS) faults.push(`${one.kind} ${one.url.slice(0, 120)}: ${end}, not ${wanted}`);
    const key = one.value === undefined ? end : 'value';
    ends[key] = (ends[key] ?? 0) + 1;
  };

  // The first ones load what is loaded once.
  for (const one of cases.slice(-50)) await check(one);
  const rssBefore = process.memoryUsage.rss();
  let rssPeak = rssBefore;
  const rest = cases.slice(0, -50).values();
  const work = async (): Promise<void> => {
    for (const one of rest) {
      await check(one);
      rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return { cases: cases.length, connections, elsewhere, faults, ends, latestMs, rssBefore, rssPeak };
}

function resolver(answers: readonly (readonly string[])[]): LookupFunction {
  let asked = 0;
  return (_hostname, _options, callback) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    callback(
      null,
      answer.map((address) => ({ address, family: isIP(address) })),
    );
  };
}

/** The public internet as these tests have it: every public address is the door. */
function dialDoor(port: number, elsewhere: string[]): Dial {
  return (target) => {
    const socket: Socket = netConnect({
      host: 'door',
      port,
      autoSelectFamily: false,
      lookup: (_host, options, callback) => {
        target.lookup(target.host ?? '', { ...options, all: true }, (failure, found) => {
          const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
          if (!failure) elsewhere.push(...addresses.filter((address) => !PUBLIC.includes(address)));
          callback(failure, '127.0.0.1', 4);
        });
      },
    });
    // The connector waits for a handshake; the door has none.
    socket.once('connect', () => socket.emit('secureConnect'));
    return socket;
  };
}

async function askGate(
  { url, timeoutMs }: SourceCase,
  door: string,
  port: number,
  lookup: LookupFunction,
  onConnect: (address: string, port: number) => void,
): Promise<string> {
  const connect = createGuardedConnector({ rules: createAddressRules([door]), timeoutMs }, { lookup, onConnect });
  const hostname = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  const { promise, resolve } = Promise.withResolvers<string>();
  connect({ hostname, port: String(port), protocol: 'https:' }, (failure, socket) => {
    socket?.destroy();
    resolve(failure === null ? 'connected' : codeOf(failure));
  });
  return promise;
}
