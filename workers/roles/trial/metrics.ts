import type { Metrics } from '../../runtime/metrics.ts';

export interface TrialMetrics {
  looked(side: string): void;
  moved(kind: string, side: string): void;
  ended(side: string, ending: string): void;
}

export function createTrialMetrics(metrics: Metrics): TrialMetrics {
  const looks = metrics.counter({ name: 'trial_looks_total', help: 'Looks at trials, by our side.', labels: ['side'] });
  const moves = metrics.counter({
    name: 'trial_moves_total',
    help: 'Moves that were handed to the submitter; one that the chain does not show yet is handed over again.',
    labels: ['move', 'side'],
  });
  const endings = metrics.counter({
    name: 'trials_ended_total',
    help: 'Trials by how they ended. Alarm on side claimant and ending convicted.',
    labels: ['side', 'ending'],
  });
  return {
    looked: (side) => looks.inc({ side }),
    moved: (move, side) => moves.inc({ move, side }),
    ended: (side, ending) => endings.inc({ side, ending }),
  };
}
