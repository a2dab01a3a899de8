import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Wallet } from 'ethers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Address } from '../../../../workers/protocol/ids.ts';
import { observationTypedData } from '../../../../workers/protocol/observation.ts';
import { createGatherer } from '../../../../workers/roles/oracle/gather.ts';
import { observationPath } from '../../../../workers/roles/oracle/observation-server.ts';
import type { ObservationKey } from '../../../../workers/store/report-guard.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FEED, FEED_DOMAIN, ROUNDS, word } from '../../../support/sample-feed.ts';
import { until } from '../../../support/until.ts';

const keys = [1, 2, 3, 4].map((n) => new Wallet(word(n)));
/** Seat 0 is ours; seat 9 is nobody's. */
const seats = new Map(keys.slice(1).map(({ address }, i) => [address as Address, i + 1]));
const key = (turn = 5n): ObservationKey => ({ feedId: FEED, requestId: ROUNDS, turn });
const { signal } = new AbortController();

async function answerOf(seat: number, value: bigint, of: Partial<ObservationKey> = {}, domain = FEED_DOMAIN) {
  const data = observationTypedData({ ...key(), ...of, value }, domain);
  const signature = await keys[seat]!.signTypedData(data.domain, data.types, data.value);
  return JSON.stringify({ value: value.toString(), signature });
}

async function peer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const says = (body: string, status = 200): Promise<string> =>
  peer((_, response) => void response.writeHead(status).end(body));

/** Time stands still unless a test moves it: nobody is given up because this machine has other work. */
function gathererOf(peers: readonly string[], timeoutMs = 2_000) {
  const results: string[] = [];
  const clock = new ManualClock();
  const gatherer = createGatherer(
    { peers, domain: FEED_DOMAIN, timeoutMs },
    { fetch: globalThis.fetch, clock, metrics: { peer: (result) => results.push(result) } },
  );
  const gather = async (of = key(), known = seats, withinMs = 2_000) =>
    (await gatherer.gather(of, known, withinMs, signal)).map(({ seat, value }) => ({ seat, value }));
  return { gather, results, clock };
}

