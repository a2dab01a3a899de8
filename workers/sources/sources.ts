import { codeOf, messageOf } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { invert, multiply, parseExact, scaleExact } from './exact-decimal.ts';
import { numberFromCsv, numberFromJson, textOf } from './extraction.ts';
import { PRESETS } from './presets.ts';
import type { SafeFetch } from './safe-fetch.ts';
import { sourceError } from './source-error.ts';
import type { Source, SourcesDocument } from './sources-document.ts';

/** What became of one source: its value, or why there is none. */
export interface SourceReading {
  readonly name: string;
  readonly value?: bigint;
  /** An error code, or `OUTLIER`; absent when the value was used. */
  readonly reason?: string;
  readonly detail?: string;
}

export interface SourcesObservation {
  /** Scaled by the document's decimals. */
  readonly value: bigint;
  readonly sources: readonly SourceReading[];
}

export interface Sources {
  /**
   * Asks every source at once and takes the median of those that agree; of an even number the lower middle one, so that
   * the answer is always a value that some source gave.
   *
   * @throws RemitError SOURCES_TOO_FEW, SOURCES_DISAGREE with each source's reason; the signal's reason when aborted
   */
  observe(document: SourcesDocument, signal?: AbortSignal): Promise<SourcesObservation>;
}

export interface SourcesOptions {
  /** How long an answer serves other feeds that ask the same URL. */
  readonly cacheMs?: number;
}

export function createSources(
  { cacheMs = 1_000 }: SourcesOptions,
  { fetch, clock }: { readonly fetch: SafeFetch; readonly clock: Pick<Clock, 'now'> },
): Sources {
  const cache = new Map<string, { readonly at: number; readonly body: Promise<Buffer> }>();

  // One caller's abort must not fail another's feed, so the shared request runs to its own time limit.
  const ask = (url: string): Promise<Buffer> => {
    const now = clock.now();
    for (const [key, { at }] of cache) if (now - at >= cacheMs) cache.delete(key);
    const known = cache.get(url);
    if (known !== undefined) return known.body;
    const body = fetch(url);
    cache.set(url, { at: now, body });
    return body;
  };

  const read = async (source: Source, decimals: number): Promise<SourceReading> => {
    const name = nameOf(source);
    try {
      return { name, value: valueOf(source, textOf(await ask(urlOf(source))), decimals) };
    } catch (failure) {
      return { name, reason: codeOf(failure), detail: messageOf(failure) };
    }
  };

  return {
    observe: async (document, signal) => {
      signal?.throwIfAborted();
      const all = Promise.all(document.sources.map((source) => read(source, document.decimals)));
      return combine(document, await untilAborted(all, signal));
    },
  };
}

/** The lower median. The list is not empty. */
function lowerMedian(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[(sorted.length - 1) >> 1] ?? 0n;
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** @throws RemitError SOURCES_TOO_FEW, SOURCES_DISAGREE */
function combine(document: SourcesDocument, readings: readonly SourceReading[]): SourcesObservation {
  const values = readings.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const { minimum, outlierBps, name } = document;
  if (values.length < minimum)
    throw sourceError('SOURCES_TOO_FEW', `${name}: ${values.length} of ${minimum} answered; ${list(readings)}`, {
      sources: readings,
    });
  const middle = lowerMedian(values);
  const agrees = (value: bigint): boolean => size(value - middle) * 10_000n <= size(middle) * BigInt(outlierBps);
  const sources = readings.map((reading) =>
    reading.value === undefined || agrees(reading.value) ? reading : { ...reading, reason: 'OUTLIER' },
  );
  const kept = values.filter(agrees);
  if (kept.length < minimum)
    throw sourceError('SOURCES_DISAGREE', `${name}: ${kept.length} of ${minimum} agree; ${list(sources)}`, { sources });
  return { value: lowerMedian(kept), sources };
}

function valueOf(source: Source, text: string, decimals: number): bigint {
  const written =
    'csv' in source
      ? numberFromCsv(text, source.csv)
      : numberFromJson(text, 'json' in source ? source.json : PRESETS[source.preset].json);
  let exact = parseExact(written.trim());
  if (source.invert === true) exact = invert(exact);
  if (source.multiply !== undefined) exact = multiply(exact, parseExact(source.multiply));
  if (source.divide !== undefined) exact = multiply(exact, invert(parseExact(source.divide)));
  return scaleExact(exact, decimals);
}

const nameOf = (source: Source): string => ('preset' in source ? source.preset : source.name);
const urlOf = (source: Source): string =>
  'preset' in source ? PRESETS[source.preset].url(source.base, source.quote) : source.url;
const list = (readings: readonly SourceReading[]): string =>
  readings
    .map(({ name, value, reason }) => `${name}: ${[value, reason].filter((x) => x !== undefined).join(' ')}`)
    .join(', ');

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
