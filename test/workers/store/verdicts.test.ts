import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobId, ModelId } from '../../../workers/protocol/ids.ts';
import { openVerdicts, type VerdictNote } from '../../../workers/store/verdicts.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const job = (n: number): JobId => `0x${n.toString(16).padStart(64, '0')}` as JobId;
const note = (n: number, changes: Partial<VerdictNote> = {}): VerdictNote => ({
  jobId: job(n),
  modelId: `0x${'5'.repeat(64)}` as ModelId,
  operator: '0x00000000000000000000000000000000000000A1',
  verdict: 'agrees',
  worstGapRatio: 0.25,
  triable: false,
  at: n,
  detail: { n },
  ...changes,
});

describe('openVerdicts', () => {
  it('finds after a restart what it kept, the newest first, narrowed by job, verdict and number', async () => {
    const path = join(await tempFolder(), 'watchtower.sqlite');
    const before = openVerdicts(path);
    before.keep(note(1));
    before.keep(note(2, { verdict: 'disagrees', worstGapRatio: null, triable: true }));
    before.keep(note(3));
    before.close();
    const after = openVerdicts(path);
    expect(after.find({}).map(({ at }) => at)).toEqual([3, 2, 1]);
    expect(after.find({ verdict: 'disagrees' })).toEqual([
      note(2, { verdict: 'disagrees', worstGapRatio: null, triable: true }),
    ]);
    expect(after.find({ jobId: job(1) })).toEqual([note(1)]);
    expect(after.find({ verdict: 'agrees', limit: 1 })).toEqual([note(3)]);
    expect(after.find({ jobId: job(9) })).toEqual([]);
    after.close();
  });

  it('replaces what was found about a job before', async () => {
    const verdicts = openVerdicts(join(await tempFolder(), 'w.sqlite'));
    verdicts.keep(note(1));
    verdicts.keep(note(1, { verdict: 'withheld', at: 7 }));
    expect(verdicts.find({})).toMatchObject([{ verdict: 'withheld', at: 7 }]);
    verdicts.close();
  });
});
