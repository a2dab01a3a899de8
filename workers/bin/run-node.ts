import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../runtime/clock.ts';
import type { Environment } from '../runtime/config.ts';
import { RemitError } from '../runtime/errors.ts';
import { createHealthServer } from '../runtime/health.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { exitCodeOf, runUntilSignal } from '../runtime/service.ts';
import { createSupervisor } from '../runtime/supervisor.ts';
import type { Output } from './output.ts';
import { readProcessConfig, readRoleConfig } from './read-config.ts';
import type { RoleName } from './roles.ts';

export interface NodeOptions {
  /** Answer jobs. */
  readonly inference: boolean;
  /** Run the answers of others again. */
  readonly verify: boolean;
  /** Report feeds and answer questions about the outside world. */
  readonly data?: boolean;
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Whether a node triggers schedules: as REMIT_SCHEDULES says, and else where it works for the network and not only for itself. */
export function triggersSchedules(
  { verify, data = false }: { readonly verify: boolean; readonly data?: boolean },
  env: Environment,
): boolean {
  const said = env['REMIT_SCHEDULES'];
  return said === undefined ? verify || data : said === 'true';
}

/** The roles of a node, listener first. Without a choice it answers jobs. */
export function rolesOf(
  { inference, verify, data = false }: NodeOptions,
  { schedules = false }: { readonly schedules?: boolean } = {},
): readonly RoleName[] {
  const answers = inference || (!verify && !data);
  return [
    'listener',
    ...(answers ? (['executor'] as const) : []),
    'submitter',
    ...(verify ? (['watchtower'] as const) : []),
    // Whoever answers has to defend its answers, and whoever checks has to accuse.
    ...(answers || verify ? (['trial'] as const) : []),
    ...(data ? (['oracle'] as const) : []),
    ...(schedules ? (['scheduler'] as const) : []),
  ];
}

/**
 * The environment of each child: the same, but ports must differ, a watchtower needs something to watch, and the listener must
 * know whose messages to make.
 */
export function childEnvironment(
  env: Environment,
  {
    healthPort,
    place,
    verify,
    data = false,
    schedules = false,
  }: { healthPort: number; place: number; verify: boolean; data?: boolean; schedules?: boolean },
): Environment {
  return {
    ...env,
    REMIT_HEALTH_PORT: String(healthPort === 0 ? 0 : healthPort + 1 + place),
    ...(verify && env['REMIT_VERIFY'] === undefined && { REMIT_VERIFY: 'others' }),
    ...(data && env['REMIT_DATA_REQUESTS'] === undefined && { REMIT_DATA_REQUESTS: 'true' }),
    ...(schedules && { REMIT_SCHEDULES: 'true' }),
  };
}

/** Runs the roles of a node as child processes until a signal; resolves with the exit code. */
export async function runNode(
  options: NodeOptions,
  env: Environment,
  { output, version }: { readonly output: Output; readonly version: string },
): Promise<number> {
  const { healthPort, healthHost, logLevel } = await readProcessConfig(env);
  const schedules = triggersSchedules(options, env);
  const children = rolesOf(options, { schedules });
  // Every child would refuse by itself; asking all of them first tells everything at once.
  for (const child of children) await readRoleConfig(child, env);
  const clock = systemClock;
  const logger = output.logger('node', logLevel);
  const metrics = createMetrics({ role: 'node', version });
  const restarts = metrics.counter({
    name: 'child_restarts_total',
    help: 'Children that ended and were started again.',
    labels: ['child'],
  });
  const supervisor = createSupervisor(
    { children },
    {
      spawn: (child) =>
        spawn(process.execPath, [WORKER, child, '--json'], {
          env: childEnvironment(env, {
            healthPort,
            place: children.indexOf(child as RoleName),
            ...options,
            schedules,
          }),
          // The channel tells a child when its parent is gone; a group of its own keeps Ctrl-C for the parent.
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          detached: true,
        }),
      onLine: (_, line) => output.line(line),
      onRestart: (child) => restarts.inc({ child }),
      clock,
      logger,
    },
  );
  const health = createHealthServer(
    { port: healthPort, host: healthHost },
    { metrics, checks: [supervisor.check], clock },
  );
  let refusal: Error | undefined;
  supervisor.done?.catch((error: unknown) => {
    if (error instanceof Error) refusal = error;
  });
  const code = await runUntilSignal([health, supervisor], {
    logger,
    clock,
    signals: process,
    onReady: () => logger.info({ pids: supervisor.pids(), healthPort: health.port }, 'node ready'),
  });
  if (!refusal) return code;
  process.stderr.write(`${refusal instanceof RemitError ? refusal.explain() : refusal.message}\n`);
  return exitCodeOf(refusal);
}
