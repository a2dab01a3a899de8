import { describe, expect, it } from 'vitest';

import { codeOf, type RemitError } from '../../../workers/runtime/errors.ts';
import { sourceError } from '../../../workers/sources/source-error.ts';
import { parseSourcesDocument, type SourcesDocument } from '../../../workers/sources/sources-document.ts';
import { createSources, type Sources } from '../../../workers/sources/sources.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const url = (n: number): string => `https://s${n}.example/`;

function documentOf(sources: readonly object[], changes: object = {}): SourcesDocument {
  const head = { format: 'remit-sources/1', name: 'ETH / USD', decimals: 2, minimum: 1, outlierBps: 300 };
  return parseSourcesDocument(Buffer.from(JSON.stringify({ ...head, sources, ...changes })));
}

/** A document with one source for each answer, and sources that answer so. */
function answering(answers: readonly string[], changes: object = {}): [Sources, SourcesDocument] {
  const sources = createSources(
    {},
    {
      fetch: async (asked) => Buffer.from(answers.find((_answer, n) => url(n) === asked) ?? ''),
      clock: new ManualClock(),
    },
  );
  return [
    sources,
    documentOf(
      answers.map((_a, n) => ({ name: `s${n}`, url: url(n), json: '$.p' })),
      changes,
    ),
  ];
}

describe('own median', () => {
  it('drops what fails and what lies far off', async () => {
    const [sources, document] = answering(['{"p":"100"}', '{"p":101}', '{"p":500}', 'broken'], { minimum: 2 });
    const { value, sources: readings } = await sources.observe(document);
    expect(value).toBe(10_000n);
    expect(readings.map(({ name, value, reason }) => [name, value, reason])).toEqual([
      ['s0', 10_000n, undefined],
      ['s1', 10_100n, undefined],
      ['s2', 50_000n, 'OUTLIER'],
      ['s3', undefined, 'SOURCE_MALFORMED'],
    ]);
  });

  it('is the middle value, or the lower of two', async () => {
    const [odd, three] = answering(['{"p":102}', '{"p":100}', '{"p":101}']);
    expect((await odd.observe(three)).value).toBe(10_100n);
    const [even, two] = answering(['{"p":101}', '{"p":100}']);
    expect((await even.observe(two)).value).toBe(10_000n);
    const [below, negative] = answering(['{"p":-101}', '{"p":-100}']);
    expect((await below.observe(negative)).value).toBe(-10_100n);
  });

  it('keeps a value at exactly the outlier limit and drops the next', async () => {
    const [sources, document] = answering(['{"p":100}', '{"p":100}', '{"p":103}', '{"p":103.01}']);
    expect((await sources.observe(document)).sources.map(({ reason }) => reason)).toEqual([
      ...[undefined, undefined, undefined, 'OUTLIER'],
    ]);
  });

  it('SOURCES_TOO_FEW, SOURCES_DISAGREE: fewer than the minimum answer, or agree; each with its reason', async () => {
    const answers = ['{"p":100}', '{"p":200}', '{}'];
    const [few, three] = answering(answers, { minimum: 3 });
    const failure: unknown = await few.observe(three).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'SOURCES_TOO_FEW', retryable: true });
    expect((failure as RemitError).message).toContain('s2: SOURCE_NO_VALUE');
    const [split, two] = answering(answers, { minimum: 2 });
    await expect(split.observe(two)).rejects.toMatchObject({ code: 'SOURCES_DISAGREE' });
  });
});

describe('what is made of a value', () => {
  const read = async (changes: object, answer = '{"p":"8"}'): Promise<bigint | string> => {
    const sources = createSources({}, { fetch: async () => Buffer.from(answer), clock: new ManualClock() });
    const document = documentOf([{ name: 'x', url: url(0), json: '$.p', ...changes }], { decimals: 4 });
    return sources.observe(document).then(
      ({ value }) => value,
      (failure: unknown) => (failure as RemitError).message,
    );
  };

  it('inverts, multiplies, divides, and rounds once at the end', async () => {
    expect(await read({ invert: true })).toBe(1_250n);
    expect(await read({ multiply: '0.01' })).toBe(800n);
    expect(await read({ divide: '3' })).toBe(26_667n);
    // 3 × 1/8 ÷ 7 = 0.053571…; and a third of 8, rounded too early, would not come back as 8.
    expect(await read({ invert: true, multiply: '3', divide: '7' })).toBe(536n);
    expect(await read({ divide: '3', multiply: '3' })).toBe(80_000n);
    expect(await read({ invert: true }, '{"p":0}')).toContain('SOURCE_NO_VALUE');
  });

  it('takes a cell of a table', async () => {
    const csv = { json: undefined, csv: { column: 'close', row: 'last' } };
    expect(await read(csv, 'day,close\na,1.5\nb, 2.5 \n')).toBe(25_000n);
  });
});

describe('asking', () => {
  it('asks a URL once for all feeds that want it within a second', async () => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const fetch = async (address: string): Promise<Buffer> => {
      asked.push(address);
      return Buffer.from('{"p":1,"q":2}');
    };
    const sources = createSources({ cacheMs: 1_000 }, { fetch, clock });
    const [one, other] = ['$.p', '$.q'].map((json) => documentOf([{ name: 'x', url: url(0), json }]));
    const seen = await Promise.all([sources.observe(one!), sources.observe(other!)]);
    expect(seen.map(({ value }) => value)).toEqual([100n, 200n]);
    expect(asked).toHaveLength(1);
    await clock.advance(1_000);
    await sources.observe(one!);
    expect(asked).toHaveLength(2);
  });

  it('gives up with the reason of the signal and leaves the request to the others', async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const sources = createSources({}, { fetch: () => promise, clock: new ManualClock() });
    const document = documentOf([{ name: 'x', url: url(0), json: '$.p' }]);
    const stop = new AbortController();
    const [stopped, kept] = [sources.observe(document, stop.signal), sources.observe(document)];
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    resolve(Buffer.from('{"p":1}'));
    expect((await kept).value).toBe(100n);
    await expect(sources.observe(document, stop.signal)).rejects.toThrow('enough');
  });

  it('names the code of a source that cannot be reached', async () => {
    const fetch = async (): Promise<never> => {
      throw sourceError('SOURCE_UNREACHABLE', 'gone');
    };
    const observed = createSources({}, { fetch, clock: new ManualClock() }).observe(
      documentOf([{ preset: 'kraken', base: 'ETH', quote: 'USD' }]),
    );
    const failure: unknown = await observed.catch((thrown: unknown) => thrown);
    expect(codeOf(failure)).toBe('SOURCES_TOO_FEW');
    expect((failure as RemitError).context['sources']).toEqual([
      { name: 'kraken', reason: 'SOURCE_UNREACHABLE', detail: 'gone' },
    ]);
  });
});
