import type { Metrics } from '../../runtime/metrics.ts';

export interface ExecutorMetrics {
  answered(timingsMs: Readonly<Record<string, number>>): void;
  /** `reason` is an expected one, or the code of the error that ended the job here. */
  ended(outcome: 'skipped' | 'refused', reason: string): void;
}

export function createExecutorMetrics(metrics: Metrics): ExecutorMetrics {
  const jobs = metrics.counter({
    name: 'jobs_total',
    help: 'Jobs by how they ended here.',
    labels: ['outcome', 'reason'],
  });
  const stages = metrics.histogram({
    name: 'stage_seconds',
    help: 'Where the time of an answered job went.',
    labels: ['stage'],
  });
  return {
    answered(timingsMs) {
      jobs.inc({ outcome: 'answered', reason: '' });
      for (const [stage, ms] of Object.entries(timingsMs)) {
        if (stage.endsWith('Ms') && !stage.endsWith('AtMs')) stages.observe(ms / 1_000, { stage: stage.slice(0, -2) });
      }
    },
    ended: (outcome, reason) => jobs.inc({ outcome, reason }),
  };
}
