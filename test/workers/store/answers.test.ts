import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hex32, JobId } from '../../../workers/protocol/ids.ts';
import { openAnswers } from '../../../workers/store/answers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const job = (n: number): JobId => `0x${n.toString(16).padStart(64, '0')}` as JobId;
const word = (digit: string): Hex32 => `0x${digit.repeat(64)}` as Hex32;
const answer = { outputRoot: word('a'), digest: word('b') };
const clock = new ManualClock();

describe('openAnswers', () => {
  it('finds after a restart what it kept, and nothing else', async () => {
    const path = join(await tempFolder(), 'deep', 'executor.sqlite');
    const before = openAnswers(path, { clock });
    await Promise.all([before.keep(job(1), answer), before.keep(job(2), { ...answer, digest: word('c') })]);
    before.close();
    const after = openAnswers(path, { clock });
    expect(after.find(job(1))).toEqual(answer);
    expect(after.find(job(2))).toEqual({ ...answer, digest: word('c') });
    expect(after.find(job(3))).toBeUndefined();
    after.close();
  });

  it('keeps the first answer of a job', async () => {
    const answers = openAnswers(join(await tempFolder(), 'a.sqlite'), { clock });
    await answers.keep(job(1), answer);
    await answers.keep(job(1), { ...answer, outputRoot: word('d') });
    expect(answers.find(job(1))).toEqual(answer);
    answers.close();
  });

  it('writes what still waits when it is closed', async () => {
    const path = join(await tempFolder(), 'a.sqlite');
    const answers = openAnswers(path, { clock });
    const kept = answers.keep(job(1), answer);
    answers.close();
    await kept;
    const again = openAnswers(path, { clock });
    expect(again.find(job(1))).toEqual(answer);
    again.close();
  });

  it('refuses a file that another process uses', async () => {
    const path = join(await tempFolder(), 'a.sqlite');
    const answers = openAnswers(path, { clock });
    expect(() => openAnswers(path, { clock })).toThrow('in use by another process');
    answers.close();
  });
});
