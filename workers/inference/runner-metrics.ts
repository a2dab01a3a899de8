import type { Metrics } from '../runtime/metrics.ts';
import type { RunnerMetrics } from './model-runner.ts';

/** What a role exposes about its engine. */
export function createRunnerMetrics(metrics: Metrics): RunnerMetrics {
  const rows = metrics.counter({
    name: 'model_rows_total',
    help: 'Inputs that the engine ran.',
    labels: ['provider'],
  });
  const seconds = metrics.histogram({
    name: 'model_run_seconds',
    help: 'Time inside the engine for one batch.',
    labels: ['provider'],
  });
  const ends = metrics.counter({
    name: 'model_children_ended_total',
    help: 'Children of the engine that ended, by why.',
    labels: ['reason'],
  });
  return {
    ran(facts) {
      rows.inc({ provider: facts.provider }, facts.rows);
      seconds.observe(facts.runMs / 1_000, { provider: facts.provider });
    },
    childEnded: (reason) => ends.inc({ reason }),
  };
}
