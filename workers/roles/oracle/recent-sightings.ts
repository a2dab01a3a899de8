import { createHash } from 'node:crypto';
import type { SourcesObservation } from '../../sources/sources.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Sightings } from './ports.ts';

export interface RecentSightingsOptions {
  /** Milliseconds for which a look at the sources, or its failure, stands for a new one. */
  readonly maxAgeMs: number;
}

export interface RecentSightingsDeps {
  readonly sightings: Sightings;
  readonly clock: Pick<Clock, 'now'>;
}

/** Subjects remembered; the oldest look goes first. */
const REMEMBERED = 256;

/**
 * Asks the sources at most once in a while for each document. Anybody may ask a data node about the turn of now, and anybody
 * may put an address into a question: neither may decide how often a source hears from us.
 */
export function createRecentSightings(
  { maxAgeMs }: RecentSightingsOptions,
  { sightings, clock }: RecentSightingsDeps,
): Sightings {
  const looks = new Map<string, { readonly at: number; readonly seen: Promise<SourcesObservation> }>();

  function recent(key: string, look: () => Promise<SourcesObservation>): Promise<SourcesObservation> {
    const known = looks.get(key);
    if (known && clock.now() - known.at < maxAgeMs) return known.seen;
    const seen = look();
    looks.delete(key);
    looks.set(key, { at: clock.now(), seen });
    for (const oldest of looks.keys()) {
      if (looks.size <= REMEMBERED) break;
      looks.delete(oldest);
    }
    return seen;
  }

  return {
    ofFeed: (digest, signal) => recent(digest, () => sightings.ofFeed(digest, signal)),
    ofSpec: (spec, decimals, signal) =>
      recent(`${createHash('sha256').update(spec).digest('hex')}/${decimals}`, () =>
        sightings.ofSpec(spec, decimals, signal),
      ),
  };
}
