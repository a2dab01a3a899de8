import { readFile, writeFile } from 'node:fs/promises';

/** What the kernel says of a process: bytes that were resident at most since the last reset; 0 once it is gone. */
async function highWater(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function treeOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((child) => treeOf(Number(child))),
  );
  return [pid, ...below.flat()];
}

async function processesBelow(pid: number, except: number): Promise<number[]> {
  const [, ...below] = await treeOf(pid);
  return below.filter((child) => child !== except);
}

/** The most that all processes under this one but `except` have had together. */
export async function peakBelow(pid: number, except: number): Promise<number> {
  const below = await processesBelow(pid, except);
  const peaks = await Promise.all(below.map(highWater));
  return peaks.reduce((sum, peak) => sum + peak, 0);
}

/** Lets the kernel count anew. */
export async function forgetPeaks(pid: number, except: number): Promise<void> {
  for (const child of await processesBelow(pid, except))
    await writeFile(`/proc/${child}/clear_refs`, '5').catch(() => undefined);
}
