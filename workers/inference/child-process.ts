import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import { RemitError } from '../runtime/errors.ts';
import { reached } from '../runtime/milestone.ts';
import type { ChildReply, ChildRequest, ChildState, ReplyByKind } from './child-protocol.ts';
import type { Confinement } from './confinement.ts';
import { fromWireError, memoryError } from './wire-error.ts';

export interface ChildProcessOptions {
  /** The only variables the child sees (`LD_LIBRARY_PATH`, `VK_ICD_FILENAMES`, …). */
  readonly environment: Readonly<Record<string, string>>;
  /** V8 heap of the child, in MiB; tensors and weights live outside it. */
  readonly heapMib: number;
  /** Resident memory at which the child is killed, for systems without `prlimit` and memory it does not count. */
  readonly memoryBytes: number;
}

/** One running child. It takes one request at a time. */
export interface OnnxChild {
  readonly pid: number;
  readonly alive: boolean;
  /** As of the last answer. */
  readonly state: ChildState;
  /**
   * @throws RemitError what the child answers; `MODEL_TIMEOUT`, `MODEL_MEMORY` or `MODEL_CRASHED` when it had to be
   *   killed or died. The child is then gone.
   */
  request<Request extends ChildRequest>(request: Request, timeoutMs: number): Promise<ReplyByKind[Request['kind']]>;
  /** Kills it, waits for its end and removes its folder. */
  close(): Promise<void>;
}

const ENTRY = join(import.meta.dirname, 'onnx-child.ts');
const WATCH_MS = 100;
const STDERR_KEPT = 4096;
const PAGE = 4096;
const V8_OUT_OF_MEMORY = /heap out of memory|process out of memory|bad_alloc/i;

/** Starts a child in an empty folder of its own. */
export async function startChild(
  options: ChildProcessOptions,
  confinement: Confinement,
  clock: Clock,
): Promise<OnnxChild> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-onnx-'));
  const [command, ...args] = [
    ...confinement.prefix,
    process.execPath,
    `--max-old-space-size=${options.heapMib}`,
    ENTRY,
  ];
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...options.environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  return supervise(child, folder, options, clock);
}

function supervise(child: ChildProcess, folder: string, options: ChildProcessOptions, clock: Clock): OnnxChild {
  let state: ChildState = { rssBytes: 0, loaded: [] };
  let alive = true;
  let stderr = '';
  let killedFor: RemitError | undefined;
  let pending: { settle: (reply: ChildReply) => void; fail: (error: RemitError) => void } | undefined;

  const ended = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      if (!alive) return;
      alive = false;
      pending?.fail(
        killedFor ?? (V8_OUT_OF_MEMORY.test(stderr) ? outOfMemory('its heap is full') : crashed(how, stderr)),
      );
      void rm(folder, { recursive: true, force: true }).then(resolve, resolve);
    };
    child.on('error', (error) => {
      end(error.message);
    });
    // 'close' comes after the last of stderr, which says why.
    child.on('close', (code, signal) => {
      end(signal ?? `exit code ${code ?? 'unknown'}`);
    });
  });
  child.stderr?.on('data', (data: Buffer) => {
    stderr = (stderr + data.toString()).slice(-STDERR_KEPT);
  });
  child.on('message', (message) => {
    // Only our own entry file writes to this channel.
    const reply = message as ChildReply;
    state = { rssBytes: reply.rssBytes, loaded: reply.loaded };
    pending?.settle(reply);
  });
  const kill = (reason: RemitError): void => {
    killedFor ??= reason;
    child.kill('SIGKILL');
  };

  return {
    pid: child.pid ?? 0,
    get alive() {
      return alive;
    },
    get state() {
      return state;
    },
    async request<Request extends ChildRequest>(request: Request, timeoutMs: number) {
      if (!alive) throw crashed('it had already ended', stderr);
      const finished = new AbortController();
      const answered = new Promise<ChildReply>((settle, fail) => {
        pending = { settle, fail };
        // A child that cannot be asked is on its way out: its end fails the request, so nobody asks it again meanwhile.
        child.send(request, (error) => {
          if (error) kill(crashed(error.message, stderr));
        });
        if (request.kind === 'run') reached('computing', request.source.key);
      });
      const watch = Promise.all([
        expire(clock, timeoutMs, finished.signal, () => {
          kill(timedOut(request.kind, timeoutMs));
        }),
        watchMemory(child, options.memoryBytes, clock, finished.signal, (bytes) => {
          kill(outOfMemory(`${bytes} bytes are resident`));
        }),
      ]);
      try {
        const reply = await answered;
        if ('error' in reply) throw fromWireError(reply.error);
        // The child answers a request with the reply of its kind.
        return reply.reply as ReplyByKind[Request['kind']];
      } finally {
        pending = undefined;
        finished.abort();
        await watch;
      }
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function expire(clock: Clock, ms: number, signal: AbortSignal, onExpiry: () => void): Promise<void> {
  await clock.sleep(ms, signal).then(onExpiry, () => undefined);
}

async function watchMemory(
  child: ChildProcess,
  limit: number,
  clock: Clock,
  signal: AbortSignal,
  onExcess: (bytes: number) => void,
): Promise<void> {
  for (;;) {
    const finished = await clock.sleep(WATCH_MS, signal).then(
      () => false,
      () => true,
    );
    if (finished) return;
    const bytes = await residentBytes(child.pid);
    if (bytes > limit) {
      onExcess(bytes);
      return;
    }
  }
}

/** 0 where the system has no /proc. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const statm = await readFile(`/proc/${pid ?? 0}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1] ?? 0) * PAGE;
}

function crashed(how: string, stderr: string): RemitError {
  return new RemitError({
    code: 'MODEL_CRASHED',
    message: `the inference child ended: ${how}`,
    fix: 'The host started a new one. If it happens again with this model, do not serve it.',
    retryable: true,
    context: { stderr: stderr.slice(-1000) },
  });
}

function timedOut(what: string, ms: number): RemitError {
  return new RemitError({
    code: 'MODEL_TIMEOUT',
    message: `the model did not finish within ${ms} ms (${what}); its process was killed`,
    fix: 'Use a smaller model or a faster device, or raise the time limit.',
    context: { timeoutMs: ms },
  });
}

function outOfMemory(detail: string): RemitError {
  return new RemitError(memoryError(detail));
}
