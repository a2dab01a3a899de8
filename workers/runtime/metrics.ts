import * as prometheus from 'prom-client';
import { RemitError } from './errors.ts';

export type Labels = Readonly<Record<string, string | number>>;

export interface Counter {
  /** Adds `value`, 1 unless given. */
  inc(labels?: Labels, value?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface MetricOptions {
  /** Without the namespace, with its unit: `messages_total` becomes `remit_executor_messages_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds in the metric's unit, ascending. Defaults to 1 ms … 30 s for `_seconds`. */
  readonly buckets?: readonly number[];
}

/** Makes metrics. Asking twice for the same metric gives the same one, so parts need not know of each other. */
export interface Metrics {
  counter(options: MetricOptions): Counter;
  gauge(options: MetricOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
  /** Everything in Prometheus text format. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface CreateMetricsOptions {
  /** Part of every name: `executor`. */
  readonly role: string;
  readonly version: string;
  /** Adds the usual metrics of a Node process. Defaults to true; needed once per process. */
  readonly processMetrics?: boolean;
}

const UNITS = [
  'seconds',
  'bytes',
  'wei',
  'gas',
  'ratio',
  'info',
  'blocks',
  'jobs',
  'messages',
  'sessions',
  'endpoints',
  'transactions',
  'orders',
  'seats',
];
const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const SECONDS_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

/**
 * A registry of its own, so two roles in one process stay apart. `remit_build_info{role,version,node}` is always 1.
 * A name without its unit throws `RemitError` METRIC_NAME_INVALID; the same name for another kind METRIC_CONFLICT.
 */
export function createMetrics({ role, version, processMetrics = true }: CreateMetricsOptions): Metrics {
  const registry = new prometheus.Registry();
  if (processMetrics) prometheus.collectDefaultMetrics({ register: registry });
  const build = new prometheus.Gauge({
    name: 'remit_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['role', 'version', 'node'],
    registers: [registry],
  });
  build.set({ role, version, node: process.version }, 1);

  const namespace = `remit_${role.replaceAll('-', '_')}_`;
  const made = new Map<string, { readonly kind: string; readonly metric: unknown }>();
  function once<T>(
    kind: 'counter' | 'gauge' | 'histogram',
    { name, labels = [] }: MetricOptions,
    make: (fullName: string, labelNames: string[]) => T,
  ): T {
    const known = made.get(name);
    const shape = `${kind}(${labels.join(',')})`;
    if (known && known.kind !== shape) {
      throw new RemitError({
        code: 'METRIC_CONFLICT',
        message: `metric ${name} exists as ${known.kind}, not ${shape}`,
        fix: 'use one name for one kind of metric with one set of labels',
      });
    }
    if (known) return known.metric as T;
    requireUnit(kind, name);
    const metric = make(namespace + name, [...labels]);
    made.set(name, { kind: shape, metric });
    return metric;
  }

  return {
    counter: (options) =>
      once('counter', options, (name, labelNames): Counter => {
        const counter = new prometheus.Counter({ name, help: options.help, labelNames, registers: [registry] });
        return {
          inc: (labels = {}, value = 1) => {
            counter.inc(labels, value);
          },
        };
      }),
    gauge: (options) =>
      once('gauge', options, (name, labelNames): Gauge => {
        const gauge = new prometheus.Gauge({ name, help: options.help, labelNames, registers: [registry] });
        return {
          set: (value, labels = {}) => {
            gauge.set(labels, value);
          },
        };
      }),
    histogram: (options) =>
      once('histogram', options, (name, labelNames): Histogram => {
        const buckets = [...(options.buckets ?? SECONDS_BUCKETS)];
        const histogram = new prometheus.Histogram({
          name,
          help: options.help,
          labelNames,
          buckets,
          registers: [registry],
        });
        return {
          observe: (value, labels = {}) => {
            histogram.observe(labels, value);
          },
        };
      }),
    expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

function requireUnit(kind: string, name: string): void {
  const unit = name.slice(name.lastIndexOf('_') + 1);
  if (NAME.test(name) && name.includes('_') && (kind === 'counter' ? unit === 'total' : UNITS.includes(unit))) return;
  throw new RemitError({
    code: 'METRIC_NAME_INVALID',
    message: `${kind} "${name}" does not end in its unit`,
    fix:
      kind === 'counter'
        ? 'end the name of a counter in _total'
        : `end the name in one of ${UNITS.map((one) => `_${one}`).join(' ')}`,
  });
}

const nothing = (): void => undefined;

/** The no-op twin, for tests and tools. */
export const noMetrics: Metrics = {
  counter: () => ({ inc: nothing }),
  gauge: () => ({ set: nothing }),
  histogram: () => ({ observe: nothing }),
  expose: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
};
