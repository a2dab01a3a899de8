import type { Metrics } from '../runtime/metrics.ts';

/** How one run of a message ended. `released` and `later` put it back without using up an attempt. */
export type RunOutcome = 'done' | 'later' | 'released' | 'failed' | 'refused';

export interface ConsumerMetrics {
  ran(outcome: RunOutcome, ms: number): void;
  /** Alarm: nobody will try this message again. */
  dead(code: string): void;
  stalled(): void;
  redisError(): void;
  paused(): void;
}

export function createConsumerMetrics(queue: string, metrics: Metrics): ConsumerMetrics {
  const runs = metrics.counter({
    name: 'message_runs_total',
    help: 'Runs of messages by how they ended.',
    labels: ['queue', 'outcome'],
  });
  const seconds = metrics.histogram({
    name: 'message_run_seconds',
    help: 'How long a run took.',
    labels: ['queue', 'outcome'],
  });
  const dead = metrics.counter({
    name: 'messages_dead_total',
    help: 'Messages given up. Should stay 0.',
    labels: ['queue', 'code'],
  });
  const stalled = metrics.counter({
    name: 'messages_stalled_total',
    help: 'Messages taken back from dead consumers.',
    labels: ['queue'],
  });
  const errors = metrics.counter({
    name: 'queue_errors_total',
    help: 'Errors between consumer and Redis.',
    labels: ['queue'],
  });
  const pauses = metrics.counter({
    name: 'queue_pauses_total',
    help: 'Pauses because Redis refused work.',
    labels: ['queue'],
  });
  return {
    ran: (outcome, ms) => {
      runs.inc({ queue, outcome });
      seconds.observe(ms / 1_000, { queue, outcome });
    },
    dead: (code) => {
      dead.inc({ queue, code });
    },
    stalled: () => {
      stalled.inc({ queue });
    },
    redisError: () => {
      errors.inc({ queue });
    },
    paused: () => {
      pauses.inc({ queue });
    },
  };
}
