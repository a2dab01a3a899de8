import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DataRequestId, FeedId } from '../../../workers/protocol/ids.ts';
import type { Observation } from '../../../workers/protocol/observation.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { openJournal } from '../../../workers/store/journal.ts';
import { createReportGuard, type ReportGuard } from '../../../workers/store/report-guard.ts';
import { FEED, REQUEST, ROUNDS } from '../../support/sample-feed.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const observation = (turn: bigint, value: bigint, more: Partial<Observation> = {}): Observation => ({
  feedId: FEED,
  requestId: ROUNDS,
  turn,
  value,
  ...more,
});

async function openGuard(path?: string): Promise<{ guard: ReportGuard; path: string; close: () => void }> {
  const file = path ?? join(await tempFolder(), 'reports.sqlite');
  const journal = openJournal(file, { chainId: 31_337, genesisHash: '0xabc', signer: '0x1' });
  const close = (): void => {
    journal.close();
  };
  onTestFinished(close);
  return { guard: createReportGuard({ journal, clock: systemClock }), path: file, close };
}

const doubleReport = expect.objectContaining({
  code: 'DOUBLE_REPORT',
  retryable: false,
  context: expect.objectContaining({ recorded: '10', refused: '11' }) as unknown,
}) as Error;

describe('the report guard', () => {
  it('records one value per turn, and knows it again in another life', async () => {
    const { guard, path, close } = await openGuard();
    expect(guard.find(observation(1n, 0n))).toBeUndefined();
    expect(guard.admit(observation(1n, 10n))).toBe('recorded');
    expect(guard.admit(observation(1n, 10n))).toBe('same');
    close();
    const { guard: again } = await openGuard(path);
    expect(again.find(observation(1n, 0n))).toBe(10n);
    expect(again.admit(observation(1n, 10n))).toBe('same');
  });

  it('refuses a second value, in this life and the next, and keeps the first', async () => {
    const { guard, path, close } = await openGuard();
    guard.admit(observation(1n, 10n));
    expect(() => guard.admit(observation(1n, 11n))).toThrow(doubleReport);
    close();
    const { guard: again } = await openGuard(path);
    expect(() => again.admit(observation(1n, 11n))).toThrow(doubleReport);
    expect(again.find(observation(1n, 0n))).toBe(10n);
  });

  it('takes two spellings of an id for one id', async () => {
    const { guard } = await openGuard();
    guard.admit(observation(1n, 10n, { requestId: REQUEST }));
    const loud = {
      feedId: FEED.toUpperCase().replace('0X', '0x') as FeedId,
      requestId: REQUEST.toUpperCase().replace('0X', '0x') as DataRequestId,
    };
    expect(loud.feedId).not.toBe(FEED);
    expect(guard.admit(observation(1n, 10n, loud))).toBe('same');
    expect(() => guard.admit(observation(1n, 11n, loud))).toThrow(doubleReport);
  });

  it('keeps turns, feeds and questions apart', async () => {
    const { guard } = await openGuard();
    guard.admit(observation(1n, 10n));
    expect(guard.admit(observation(2n, 11n))).toBe('recorded');
    expect(guard.admit(observation(1n, 12n, { requestId: REQUEST }))).toBe('recorded');
    expect(guard.admit(observation(1n, 13n, { feedId: REQUEST as unknown as FeedId }))).toBe('recorded');
  });

  it('keeps every int128 and every uint64 exactly', async () => {
    const { guard } = await openGuard();
    const extremes = [2n ** 127n - 1n, -(2n ** 127n), 0n, -1n, 2n ** 63n];
    for (const [i, value] of extremes.entries()) {
      const turn = 2n ** 64n - 1n - BigInt(i);
      expect(guard.admit(observation(turn, value))).toBe('recorded');
      expect(guard.find(observation(turn, 0n))).toBe(value);
    }
  });
});
