import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseHex32, parseJobId } from '../../../workers/protocol/ids.ts';
import {
  eligible,
  eligibleAt,
  eligibleFrom,
  ladderSeed,
  ladderStep,
  ladderTicket,
} from '../../../workers/protocol/ladder.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

interface LadderCase {
  jobId: string;
  nextBlockHash: string;
  operator: string;
  stake: string;
  totalStake: string;
  width: number;
  seed: string;
  ticket: string;
  steps: { doublings: number; eligible: boolean }[];
  requestedAt: number;
  step: number;
  eligibleFrom: number;
}
const cases = sharedVectors('ladder.json') as LadderCase[];
const word = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => parseHex32(`0x${Buffer.from(bytes).toString('hex')}`));
const OPERATOR = parseAddress(`0x${'11'.repeat(20)}`);

describe('sortition ladder', () => {
  it.each(cases)('agrees with the shared vector of job $jobId', (entry) => {
    const seed = ladderSeed(parseJobId(entry.jobId), parseHex32(entry.nextBlockHash));
    const operator = parseAddress(entry.operator);
    expect(seed).toBe(entry.seed);
    expect(ladderTicket(seed, operator)).toBe(BigInt(entry.ticket));
    const place = {
      seed,
      operator,
      stake: BigInt(entry.stake),
      totalStake: BigInt(entry.totalStake),
      width: BigInt(entry.width),
    };
    for (const step of entry.steps) expect(eligibleAt(place, step.doublings)).toBe(step.eligible);
    expect(eligibleFrom(place, entry) ?? 0).toBe(entry.eligibleFrom);
  });

  it('counts whole steps, none before the request, and 64 at most', () => {
    const time = { requestedAt: 1000, step: 12 };
    expect([0, 1000, 1011, 1012, 1024, 1e9].map((now) => ladderStep(time, now))).toEqual([0, 0, 0, 1, 2, 64]);
  });

  it('makes an operator eligible from its first second on, and not one second earlier', () => {
    const share = fc.tuple(fc.bigInt(1n, 2n ** 100n), fc.bigInt(0n, 2n ** 110n));
    fc.assert(
      fc.property(word, share, fc.integer({ min: 1, max: 600 }), (seed, [stake, others], step) => {
        const place = { seed, operator: OPERATOR, stake, totalStake: stake + others, width: 2n };
        const time = { requestedAt: 5000, step };
        const from = eligibleFrom(place, time) ?? Infinity;
        expect(from).toBeGreaterThanOrEqual(5000);
        if (from > 5000) expect(eligible(place, time, from - 1)).toBe(false);
        if (from < Infinity)
          expect([0, 1, step, 70 * step].every((later) => eligible(place, time, from + later))).toBe(true);
      }),
    );
  });

  it('starts about as many operators at once as it is wide', () => {
    const operators = 200;
    let started = 0;
    for (let i = 0; i < operators; i++) {
      const seed = parseHex32(`0x${'5a'.repeat(32)}`);
      const operator = parseAddress(`0x${i.toString(16).padStart(40, '0')}`);
      if (eligibleAt({ seed, operator, stake: 10n, totalStake: 2000n, width: 20n }, 0)) started += 1;
    }
    expect(started).toBeGreaterThan(8);
    expect(started).toBeLessThan(35);
  });

  it('never admits an operator without stake, and every other one when the seed is forgotten', () => {
    const place = { operator: OPERATOR, totalStake: 10n ** 30n, width: 1n };
    const time = { requestedAt: 0, step: 1 };
    const seed = parseHex32(`0x${'ff'.repeat(32)}`);
    expect(eligibleFrom({ ...place, seed, stake: 0n }, time)).toBeUndefined();
    expect(eligibleFrom({ ...place, seed: undefined, stake: 0n }, time)).toBeUndefined();
    expect(eligibleFrom({ ...place, seed: undefined, stake: 1n }, time)).toBe(0);
  });

  it('knows who waits for ever', () => {
    const place = {
      seed: parseHex32(`0x${'ff'.repeat(32)}`),
      operator: OPERATOR,
      stake: 1n,
      totalStake: 2n ** 127n,
      width: 1n,
    };
    expect(eligibleFrom(place, { requestedAt: 0, step: 1 })).toBeUndefined();
  });
});
