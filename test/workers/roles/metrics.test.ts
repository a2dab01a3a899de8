import { expect, it } from 'vitest';
import { createExecutorMetrics } from '../../../workers/roles/executor/metrics.ts';
import { createListenerMetrics } from '../../../workers/roles/listener/metrics.ts';
import { createOracleMetrics } from '../../../workers/roles/oracle/metrics.ts';
import { createSchedulerMetrics } from '../../../workers/roles/scheduler/metrics.ts';
import { createSubmitterMetrics } from '../../../workers/roles/submitter/metrics.ts';
import { createTrialMetrics } from '../../../workers/roles/trial/metrics.ts';
import { createWatchtowerMetrics } from '../../../workers/roles/watchtower/metrics.ts';
import { createMetrics, type Metrics } from '../../../workers/runtime/metrics.ts';

// A name that is refused ends the process at its start, and tests of single parts have no real metrics.
it.each<[string, (metrics: Metrics) => unknown]>([
  ['executor', createExecutorMetrics],
  ['listener', createListenerMetrics],
  ['oracle', createOracleMetrics],
  ['scheduler', createSchedulerMetrics],
  ['submitter', createSubmitterMetrics],
  ['trial', createTrialMetrics],
  ['watchtower', createWatchtowerMetrics],
])('the metrics of %s have names that are accepted', (role, create) => {
  expect(() => create(createMetrics({ role, version: '1', processMetrics: false }))).not.toThrow();
});
