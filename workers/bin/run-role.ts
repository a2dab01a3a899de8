import { systemClock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/config.ts';
import { createHealthServer } from '../runtime/health.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { EXIT_FAILED, exitCodeOf, runUntilSignal, type Service } from '../runtime/service.ts';
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
  const all = [health, ...services];
  const reason = watchEndings(all);
  const code = await runUntilSignal(all, {
    logger,
    clock,
    signals: process,
    onReady: () => logger.info({ healthPort: health.port, url: `http://${healthHost}:${health.port}` }, 'worker ready'),
  });
  // An end that starting again would only repeat is told apart, so that whoever restarts processes leaves it alone.
  return code === EXIT_FAILED && reason.found ? exitCodeOf(reason.error) : code;
}

/** The first reason for which a service ended by itself. */
function watchEndings(services: readonly Service[]): { found: boolean; error: unknown } {
  const reason: { found: boolean; error: unknown } = { found: false, error: undefined };
  for (const { done } of services) {
    done?.catch((error: unknown) => {
      if (reason.found) return;
      reason.found = true;
      reason.error = error;
    });
  }
  return reason;
}
