import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hex32, JobId } from '../../../workers/protocol/ids.ts';
import { createCursor, type CursorBlock } from '../../../workers/store/cursor.ts';
import { createJobNotes } from '../../../workers/store/job-notes.ts';
import { type Journal, openJournal } from '../../../workers/store/journal.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

async function openTemp(): Promise<Journal> {
  const journal = openJournal(join(await tempFolder(), 'listener.db'), {
    chainId: 1,
    genesisHash: '0x',
    signer: 'listener',
  });
  onTestFinished(() => {
    journal.close();
  });
  return journal;
}

const hash = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}` as Hex32;
const block = (number: number, logs: readonly { data: string }[] = []): CursorBlock<{ data: string }> => ({
  number,
  hash: hash(number),
  parentHash: hash(number - 1),
  timestamp: 1000 + number,
  logs,
});

describe('createCursor', () => {
  it('appends, forgets what is old, and goes back', async () => {
    const journal = await openTemp();
    const cursor = createCursor<{ data: string }>('jobs', { journal });
    expect(cursor.load()).toEqual([]);
    cursor.advance(block(1), 0);
    cursor.advance(block(2, [{ data: '0x01' }]), 0);
    cursor.advance(block(3), 2);
    expect(cursor.load()).toEqual([block(2, [{ data: '0x01' }]), block(3)]);
    cursor.leave(2);
    expect(createCursor('jobs', { journal }).load()).toEqual([block(2, [{ data: '0x01' }])]);
    cursor.advance({ ...block(3), hash: hash(33) }, 2);
    expect(cursor.load().at(-1)?.hash).toBe(hash(33));
  });

  it('keeps streams apart', async () => {
    const journal = await openTemp();
    createCursor('jobs', { journal }).advance(block(1), 0);
    const other = createCursor('feeds', { journal });
    other.advance(block(9), 9);
    other.leave(0);
    other.left();
    expect(createCursor('jobs', { journal }).load()).toHaveLength(1);
    expect(other.load()).toEqual([]);
  });

  it('remembers what was begun until it is done: a block on its way in, blocks on their way out', async () => {
    const journal = await openTemp();
    const cursor = createCursor<{ data: string }>('jobs', { journal });
    const unsettled = () => createCursor<{ data: string }>('jobs', { journal }).unsettled();
    expect(unsettled()).toEqual({ entering: undefined, leaving: [] });
    cursor.advance(block(1), 0);
    cursor.enter(block(2, [{ data: '0x02' }]));
    expect(unsettled()).toEqual({ entering: block(2, [{ data: '0x02' }]), leaving: [] });
    cursor.enter({ ...block(2), hash: hash(22) });
    cursor.advance({ ...block(2), hash: hash(22) }, 0);
    expect(unsettled()).toEqual({ entering: undefined, leaving: [] });
    cursor.enter(block(3));
    cursor.leave(1);
    expect(unsettled()).toEqual({ entering: undefined, leaving: [{ ...block(2), hash: hash(22) }, block(3)] });
    expect(cursor.load()).toEqual([block(1)]);
    cursor.left();
    expect(unsettled()).toEqual({ entering: undefined, leaving: [] });
  });

  it('refuses to append the same height twice, and forgets nothing then', async () => {
    const cursor = createCursor('jobs', { journal: await openTemp() });
    cursor.advance(block(1), 0);
    cursor.advance(block(2), 0);
    expect(() => {
      cursor.advance(block(2), 2);
    }).toThrow();
    expect(cursor.load()).toHaveLength(2);
  });
});

describe('createJobNotes', () => {
  it('keeps the first time of every stage, in the order of time', async () => {
    const clock = new ManualClock({ startMs: 100 });
    const notes = createJobNotes({ journal: await openTemp(), clock });
    const jobId = hash(1) as JobId;
    notes.note(jobId, 'seen');
    await clock.advance(5);
    notes.note(jobId, 'attested', '0xabc');
    notes.note(jobId, 'seen', 'again');
    expect(notes.of(jobId)).toEqual([
      { stage: 'seen', at: 100, detail: '' },
      { stage: 'attested', at: 105, detail: '0xabc' },
    ]);
    expect(notes.of(hash(2) as JobId)).toEqual([]);
  });
});
