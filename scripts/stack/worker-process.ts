import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RemitError } from '../../workers/runtime/errors.ts';
import { endedEarly, startProcess, type ManagedProcess, type ProcessExit } from './managed-process.ts';
import type { LogLine } from './log-tail.ts';
import type { Stack } from './stack.ts';

export type Environment = Readonly<Record<string, string>>;
export type WorkerRole = 'listener' | 'executor' | 'submitter' | 'watchtower' | 'trial' | 'oracle' | 'scheduler';

/** A worker, which keeps its name, folder and settings when its process is replaced. */
export interface WorkerProcess {
  readonly role: WorkerRole;
  readonly name: string;
  /** The process that runs now or ran last. */
  readonly process: ManagedProcess;
  /** SIGKILL; returns when it is gone. */
  kill(): Promise<ProcessExit>;
  /** SIGTERM, and time to drain. */
  stop(): Promise<ProcessExit>;
  /** Ends what still runs and starts it anew, and waits until it works. */
  restart(environment?: Environment): Promise<void>;
}

export interface WorkerOptions {
  readonly role: WorkerRole;
  readonly name: string;
  /** What is not the same for all workers. */
  readonly environment: Environment;
}

const BIN = join(import.meta.dirname, '../../workers/bin/worker.ts');
const READY = 'worker ready';
/** Two seconds, and many where a dozen start at once beside other work; one that ends is noticed at once. */
const START_LIMIT_MS = 60_000;
/** A worker drains within 25 s; here nothing is worth so long a wait. */
const DRAIN_MS = 10_000;

/**
 * Starts `worker <role>` and waits until it works. It is ended with the stack.
 *
 * @throws RemitError `STACK_PROCESS_FAILED` with what it said, `STACK_TIMEOUT`
 */
export async function startWorker(stack: Stack, { role, name, environment }: WorkerOptions): Promise<WorkerProcess> {
  const folder = join(stack.folder, name);
  await mkdir(folder, { recursive: true });

  async function start(more: Environment): Promise<ManagedProcess> {
    const { log, signal } = stack;
    const process = await startProcess(
      {
        name,
        command: globalThis.process.execPath,
        args: [BIN, role],
        env: { ...inherited(), ...common(stack, folder), ...environment, ...more },
        logFile: join(stack.folder, `${name}.log`),
      },
      stack,
    );
    const ours = (line: LogLine): boolean => line.pid === process.pid;
    const said = (): string[] =>
      log.lines.filter(ours).map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`);
    const ready = log
      .waitFor((line) => ours(line) && line.message === READY, {
        what: `start of ${name}`,
        deadlineMs: START_LIMIT_MS,
        signal,
      })
      .catch((error: unknown) => {
        throw error instanceof RemitError && error.code === 'STACK_TIMEOUT' ? notReady(error, said()) : error;
      });
    const ended = process.exited.then((exit) => {
      throw endedEarly(name, exit, said());
    });
    try {
      await Promise.race([ready, ended]);
    } catch (error) {
      await process.kill();
      throw error;
    } finally {
      for (const waiting of [ready, ended]) waiting.catch(() => undefined);
    }
    return process;
  }

  let process = await start({});
  stack.teardown.add(name, () => process.stop(DRAIN_MS));
  return {
    role,
    name,
    get process() {
      return process;
    },
    kill: () => process.kill(),
    stop: () => process.stop(DRAIN_MS),
    async restart(more = {}) {
      await process.kill();
      process = await start(more);
    },
  };
}

function notReady({ code, message, fix, context }: RemitError, said: readonly string[]): RemitError {
  const lines = said.slice(-8).map((line) => `  ${line}`);
  return new RemitError({
    code,
    message: [message, ...lines].join('\n'),
    ...(fix !== undefined && { fix }),
    retryable: true,
    context,
  });
}

/** A worker refuses variables it does not know, so what is set for another one must not reach it. */
function inherited(): Readonly<Record<string, string | undefined>> {
  const names = [
    'PATH',
    'HOME',
    'LANG',
    'TZ',
    'NODE_OPTIONS',
    'NODE_V8_COVERAGE',
    'VK_ICD_FILENAMES',
    'XDG_RUNTIME_DIR',
  ];
  return Object.fromEntries(names.map((name) => [name, globalThis.process.env[name]]));
}

function common({ chain, deployed, redis }: Stack, folder: string): Environment {
  return {
    REMIT_RPC_URLS: chain.url,
    REMIT_CHAIN_ID: String(chain.chainId),
    REMIT_DEPLOYMENT: deployed.folder,
    REMIT_REDIS_URL: redis.url,
    REMIT_DATA_FOLDER: folder,
    REMIT_HEALTH_PORT: '0',
    // What a killed worker leaves behind goes with the stack.
    TMPDIR: folder,
  };
}
