import type { Metrics } from '../../runtime/metrics.ts';

export interface SchedulerMetrics {
  looked(state: string): void;
  triggered(): void;
  ended(why: string): void;
}

export function createSchedulerMetrics(metrics: Metrics): SchedulerMetrics {
  const looks = metrics.counter({
    name: 'schedule_looks_total',
    help: 'Looks at schedules, by what they wait for.',
    labels: ['state'],
  });
  const triggers = metrics.counter({
    name: 'schedule_triggers_total',
    help: 'Triggers that were handed to the submitter; one that the chain does not show yet is handed over again.',
  });
  const endings = metrics.counter({
    name: 'schedules_ended_total',
    help: 'Schedules that are not looked at any more, by why.',
    labels: ['why'],
  });
  return {
    looked: (state) => looks.inc({ state }),
    triggered: () => triggers.inc(),
    ended: (why) => endings.inc({ why }),
  };
}
