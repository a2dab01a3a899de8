import { percentile } from '../../scripts/demo/wording.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import { prepareRequests, type RequestOptions } from './requests.ts';

/** Milliseconds of one part of the way, over all jobs. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
}

/** From the message that the listener makes of the event to the signed attestation, which is published at once. */
export interface OneByOne {
  readonly eventToAttestation: Spread;
  /** The same without the time that the model took. */
  readonly overhead: Spread;
  readonly parts: Readonly<Record<(typeof PARTS)[number], Spread>>;
}

const PARTS = ['queue to executor', 'executor, queue to submitter', 'submitter'] as const;
const LIMIT_MS = 20_000;

/** Requests one job after the other, each when the one before is attested: no job waits for another. */
export async function oneByOne(options: RequestOptions, stack: Stack): Promise<OneByOne> {
  const { sender, log } = stack;
  const rows: { readonly total: number; readonly overhead: number; readonly parts: readonly number[] }[] = [];
  for (const intent of await prepareRequests(options, stack)) {
    const before = log.lines.length;
    await sender.send([intent]);
    const attested = await log.waitFor(
      (line) => line.message === 'job attested' && log.lines.indexOf(line, before) >= before,
      { what: 'an attestation', deadlineMs: LIMIT_MS },
    );
    const { timings } = attested.fields as { readonly timings: Readonly<Record<string, number>> };
    const at = ['seenAtMs', 'startedAtMs', 'submitStartedAtMs', 'sentAtMs'].map((moment) => timings[moment] ?? NaN);
    const total = (at.at(-1) ?? NaN) - (at[0] ?? NaN);
    const parts = PARTS.map((_, part) => (at[part + 1] ?? NaN) - (at[part] ?? NaN));
    rows.push({ total, overhead: total - (timings['workMs'] ?? NaN), parts });
  }
  const spread = (values: readonly number[]): Spread => ({
    p50: Number(percentile(values, 0.5).toFixed(1)),
    p95: Number(percentile(values, 0.95).toFixed(1)),
  });
  return {
    eventToAttestation: spread(rows.map(({ total }) => total)),
    overhead: spread(rows.map(({ overhead }) => overhead)),
    parts: Object.fromEntries(
      PARTS.map((name, part) => [name, spread(rows.map(({ parts }) => parts[part] ?? NaN))]),
    ) as OneByOne['parts'],
  };
}
