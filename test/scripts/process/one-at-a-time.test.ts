import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { oneAtATime } from '../../../scripts/process/one-at-a-time.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const MODULE = new URL('../../../scripts/process/one-at-a-time.ts', import.meta.url).href;

it('lets the second begin when the first has ended, and says once that it waits', async () => {
  const file = join(await tempFolder(), 'made', 'lock');
  const story: string[] = [];
  const release = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const first = oneAtATime({
    file,
    onWait: () => story.push('first waits'),
    work: async () => {
      begun.resolve(undefined);
      await release.promise;
      story.push('first ends');
      return 1;
    },
  });
  await begun.promise;
  const second = oneAtATime({
    file,
    onWait: () => {
      story.push('second waits');
      release.resolve(undefined);
    },
    work: () => Promise.resolve(story.push('second')),
  });
  expect(await first).toBe(1);
  await second;
  expect(story).toEqual(['second waits', 'first ends', 'second']);
});

it('lets go when the work fails', async () => {
  const file = join(await tempFolder(), 'lock');
  const onWait = (): never => {
    throw new Error('nobody is at work');
  };
  await expect(oneAtATime({ file, onWait, work: () => Promise.reject(new Error('does not compile')) })).rejects.toThrow(
    'does not compile',
  );
  expect(await oneAtATime({ file, onWait, work: () => Promise.resolve('built') })).toBe('built');
});

it('waits for another process, and no longer than that lives', async () => {
  const file = join(await tempFolder(), 'lock');
  const holder = `
    import { oneAtATime } from ${JSON.stringify(MODULE)};
    await oneAtATime({ file: ${JSON.stringify(file)}, onWait() {}, work: () => {
      console.log('held');
      return new Promise((resolve) => setTimeout(resolve, 600_000));
    } });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  let waits = 0;
  const result = await oneAtATime({
    file,
    onWait: () => {
      waits += 1;
      child.kill('SIGKILL');
    },
    work: () => Promise.resolve('mine'),
  });
  expect({ result, waits }).toEqual({ result: 'mine', waits: 1 });
});
