import { describe, expect, it } from 'vitest';
import { createMetrics, noMetrics } from '../../../workers/runtime/metrics.ts';

const make = () => createMetrics({ role: 'executor', version: '1.2.3', processMetrics: false });

describe('createMetrics', () => {
  it('names metrics by role and says what runs', async () => {
    const metrics = make();
    metrics.counter({ name: 'jobs_total', help: 'Jobs.', labels: ['result'] }).inc({ result: 'done' }, 2);
    metrics.gauge({ name: 'balance_wei', help: 'Balance.' }).set(5);
    metrics.histogram({ name: 'run_seconds', help: 'Run.', buckets: [1] }).observe(0.5);
    const { body, contentType } = await metrics.expose();
    expect(contentType).toContain('text/plain');
    expect(body).toContain(`remit_build_info{role="executor",version="1.2.3",node="${process.version}"} 1`);
    expect(body).toContain('remit_executor_jobs_total{result="done"} 2');
    expect(body).toContain('remit_executor_balance_wei 5');
    expect(body).toContain('remit_executor_run_seconds_bucket{le="1"} 1');
  });

  it('keeps two roles of one process apart and includes the metrics of the process', async () => {
    const [a, b] = [make(), createMetrics({ role: 'listener', version: '1' })];
    a.counter({ name: 'jobs_total', help: 'Jobs.' }).inc();
    expect((await b.expose()).body).not.toContain('jobs_total');
    expect((await b.expose()).body).toContain('process_cpu_user_seconds_total');
  });

  it('gives the same metric to two parts that ask for it', async () => {
    const metrics = make();
    for (let i = 0; i < 2; i++) metrics.counter({ name: 'jobs_total', help: 'Jobs.' }).inc();
    expect((await metrics.expose()).body).toContain('remit_executor_jobs_total 2');
  });

  it('refuses a name without its unit, and one name for two kinds', () => {
    const metrics = make();
    expect(() => metrics.counter({ name: 'jobs_seconds', help: 'x' })).toThrow(
      expect.objectContaining({ code: 'METRIC_NAME_INVALID' }),
    );
    expect(() => metrics.gauge({ name: 'latency', help: 'x' })).toThrow(
      expect.objectContaining({ code: 'METRIC_NAME_INVALID' }),
    );
    expect(() => metrics.histogram({ name: 'Run_seconds', help: 'x' })).toThrow(
      expect.objectContaining({ code: 'METRIC_NAME_INVALID' }),
    );
    metrics.counter({ name: 'jobs_total', help: 'x' });
    expect(() => metrics.counter({ name: 'jobs_total', help: 'x', labels: ['x'] })).toThrow(
      expect.objectContaining({ code: 'METRIC_CONFLICT' }),
    );
  });

  it('has a twin that does nothing', async () => {
    noMetrics.counter({ name: 'whatever', help: 'x' }).inc();
    expect((await noMetrics.expose()).body).toBe('');
  });
});
