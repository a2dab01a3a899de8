import { describe, expect, it } from 'vitest';
import { MAX_STALLS } from '../../../workers/queue/catalog.ts';
import { Suspects } from '../../../workers/queue/suspects.ts';

const entered = (suspects: Suspects, deaths: number, ids: readonly string[]): readonly string[] =>
  ids.filter((id) => suspects.enter(id, deaths));
const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `message ${n}`);

describe('messages that were with a dead consumer', () => {
  it.each([
    [1, 1],
    [4, 2],
    [100, 10],
    [1_000, 32],
  ])('of %i at once run %i after one death', (atOnce, group) => {
    expect(entered(new Suspects(atOnce), 1, ids(2_000))).toHaveLength(group);
  });

  it('run alone before a death that would condemn them, and nothing joins them', () => {
    const suspects = new Suspects(100);
    expect(entered(suspects, MAX_STALLS, ids(3))).toEqual(['message 0']);
    expect(suspects.enter('fresh', 1)).toBe(false);
    suspects.leave('message 0');
    expect(suspects.enter('fresh', 1)).toBe(true);
    expect(suspects.enter('message 1', MAX_STALLS)).toBe(false);
    suspects.leave('fresh');
    expect(suspects.enter('message 1', MAX_STALLS)).toBe(true);
  });

  it('of more deaths than any are still tried one by one', () => {
    expect(entered(new Suspects(100), MAX_STALLS + 5, ids(3))).toEqual(['message 0']);
  });

  it('make room when they end', () => {
    const suspects = new Suspects(4);
    expect(entered(suspects, 1, ids(4))).toEqual(['message 0', 'message 1']);
    suspects.leave('message 0');
    expect(entered(suspects, 1, ids(4).slice(2))).toEqual(['message 2']);
  });
});
