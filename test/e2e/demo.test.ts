import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isAlive } from './support/processes.ts';

const demo = join(import.meta.dirname, '../../scripts/demo/demo.ts');

function start(...args: string[]) {
  const child = spawn(process.execPath, [demo, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, REDIS_URL: '', NO_COLOR: '1' },
  });
  // A demo that is given up goes on for minutes; what it has started ends with it.
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exit };
}

/** Processes whose parent is the demo. */
async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return { pid, parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) };
    }),
  );
  return parents.filter((one) => one.parent === parent).map(({ pid }) => pid);
}

function said(child: ChildProcess, words: string): Promise<void> {
  let seen = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(words)) resolve();
    });
    child.once('exit', () => reject(new Error(`the demo never said "${words}": ${seen}`)));
  });
}

interface FeedSummary {
  readonly rounds: readonly unknown[];
  readonly updates: readonly unknown[];
  readonly calm: { readonly volatility: number };
  readonly storm: { readonly volatility: number };
}

const folder = await mkdtemp(join(tmpdir(), 'remit-demo-test-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the demo', () => {
  it('takes jobs from request to payment, and every expectation holds', async () => {
    const { child, exit } = start('--json', '--jobs', '2', '--out', folder);
    const [out, progress, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    expect(code, progress).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({
      ok: true,
      leftOut: 4,
      model: { triable: true },
      jobs: [
        { answer: { agrees: true }, callback: { delivered: true }, watchtower: { verdict: 'agrees' } },
        { answer: { agrees: true }, callback: { delivered: true }, watchtower: { verdict: 'agrees' } },
      ],
      // The bonds of the feed's four seats.
      ledger: { after: { stakeLocked: '4000000000000000000000' } },
      trials: [
        {
          scheme: 'shifts a number',
          ground: 'WrongElement',
          decided: { element: 256, opType: 'Gemm', at: 0, claimed: 2.942063808441162, canonical: 6.942063808441162 },
          slashed: '100000000000000000000',
        },
        { scheme: 'withholds its trace', ground: 'TraceWithheld', slashed: '100000000000000000000' },
      ],
      feed: { killed: { seat: 0 }, chart: expect.stringContaining('remit-feed.svg') as string },
      expectations: { failed: [] },
    });
    const { rounds, updates, calm, storm } = result['feed'] as FeedSummary;
    expect(rounds.length).toBeGreaterThan(32);
    expect(updates.length).toBeGreaterThanOrEqual(2);
    expect(storm.volatility).toBeGreaterThan(calm.volatility);
    expect(await readFile(join(folder, 'remit-feed.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  }, 300_000);

  it('leaves nothing running when it is interrupted', async () => {
    const { child, exit } = start();
    await said(child, 'workers ');
    const children = await childrenOf(child.pid ?? -1);
    expect(children.length).toBeGreaterThanOrEqual(6);
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    expect(children.filter(isAlive)).toEqual([]);
  });

  it('explains itself without starting anything', async () => {
    const { child, exit } = start('--help');
    expect(await text(child.stdout)).toContain('Usage: ./dev demo');
    expect(await exit).toBe(0);
  });
});
