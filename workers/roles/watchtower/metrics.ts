import type { Metrics } from '../../runtime/metrics.ts';
import type { VerdictName } from './compare.ts';

export interface WatchtowerMetrics {
  found(verdict: VerdictName): void;
  skipped(reason: string): void;
}

export function createWatchtowerMetrics(metrics: Metrics): WatchtowerMetrics {
  const verdicts = metrics.counter({
    name: 'verdicts_total',
    help: 'Attestations by what the re-run found. Alarm on disagrees, mismatch and withheld.',
    labels: ['verdict'],
  });
  const skipped = metrics.counter({
    name: 'jobs_skipped_total',
    help: 'Attestations that were not checked, by why.',
    labels: ['reason'],
  });
  return {
    found: (verdict) => verdicts.inc({ verdict }),
    skipped: (reason) => skipped.inc({ reason }),
  };
}
