import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogTail } from '../../../scripts/stack/log-tail.ts';
import { startProcess } from '../../../scripts/stack/managed-process.ts';
import { createTeardown } from '../../../scripts/stack/teardown.ts';
import { codeOf } from '../../../workers/runtime/errors.ts';
import { systemClock as clock } from '../../../workers/runtime/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

const quick = { what: 'the line', deadlineMs: 30_000 };

async function run(script: string) {
  const folder = await tempFolder();
  const log = createLogTail({ clock });
  const logFile = join(folder, 'child.log');
  const options = { name: 'child', command: process.execPath, args: ['-e', script], env: process.env, logFile };
  const child = await startProcess(options, { clock, log });
  onTestFinished(async () => {
    await child.kill();
  });
  return { child, log, logFile };
}

describe('a managed process', () => {
  it('is heard, line by line, and its lines are kept in a file', async () => {
    const { child, log, logFile } = await run(
      'console.log(JSON.stringify({ msg: "hello", time: 5, jobId: "0x1" })); console.error("plain"); setInterval(() => 0, 1e6)',
    );
    const hello = await log.waitFor(({ message }) => message === 'hello', quick);
    expect(hello).toEqual({ process: 'child', pid: child.pid, at: 5, message: 'hello', fields: { jobId: '0x1' } });
    await log.waitFor(({ message }) => message === 'plain', quick);
    await until(async () => (await readFile(logFile, 'utf8')).includes('plain\n'));
    expect(child.running()).toBe(true);
  });

  it('ends when asked, and by force when it does not', async () => {
    const polite = await run('console.log("up"); setInterval(() => 0, 1e6)');
    await polite.log.waitFor(({ message }) => message === 'up', quick);
    expect(await polite.child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    const stubborn = await run('process.on("SIGTERM", () => 0); console.log("up"); setInterval(() => 0, 1e6)');
    await stubborn.log.waitFor(({ message }) => message === 'up', quick);
    expect(await stubborn.child.stop(50)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(stubborn.child.running()).toBe(false);
  });

  it('is not hit by a Ctrl-C in the terminal: it leads a process group of its own', async () => {
    const { child } = await run('setInterval(() => 0, 1e6)');
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    expect(group).toBe(child.pid);
  });

  it('that cannot be started says so', async () => {
    const folder = await tempFolder();
    const options = { name: 'child', command: '/nowhere/program', args: [], env: {}, logFile: join(folder, 'log') };
    const ended = startProcess(options, { clock, log: createLogTail({ clock }) }).then(
      async (child) => (await child.exited).code,
      codeOf,
    );
    // Behind setpriv the start succeeds, and the program is missed a moment later.
    expect(['STACK_PROCESS_FAILED', 127, 1]).toContain(await ended);
  });
});

describe('a log', () => {
  it('is waited for until a deadline, which names what was waited for', async () => {
    const manual = new ManualClock();
    const log = createLogTail({ clock: manual });
    const waiting = log.waitFor(() => false, { what: 'the impossible', deadlineMs: 1_500 });
    const failed = expect(waiting).rejects.toMatchObject({
      code: 'STACK_TIMEOUT',
      message: 'the impossible did not happen within 1.5 s',
    });
    await manual.advance(1_500);
    await failed;
  });

  it('is no longer waited for when the signal aborts', async () => {
    const controller = new AbortController();
    const log = createLogTail({ clock });
    const waiting = log.waitFor(() => false, { ...quick, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('a teardown', () => {
  it('ends everything in reverse, whatever fails, and once', async () => {
    const teardown = createTeardown({ clock });
    const ended: string[] = [];
    teardown.add('first', () => Promise.resolve(ended.push('first')));
    teardown.add('broken', () => Promise.reject(new Error('no')));
    teardown.add('last', () => Promise.resolve(ended.push('last')));
    expect(await Promise.all([teardown.run(), teardown.run()])).toEqual([['broken: no'], ['broken: no']]);
    expect(ended).toEqual(['last', 'first']);
  });
});
