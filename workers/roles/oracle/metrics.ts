import type { Metrics } from '../../runtime/metrics.ts';

export interface OracleMetrics {
  /** What a look came to. */
  stepped(step: string): void;
  signed(kind: 'feed' | 'request'): void;
  handedOver(kind: 'feed' | 'request', reports: number): void;
  /** How one source fared. */
  source(result: 'value' | 'refused'): void;
  peer(result: 'report' | 'none' | 'wrong' | 'failed'): void;
  /** Seconds since the last round of a feed. */
  age(feed: string, seconds: number): void;
  /** Whether our key has a seat on the feed's committee. */
  seated(feed: string, isSeated: boolean): void;
}

export function createOracleMetrics(metrics: Metrics): OracleMetrics {
  const steps = metrics.counter({
    name: 'looks_total',
    help: 'Looks at a feed or question by what they came to.',
    labels: ['step'],
  });
  const signed = metrics.counter({ name: 'observations_total', help: 'Observations signed.', labels: ['kind'] });
  const rounds = metrics.counter({
    name: 'rounds_led_total',
    help: 'Rounds and answers that were handed to the submitter.',
    labels: ['kind'],
  });
  const sources = metrics.counter({
    name: 'source_reads_total',
    help: 'Reads of a source by result. Alarm when few give a value.',
    labels: ['result'],
  });
  const peers = metrics.counter({
    name: 'peer_answers_total',
    help: 'Observations asked of peers by what came back. Alarm on wrong.',
    labels: ['result'],
  });
  const age = metrics.gauge({
    name: 'feed_age_seconds',
    help: 'Chain time since the last accepted round. Alarm near the heartbeat.',
    labels: ['feed'],
  });
  const seats = metrics.gauge({
    name: 'feed_seats',
    help: 'Seats of our key on the committee, one or none; with none nothing is signed for the feed. Alarm on 0.',
    labels: ['feed'],
  });
  return {
    stepped: (step) => steps.inc({ step }),
    signed: (kind) => signed.inc({ kind }),
    handedOver: (kind) => rounds.inc({ kind }),
    source: (result) => sources.inc({ result }),
    peer: (result) => peers.inc({ result }),
    age: (feed, seconds) => age.set(seconds, { feed }),
    seated: (feed, isSeated) => seats.set(isSeated ? 1 : 0, { feed }),
  };
}
