import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { WorkerProcess } from '../../../scripts/stack/worker-process.ts';
import { until } from '../../support/until.ts';

/** Parent of a process; undefined when it is gone or only its exit code is left. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

/** Ids of all processes that descend from `pid`. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(all.map((one) => [one, parentOf(one)]));
  const descends = (one: number): boolean => {
    const parent = parents.get(one);
    return parent !== undefined && parent > 1 && (parent === pid || descends(parent));
  };
  return all.filter(descends);
}

/** Waits until none of these processes is left. */
export async function expectGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isAlive), { what: `end of processes ${pids.filter(isAlive).join(', ')}` });
}

/** Processes that stand still until `thaw`: whatever they do takes as long as the test wants. */
export interface Frozen {
  thaw(): void;
}

/** Stops the model's child process of an executor or watchtower, wherever it is in its work. */
export async function freezeEngine({ process: { pid } }: WorkerProcess): Promise<Frozen> {
  const children = await descendantsOf(pid);
  if (children.length === 0) throw new Error('the worker has no engine yet: let it answer one job first');
  return freeze(children);
}

/** Stops a worker itself: it takes no message and notices nothing. */
export function freezeWorker({ process: { pid } }: WorkerProcess): Frozen {
  return freeze([pid]);
}

function freeze(pids: readonly number[]): Frozen {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return {
    thaw() {
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGCONT');
    },
  };
}

/** `kill -9`, as a power cut would; its children must not outlive it. */
export async function killHard(...workers: readonly WorkerProcess[]): Promise<void> {
  const orphans = (await Promise.all(workers.map(({ process: { pid } }) => descendantsOf(pid)))).flat();
  await Promise.all(workers.map((worker) => worker.kill()));
  await expectGone(orphans);
}
