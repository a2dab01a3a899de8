import type * as z from 'zod';
import type { Clock } from './clock.ts';
import type { HealthCheck, Route } from './health.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Service } from './service.ts';

/** What a process gives to the role that it runs. */
export interface RoleDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** A role that is ready to be started. */
export interface RoleParts {
  /** In the order of their start; stopped in reverse. */
  readonly services: readonly Service[];
  /** What `/readyz` asks. */
  readonly checks: readonly HealthCheck[];
  /** What the health server answers beside its own paths; see `createHealthServer`. */
  readonly routes?: Readonly<Record<string, Route>>;
}

/** One of the kinds of work a process can do. */
export interface Role<S extends z.ZodObject = z.ZodObject> {
  /** The variables it reads. */
  readonly config: S;
  /** Wires the role. What it cannot do without is opened here, so a rejection is a refusal to start, with its fix. */
  compose(config: z.output<S>, deps: RoleDeps): Promise<RoleParts>;
}

/** A role whose `compose` is checked against its own `config`. */
export function defineRole<S extends z.ZodObject>(role: Role<S>): Role<S> {
  return role;
}
