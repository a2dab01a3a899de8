import { describe, expect, it } from 'vitest';
import type { JobId } from '../../../../workers/protocol/ids.ts';
import { isSampled } from '../../../../workers/roles/watchtower/sampling.ts';

const jobs = Array.from({ length: 2_000 }, (_, n) => `0x${n.toString(16).padStart(64, '0')}` as JobId);
const drawn = (ratio: number, salt = ''): readonly JobId[] => jobs.filter((job) => isSampled(job, ratio, salt));

describe('isSampled', () => {
  it('takes all at 1 and none at 0', () => {
    expect(drawn(1)).toHaveLength(2_000);
    expect(drawn(0)).toHaveLength(0);
  });

  it('takes about the asked part, always the same jobs, and more of the same at a higher ratio', () => {
    const quarter = drawn(0.25);
    expect(quarter.length).toBeGreaterThan(400);
    expect(quarter.length).toBeLessThan(600);
    expect(drawn(0.25)).toEqual(quarter);
    expect(new Set(drawn(0.5))).toEqual(new Set([...quarter, ...drawn(0.5)]));
  });

  it('takes other jobs under another salt', () => {
    expect(drawn(0.25, 'mine')).not.toEqual(drawn(0.25));
  });
});
