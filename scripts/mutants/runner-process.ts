import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { RunnerAnswer, RunnerRequest } from './runner-messages.ts';

type Message = { readonly ready: true } | { readonly answer: RunnerAnswer } | { readonly error: string };

const START_DEADLINE_MS = 180_000;

/** The runner as the campaign sees it: asked one thing at a time, ended and started again when it does not answer. */
export class RunnerProcess {
  readonly #folder: string;
  readonly #files: readonly string[];
  #child: ChildProcess | undefined;

  constructor(folder: string, files: readonly string[]) {
    this.#folder = folder;
    this.#files = files;
  }

  /** What the runner found, or `undefined` when the deadline passed or it ended. */
  async ask(request: RunnerRequest, deadlineMs: number): Promise<RunnerAnswer | undefined> {
    const child = this.#child ?? (await this.#start());
    const answer = nextMessage(child, deadlineMs);
    child.send(request);
    const message = await answer;
    if (message === undefined) this.stop();
    if (message !== undefined && 'error' in message) throw new Error(message.error);
    return message !== undefined && 'answer' in message ? message.answer : undefined;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(path.join(this.#folder, 'scripts/mutants/runner.ts'), [...this.#files], {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    // One that ended between two questions is not asked again.
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    const message = await nextMessage(child, START_DEADLINE_MS);
    if (message === undefined) {
      this.stop();
      throw new Error('the test files could not be loaded: run ./dev test contracts');
    }
    return child;
  }
}

async function nextMessage(child: ChildProcess, deadlineMs: number): Promise<Message | undefined> {
  const { promise, resolve } = Promise.withResolvers<Message | undefined>();
  const heard = (message: unknown): void => resolve(message as Message);
  const ended = (): void => resolve(undefined);
  const timer = setTimeout(ended, deadlineMs);
  child.once('message', heard).once('exit', ended);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.off('message', heard).off('exit', ended);
  }
}
