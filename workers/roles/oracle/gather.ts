import * as z from 'zod';
import type { Address } from '../../protocol/ids.ts';
import { recoverReporter, type Report, reportOf } from '../../protocol/observation.ts';
import type { SigningDomain } from '../../protocol/typed-data.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withTimeout } from '../../runtime/abort.ts';
import type { ObservationKey } from '../../store/report-guard.ts';
import type { OracleMetrics } from './metrics.ts';
import { observationPath } from './observation-server.ts';

/** Asks the other data nodes for what they signed. */
export interface Gatherer {
  /**
   * Reports of `seats` (by reporter) for this turn, verified; whoever does not answer, or with something else, is left out.
   * Asks no peer again that has answered for this turn.
   *
   * @param withinMs the most that all of them together may take; who is slower is asked again in the next look
   */
  gather(
    key: ObservationKey,
    seats: ReadonlyMap<Address, number>,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<readonly Report[]>;
}

export interface GathererOptions {
  readonly peers: readonly string[];
  readonly domain: SigningDomain;
  /** Longest time that a peer may take, milliseconds. */
  readonly timeoutMs: number;
}

export interface GathererDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly metrics: Pick<OracleMetrics, 'peer'>;
}

const BYTES_MAX = 2_048;
/** Subjects whose newest turn is in memory: questions come and go without end. */
const SUBJECTS_MAX = 1_024;
const answerSchema = z.object({
  value: z.string().regex(/^-?\d{1,39}$/),
  signature: z.string().regex(/^0x[0-9a-f]{130}$/),
});

export function createGatherer(
  { peers, domain, timeoutMs }: GathererOptions,
  { fetch, clock, metrics }: GathererDeps,
): Gatherer {
  /** Peers that have answered, for the newest turn of each subject. */
  const answered = new Map<string, { turn: bigint; reports: Map<string, Report> }>();

  async function ask(
    peer: string,
    key: ObservationKey,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    return withTimeout(
      Math.min(timeoutMs, withinMs),
      async (ends) => {
        const response = await fetch(new URL(observationPath(key), peer), {
          signal: AbortSignal.any([ends, signal]),
          redirect: 'error',
        });
        if (!response.ok) {
          await response.body?.cancel();
          return undefined;
        }
        return readText(response);
      },
      { clock, what: `an observation of ${peer}` },
    );
  }

  async function reportFrom(
    peer: string,
    key: ObservationKey,
    seats: ReadonlyMap<Address, number>,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<Report | undefined> {
    let text: string | undefined;
    try {
      text = await ask(peer, key, withinMs, signal);
    } catch {
      signal.throwIfAborted();
      metrics.peer('failed');
      return undefined;
    }
    if (text === undefined) {
      metrics.peer('none');
      return undefined;
    }
    const report = reportIn(text, key, seats);
    metrics.peer(report ? 'report' : 'wrong');
    return report;
  }

  function reportIn(text: string, key: ObservationKey, seats: ReadonlyMap<Address, number>): Report | undefined {
    const parsed = answerSchema.safeParse(jsonIn(text));
    if (!parsed.success) return undefined;
    const value = BigInt(parsed.data.value);
    const reporter = recoverReporter({ ...key, value }, parsed.data.signature, domain);
    const seat = reporter && seats.get(reporter);
    return seat === undefined ? undefined : reportOf(seat, value, parsed.data.signature);
  }

  return {
    async gather(key, seats, withinMs, signal) {
      const subject = `${key.feedId}/${key.requestId}`;
      const known = answered.get(subject);
      const mine = known?.turn === key.turn ? known : { turn: key.turn, reports: new Map<string, Report>() };
      answered.delete(subject);
      answered.set(subject, mine);
      for (const oldest of answered.keys()) {
        if (answered.size <= SUBJECTS_MAX) break;
        answered.delete(oldest);
      }
      await Promise.all(
        peers
          .filter((peer) => !mine.reports.has(peer))
          .map(async (peer) => {
            const report = await reportFrom(peer, key, seats, withinMs, signal);
            if (report) mine.reports.set(peer, report);
          }),
      );
      // Two peers may serve one seat, and a seat may have lost its place since.
      const counting = new Set(seats.values());
      const bySeat = new Map([...mine.reports.values()].map((report) => [report.seat, report]));
      return [...bySeat.values()].filter(({ seat }) => counting.has(seat));
    },
  };
}

async function readText(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > BYTES_MAX) throw new RangeError('an observation is smaller');
  }
  return text;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
