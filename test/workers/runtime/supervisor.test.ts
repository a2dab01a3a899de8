import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { createSupervisor, type Supervisor, type SupervisorOptions } from '../../../workers/runtime/supervisor.ts';
import { until } from '../../support/until.ts';

const SCRIPTS = {
  steady: `process.on('SIGTERM', () => process.exit(0)); console.log('up'); setInterval(() => {}, 1000);`,
  stubborn: `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);`,
  crashing: `console.log('up'); process.exit(3);`,
  refusing: `console.error('REMIT_X: expected an address'); process.exit(78);`,
  misused: `process.exit(64);`,
};

let folder: string;
let started: Supervisor[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remit-supervisor-'));
  started = [];
  for (const [name, script] of Object.entries(SCRIPTS)) writeFileSync(join(folder, `${name}.mjs`), script);
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function supervise(children: (keyof typeof SCRIPTS)[], options: Partial<SupervisorOptions> = {}) {
  const lines: string[] = [];
  const restarts: string[] = [];
  const supervisor = createSupervisor(
    { children, restart: { baseMs: 10, maxMs: 20 }, drainMs: 2_000, ...options },
    {
      spawn: (name) =>
        spawn(process.execPath, [join(folder, `${name}.mjs`)], { stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
      onLine: (name, line) => lines.push(`${name}: ${line}`),
      onRestart: (name) => restarts.push(name),
      clock: systemClock,
      logger: silentLogger,
    },
  );
  started.push(supervisor);
  supervisor.done?.catch(() => undefined);
  return { supervisor, lines, restarts };
}

const isAlive = (pid: number | undefined): boolean => {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const start = (supervisor: Supervisor) => supervisor.start(new AbortController().signal);

describe('createSupervisor', () => {
  it('runs its children, hands on what they say, and stops them with SIGTERM', async () => {
    const { supervisor, lines } = supervise(['steady']);
    await start(supervisor);
    await until(() => lines.includes('steady: up'));
    const pid = supervisor.pids()['steady'];
    expect(await supervisor.check.check(new AbortController().signal)).toMatchObject({ state: 'ok' });
    await supervisor.stop();
    expect(isAlive(pid)).toBe(false);
    expect(supervisor.pids()).toEqual({});
  });

  it('starts a child again that was killed', async () => {
    const { supervisor, lines, restarts } = supervise(['steady']);
    await start(supervisor);
    await until(() => lines.length === 1);
    const before = supervisor.pids()['steady'];
    process.kill(before ?? 0, 'SIGKILL');
    await until(() => lines.length === 2);
    expect(supervisor.pids()['steady']).not.toBe(before);
    expect(restarts).toEqual(['steady']);
  });

  it('keeps starting a child that crashes at once, and says that it is away', async () => {
    const { supervisor, restarts } = supervise(['crashing'], { restart: { baseMs: 30, maxMs: 30 } });
    await start(supervisor);
    await until(() => restarts.length >= 3);
    await until(async () => (await supervisor.check.check(new AbortController().signal)).state === 'failing');
  });

  it.each([
    ['refusing', 'exit 78', 'REMIT_X: expected an address'],
    ['misused', 'exit 64', 'misused cannot run'],
  ] as const)('ends with the words of a child that is %s instead of starting it again', async (child, exit, words) => {
    const { supervisor, restarts } = supervise(['steady', child]);
    await start(supervisor);
    await expect(supervisor.done).rejects.toMatchObject({ code: 'CHILD_REFUSED', retryable: false });
    await expect(supervisor.done).rejects.toThrow(exit);
    await expect(supervisor.done).rejects.toThrow(words);
    expect(restarts).toEqual([]);
  });

  it('kills a child that does not end in time', async () => {
    const { supervisor, lines } = supervise(['stubborn'], { drainMs: 100 });
    await start(supervisor);
    await until(() => lines.length === 1);
    const pid = supervisor.pids()['stubborn'];
    await supervisor.stop();
    expect(isAlive(pid)).toBe(false);
  });
});
