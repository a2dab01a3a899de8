import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { withTimeout } from '../../workers/runtime/abort.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import type { LogTail } from './log-tail.ts';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that was started here and is ended here. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  running(): boolean;
  /** Settles when it has ended, however. */
  readonly exited: Promise<ProcessExit>;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; returns when it is gone. */
  kill(): Promise<ProcessExit>;
  /** SIGTERM, and SIGKILL for what is still there after `graceMs`. */
  stop(graceMs?: number): Promise<ProcessExit>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets every line of both outputs; lines are appended. */
  readonly logFile: string;
}

export interface ProcessDeps {
  readonly clock: Clock;
  readonly log: LogTail;
}

const alive = new Set<ChildProcess>();
let guarded = false;
/** Where it exists, it ends a child with us even after `kill -9`; it becomes the program, so the process id stays. */
const SETPRIV = '/usr/bin/setpriv';
const bound = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : [];

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches only us and we choose the order of the end.
 * Whatever still runs when this process exits is killed.
 *
 * @throws RemitError `STACK_PROCESS_FAILED` when it cannot be started
 */
export async function startProcess(options: ProcessOptions, { clock, log }: ProcessDeps): Promise<ManagedProcess> {
  const { name, command, args, cwd, env, logFile } = options;
  guardExit();
  const [program = command, ...rest] = [...bound, command, ...args];
  const child = spawn(program, rest, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = Promise.withResolvers<ProcessExit>();
  const started = Promise.withResolvers<undefined>();
  child.once('spawn', () => started.resolve(undefined));
  child.once('error', (cause) => started.reject(notStarted(name, command, cause)));
  child.once('exit', (code, signal) => {
    alive.delete(child);
    exited.resolve({ code, signal });
  });
  await started.promise;
  alive.add(child);
  const file = createWriteStream(logFile, { flags: 'a' });
  // The folder may be gone when the last lines arrive.
  file.on('error', () => undefined);
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      file.write(`${line}\n`);
      log.add({ name, pid: child.pid ?? -1 }, line);
    });
  }
  child.once('close', () => file.end());

  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const signal = (wanted: NodeJS.Signals): void => {
    if (running()) child.kill(wanted);
  };
  const kill = (): Promise<ProcessExit> => {
    signal('SIGKILL');
    return exited.promise;
  };
  return {
    name,
    pid: child.pid ?? -1,
    running,
    exited: exited.promise,
    signal,
    kill,
    async stop(graceMs = 10_000) {
      signal('SIGTERM');
      try {
        return await withTimeout(graceMs, () => exited.promise, { clock, what: `the end of ${name}` });
      } catch {
        return kill();
      }
    },
  };
}

function guardExit(): void {
  if (guarded) return;
  guarded = true;
  process.once('exit', () => {
    for (const child of alive) child.kill('SIGKILL');
  });
}

function notStarted(name: string, command: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'STACK_PROCESS_FAILED',
    message: `${name} cannot be started: ${messageOf(cause)}`,
    fix: 'install what is missing: ./dev setup',
    context: { name, command },
    cause,
  });
}

/** The error of a process that ended though it should run; `lines` are the last that it wrote. */
export function endedEarly(name: string, { code, signal }: ProcessExit, lines: readonly string[]): RemitError {
  const how = signal === null ? `with code ${code ?? '?'}` : `by ${signal}`;
  return new RemitError({
    code: 'STACK_PROCESS_FAILED',
    message: [`${name} ended ${how}`, ...lines.slice(-8).map((line) => `  ${line}`)].join('\n'),
    fix: 'read what it wrote last; --keep leaves the whole log',
    context: { name, code, signal },
  });
}
