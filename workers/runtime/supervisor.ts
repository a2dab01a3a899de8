import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from './clock.ts';
import { RemitError } from './errors.ts';
import type { HealthCheck } from './health.ts';
import type { Logger } from './logger.ts';
import { backoffMs } from './retry.ts';
import { EXIT_CONFIG, type Service } from './service.ts';

export interface SupervisorOptions {
  /** Names of the children, in the order of their start. */
  readonly children: readonly string[];
  /** Time from SIGTERM to SIGKILL, milliseconds. Defaults to 24 s, inside the 25 s that a process has. */
  readonly drainMs?: number;
  /** Wait before a crashed child is started again, milliseconds; doubles while it keeps crashing. */
  readonly restart?: { readonly baseMs: number; readonly maxMs: number };
  /** A child that ran this long has not just crashed again, milliseconds. Defaults to 60 s. */
  readonly steadyMs?: number;
}

export interface SupervisorDeps {
  /** Starts a child whose standard output and error are pipes. */
  readonly spawn: (name: string) => ChildProcess;
  /** Takes one line of a child's standard output. */
  readonly onLine: (name: string, line: string) => void;
  readonly onRestart: (name: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Supervisor extends Service {
  /** Process ids of the children that run now. */
  pids(): Readonly<Record<string, number>>;
  readonly check: HealthCheck;
}

/** EX_USAGE: the command line is wrong. */
const EXIT_USAGE = 64;
const REMEMBERED_LINES = 20;

interface Child {
  readonly name: string;
  process: ChildProcess | undefined;
  /** Ends in a row that came soon after the start. */
  crashes: number;
  lastEnd: string | undefined;
}

/**
 * Keeps child processes running: a child that ends is started again, later each time. A child that refuses its
 * configuration (exit 78 or 64) ends everything, because starting it again changes nothing; `done` then rejects with
 * RemitError CHILD_REFUSED and the child's own words.
 */
export function createSupervisor(options: SupervisorOptions, deps: SupervisorDeps): Supervisor {
  const { drainMs = 24_000, restart = { baseMs: 500, maxMs: 30_000 }, steadyMs = 60_000 } = options;
  const { spawn, onLine, onRestart, clock, logger } = deps;
  const children: Child[] = options.children.map((name) => ({
    name,
    process: undefined,
    crashes: 0,
    lastEnd: undefined,
  }));
  const stopping = new AbortController();
  const ended = Promise.withResolvers<undefined>();
  let watches: Promise<unknown> = Promise.resolve();

  const isStopping = (): boolean => stopping.signal.aborted;

  /** One life of a child. */
  async function live(child: Child): Promise<{ readonly code: number | null; readonly said: string }> {
    const words: string[] = [];
    const running = spawn(child.name);
    child.process = running;
    logger.info({ child: child.name, pid: running.pid }, 'child started');
    const exit = new Promise<number | null>((resolve) => {
      running.once('error', (error) => {
        words.push(error.message);
        resolve(null);
      });
      running.once('close', (code, signal) => {
        child.lastEnd = signal ?? `exit ${code}`;
        resolve(code);
      });
    });
    if (running.stdout) createInterface(running.stdout).on('line', (line) => onLine(child.name, line));
    if (running.stderr)
      createInterface(running.stderr).on('line', (line) => {
        words.push(line);
        if (words.length > REMEMBERED_LINES) words.shift();
        logger.warn({ child: child.name, line }, 'child complains');
      });
    const code = await exit;
    child.process = undefined;
    return { code, said: words.join('\n') };
  }

  async function keepAlive(child: Child): Promise<void> {
    for (;;) {
      const startedAt = clock.now();
      const { code, said } = await live(child);
      if (isStopping()) return;
      if (code === EXIT_CONFIG || code === EXIT_USAGE) throw childRefused(child.name, code, said);
      child.crashes = clock.now() - startedAt < steadyMs ? child.crashes + 1 : 1;
      const waitMs = backoffMs(child.crashes, restart, Math.random());
      logger.error({ child: child.name, end: child.lastEnd, waitMs }, 'child ended, starting it again');
      onRestart(child.name);
      await clock.sleep(waitMs, stopping.signal).catch(() => undefined);
      if (isStopping()) return;
    }
  }

  function signal(name: 'SIGTERM' | 'SIGKILL'): void {
    for (const { process } of children) process?.kill(name);
  }

  const pids = (): Record<string, number> =>
    Object.fromEntries(
      children.flatMap(({ name, process }) => (process?.pid === undefined ? [] : [[name, process.pid]])),
    );

  return {
    name: 'supervisor',
    done: ended.promise,
    pids,
    start: () => {
      watches = Promise.all(
        children.map((child) =>
          keepAlive(child).catch((error: unknown) => {
            ended.reject(error);
          }),
        ),
      );
      logger.info({ pids: pids() }, 'node started');
      return Promise.resolve();
    },
    stop: async () => {
      stopping.abort();
      signal('SIGTERM');
      const patience = new AbortController();
      const impatient = clock.sleep(drainMs, patience.signal).then(
        () => {
          logger.error({ pids: pids() }, 'children did not end in time, killing them');
          signal('SIGKILL');
        },
        () => undefined,
      );
      await watches;
      patience.abort();
      await impatient;
    },
    check: {
      name: 'children',
      check: () => {
        const away = children
          .filter(({ process }) => process === undefined)
          .map(({ name, lastEnd }) => `${name} (${lastEnd ?? 'not started'})`);
        if (away.length > 0) return Promise.resolve({ state: 'failing', detail: `not running: ${away.join(', ')}` });
        return Promise.resolve({ state: 'ok', detail: `${children.length} children run` });
      },
    },
  };
}

function childRefused(name: string, code: number, said: string): RemitError {
  return new RemitError({
    code: 'CHILD_REFUSED',
    message: `${name} cannot run (exit ${code})${said === '' ? '' : `:\n${said}`}`,
    fix: 'do what the message above says; nothing is started again until then',
    context: { child: name, exitCode: code },
  });
}
