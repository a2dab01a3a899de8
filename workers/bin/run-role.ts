import { systemClock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/config.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { createHealthServer } from '../runtime/health.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { EXIT_OK, exitCodeOf, runUntilSignal, type Service } from '../runtime/service.ts';
import type { Output } from './output.ts';
import { readRoleConfig } from './read-config.ts';
import type { RoleName } from './roles.ts';

/** Runs one role until a signal; resolves with the exit code. Throws what keeps it from being wired. */
export async function runRole(
  name: RoleName,
  env: Environment,
  { output, version }: { readonly output: Output; readonly version: string },
): Promise<number> {
  const config = await readRoleConfig(name, env);
  const clock = systemClock;
  const logger = output.logger(name, config.process.logLevel);
  const metrics = createMetrics({ role: name, version });
  logger.info({ version, node: process.version }, 'worker starting');
  const { services, checks, routes } = await config.role.compose(config.own as Record<string, unknown>, {
    logger,
    metrics,
    clock,
  });
  const { healthPort, healthHost } = config.process;
  const health = createHealthServer(
    { port: healthPort, host: healthHost },
    { metrics, checks, clock, ...(routes && { routes }) },
  );
  const ending = new FirstFailure();
  const code = await runUntilSignal(
    [health, ...services].map((service) => ending.watch(service)),
    {
      logger,
      clock,
      signals: process,
      onReady: () =>
        logger.info({ healthPort: health.port, url: `http://${healthHost}:${health.port}` }, 'worker ready'),
    },
  );
  if (code === EXIT_OK || ending.error === undefined) return code;
  // Said in words once more: a supervisor passes them on. An end that starting again would only repeat has a code of its own.
  process.stderr.write(`${explain(ending.error)}\n`);
  return exitCodeOf(ending.error);
}

/** What first kept a service from starting, or from going on. */
class FirstFailure {
  error: unknown;

  watch(service: Service): Service {
    const note = (error: unknown): void => {
      this.error ??= error;
    };
    return {
      name: service.name,
      start: async (signal) => {
        try {
          await service.start(signal);
        } catch (error) {
          note(error);
          throw error;
        }
        service.done?.catch(note);
      },
      stop: () => service.stop(),
      get done() {
        return service.done ?? new Promise<void>(() => undefined);
      },
    };
  }
}

function explain(error: unknown): string {
  return error instanceof RemitError ? error.explain() : messageOf(error);
}