describe('gathering', () => {
  it('asks every peer by the path that they serve, and takes what their seats signed', async () => {
    const asked: (string | undefined)[] = [];
    const peers = await Promise.all(
      [1, 2, 3].map(async (seat) => {
        const body = await answerOf(seat, BigInt(100 * seat));
        return peer((request, response) => {
          asked.push(request.url);
          response.end(body);
        });
      }),
    );
    const { gather } = gathererOf(peers);
    expect(await gather()).toEqual([1, 2, 3].map((seat) => ({ seat, value: BigInt(100 * seat) })));
    expect(asked).toEqual(Array(3).fill(observationPath(key())));
    // Nobody is asked twice for what he gave, and everybody again for the next turn.
    await gather();
    expect(asked).toHaveLength(3);
    expect(await gather(key(6n))).toEqual([]);
    expect(asked.slice(3)).toEqual(Array(3).fill(observationPath(key(6n))));
  });

  it('asks those again that had nothing, and counts what came', async () => {
    const body = await answerOf(1, 7n);
    let ready = false;
    const late = await peer((_, response) => void response.writeHead(ready ? 200 : 425).end(ready ? body : ''));
    const { gather, results } = gathererOf([late]);
    expect(await gather()).toEqual([]);
    ready = true;
    expect(await gather()).toEqual([{ seat: 1, value: 7n }]);
    expect(results).toEqual(['none', 'report']);
  });

  it.each<[string, () => Promise<string>]>([
    ['another turn', () => answerOf(1, 7n, { turn: 4n })],
    ['another feed', () => answerOf(1, 7n, { feedId: word(3) as never })],
    ['another registry', () => answerOf(1, 7n, {}, { ...FEED_DOMAIN, verifyingContract: keys[0]!.address as Address })],
    ['another chain', () => answerOf(1, 7n, {}, { ...FEED_DOMAIN, chainId: 1n })],
    ['a key without a seat', () => answerOf(0, 7n)],
    ['another value', async () => (await answerOf(1, 7n)).replace('"7"', '"8"')],
    ['a value beyond int128', async () => (await answerOf(1, 7n)).replace('"7"', `"${2n ** 127n}"`)],
    ['a number', async () => (await answerOf(1, 7n)).replace('"7"', '7')],
    ['a value that is none', async () => (await answerOf(1, 7n)).replace('"7"', '"1e3"')],
    ['a short signature', async () => (await answerOf(1, 7n)).replace(/.."}$/, '"}')],
    ['a signature of zeros', async () => JSON.stringify({ value: '7', signature: `0x${'00'.repeat(65)}` })],
    ['a signature with a high s', async () => highS(await answerOf(1, 7n))],
    ['no JSON', async () => '<html>'],
    ['nothing', async () => ''],
    ['null', async () => 'null'],
    ['a list', async () => '[]'],
  ])('leaves out a peer that serves %s', async (_, body) => {
    const good = await says(await answerOf(2, 9n));
    const { gather, results } = gathererOf([await says(await body()), good]);
    expect(await gather()).toEqual([{ seat: 2, value: 9n }]);
    expect(results.toSorted()).toEqual(['report', 'wrong']);
  });

  it.each<[string, RequestListener, string]>([
    ['too much', (_, response) => void response.end('x'.repeat(1_000_000)), 'failed'],
    ['without end', (_, response) => flood(response), 'failed'],
    ['by ending the connection', (request) => void request.socket.destroy(), 'failed'],
    ['elsewhere', (_, response) => void response.writeHead(302, { location: '/there' }).end(), 'failed'],
    ['404', (_, response) => void response.writeHead(404).end('{}'), 'none'],
    ['503', (_, response) => void response.writeHead(503).end(), 'none'],
  ])('does not wait for a peer that answers %s', async (_, listener, result) => {
    const good = await says(await answerOf(2, 9n));
    const { gather, results } = gathererOf([await peer(listener), good]);
    expect(await gather()).toEqual([{ seat: 2, value: 9n }]);
    expect(results.toSorted()).toEqual([result, 'report'].sort());
  });

  it.each<[string, RequestListener, string, number, number]>([
    ['never', () => undefined, 'his own time', 300, 20_000],
    ['half of it', (_, response) => void response.write('{"value":'), 'his own time', 300, 20_000],
    ['never', () => undefined, 'a short turn', 20_000, 300],
  ])('waits for a peer that answers %s no longer than %s', async (_, listener, _what, timeoutMs, withinMs) => {
    const good = await says(await answerOf(2, 9n));
    const { gather, results, clock } = gathererOf([await peer(listener), good], timeoutMs);
    const gathering = gather(key(), seats, withinMs);
    await until(() => results.length > 0);
    expect(results).toEqual(['report']);
    await clock.advance(299);
    expect(results).toEqual(['report']);
    await clock.advance(1);
    expect(await gathering).toEqual([{ seat: 2, value: 9n }]);
    expect(results).toEqual(['report', 'failed']);
  });

  it('follows no redirect, not even to the right answer', async () => {
    const good = await says(await answerOf(1, 9n));
    const sends = await peer((_, response) => void response.writeHead(307, { location: good }).end());
    expect(await gathererOf([sends]).gather()).toEqual([]);
  });

  it('counts a seat once, whoever serves it', async () => {
    const one = await says(await answerOf(1, 7n));
    const copy = await says(await answerOf(1, 7n));
    const liar = await says(await answerOf(1, 8n));
    const { gather } = gathererOf([one, copy, liar]);
    expect((await gather()).map(({ seat }) => seat)).toEqual([1]);
  });

  it('remembers the newest subjects only: a question is asked about again after a thousand others', async () => {
    const asked: string[] = [];
    const body = await answerOf(1, 7n);
    const gatherer = createGatherer(
      { peers: ['http://peer.example'], domain: FEED_DOMAIN, timeoutMs: 2_000 },
      {
        fetch: async (url) => {
          const path = url instanceof URL ? url.pathname : '';
          asked.push(path);
          return path === observationPath(key()) ? new Response(body) : new Response(null, { status: 404 });
        },
        clock: new ManualClock(),
        metrics: { peer: () => undefined },
      },
    );
    const ask = (of: ObservationKey) => gatherer.gather(of, seats, 2_000, signal);
    await ask(key());
    await ask(key());
    expect(asked).toHaveLength(1);
    for (let n = 1; n <= 1_024; n += 1) await ask({ ...key(), requestId: word(n) as never });
    await ask(key());
    expect(asked.filter((url) => url === observationPath(key()))).toHaveLength(2);
  });

  it('leaves out a seat that no longer counts', async () => {
    const { gather } = gathererOf([await says(await answerOf(1, 7n)), await says(await answerOf(2, 8n))]);
    expect(await gather()).toHaveLength(2);
    expect(await gather(key(), new Map([...seats].slice(1)))).toEqual([{ seat: 2, value: 8n }]);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const { promise: asked, resolve } = Promise.withResolvers<undefined>();
    const silent = await peer(() => {
      resolve(undefined);
    });
    const gatherer = createGatherer(
      { peers: [silent], domain: FEED_DOMAIN, timeoutMs: 60_000 },
      { fetch: globalThis.fetch, clock: new ManualClock(), metrics: { peer: () => undefined } },
    );
    const gathering = gatherer.gather(key(), seats, 60_000, stop.signal);
    await asked;
    stop.abort(new Error('shutting down'));
    await expect(gathering).rejects.toThrow('shutting down');
  });
});

function flood(response: Parameters<RequestListener>[1]): void {
  const more = (): void => {
    if (response.destroyed) return;
    response.write('x'.repeat(16_384), () => setImmediate(more));
  };
  more();
}

/** The same signature with the other `s`: valid mathematics, which no contract of ours takes. */
function highS(body: string): string {
  const { value, signature } = JSON.parse(body) as { value: string; signature: string };
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith('1b') ? '1c' : '1b';
  return JSON.stringify({ value, signature: `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` });
}
