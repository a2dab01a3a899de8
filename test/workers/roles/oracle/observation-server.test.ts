import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import {
  type Asked,
  createObservationServer,
  observationPath,
} from '../../../../workers/roles/oracle/observation-server.ts';
import type { ObservationKey } from '../../../../workers/store/report-guard.ts';
import { FEED, REQUEST, word } from '../../../support/sample-feed.ts';

const KEY: ObservationKey = { feedId: FEED, requestId: REQUEST, turn: 12n };
const SIGNED: Asked = { observation: { ...KEY, value: -(2n ** 127n) }, signature: `0x${'ab'.repeat(65)}` };

async function serve(answer: (key: ObservationKey, signal: AbortSignal) => Promise<Asked>, port = 0) {
  const server = createObservationServer({ host: '127.0.0.1', port }, { answer, logger: silentLogger });
  await server.start(new AbortController().signal);
  onTestFinished(() => server.stop());
  return server;
}

describe('the observation server', () => {
  it('serves what was signed, by the key that was asked', async () => {
    const asked: ObservationKey[] = [];
    const server = await serve(async (key) => {
      asked.push(key);
      return SIGNED;
    });
    const response = await fetch(server.url() + observationPath(KEY));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({ value: (-(2n ** 127n)).toString(), signature: `0x${'ab'.repeat(65)}` });
    expect(asked).toEqual([KEY]);
  });

  it('says whether to ask again: 404 no, 425 yes, 503 after a failure of ours', async () => {
    const answers: (() => Promise<Asked>)[] = [
      async () => 'none',
      async () => 'early',
      () => Promise.reject(new Error('no chain')),
    ];
    const server = await serve(() => answers.shift()!());
    const url = server.url() + observationPath(KEY);
    const said = [await fetch(url), await fetch(url), await fetch(url)];
    expect(said.map(({ status }) => status)).toEqual([404, 425, 503]);
    expect(said[1]?.headers.get('retry-after')).toBe('1');
    expect(await said[2]?.text()).toBe('');
  });

  it.each([
    '/',
    '/observations',
    `/observations/${word(1)}/${word(2)}`,
    `/observations/${word(1)}/${word(2)}/`,
    `/observations/${word(1)}/${word(2)}/-1`,
    `/observations/${word(1)}/${word(2)}/0x1`,
    `/observations/${word(1)}/${word(2)}/${'9'.repeat(20)}`,
    `/observations/${word(1)}/${word(2)}/1/2`,
    `/observations/${word(1)}/${word(2)}/1?x`,
    `/observations/${word(0xabc).replace('abc', 'ABC')}/${word(2)}/1`,
    `/observations/0x12/${word(2)}/1`,
    `/observations/..%2f..%2f${word(2)}/1`,
  ])('has nothing at %s', async (path) => {
    const server = await serve(() => Promise.reject(new Error('was asked')));
    expect((await fetch(server.url() + path)).status).toBe(404);
  });

  it.each(['POST', 'PUT', 'DELETE'])('has nothing for %s', async (method) => {
    const server = await serve(() => Promise.reject(new Error('was asked')));
    expect((await fetch(server.url() + observationPath(KEY), { method })).status).toBe(404);
  });

  it('refuses a port that is taken, with the setting to change', async () => {
    const server = await serve(async () => 'none');
    const { port } = new URL(server.url());
    await expect(serve(async () => 'none', Number(port))).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      fix: expect.stringContaining('REMIT_DATA_PORT') as string,
    });
  });

  it('stops although an answer is under way, and has no address afterwards', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<AbortSignal>();
    const server = await serve((_, signal) => {
      resolve(signal);
      return new Promise(() => undefined);
    });
    const asking = fetch(server.url() + observationPath(KEY));
    const ended = expect(asking).rejects.toThrow();
    const signal = await begun;
    await server.stop();
    await ended;
    expect(signal.aborted).toBe(true);
    expect(() => server.url()).toThrow('not running');
    await server.stop();
  });
});
