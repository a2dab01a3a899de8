import { describe, expect, it } from 'vitest';
import type { Hex32 } from '../../../../workers/protocol/ids.ts';
import { createRecentSightings } from '../../../../workers/roles/oracle/recent-sightings.ts';

const signal = new AbortController().signal;
const digest = (digit: string): Hex32 => `0x${digit.repeat(64)}` as Hex32;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Sources that count how often they are asked, and the clock that they are asked by. */
function bench() {
  const asked: string[] = [];
  let now = 0;
  let fails = false;
  const look = async (name: string) => {
    asked.push(name);
    if (fails) throw new Error('nobody answers');
    return { value: BigInt(asked.length), sources: [] };
  };
  const sightings = createRecentSightings(
    { maxAgeMs: 1_000 },
    {
      sightings: {
        ofFeed: (of) => look(of.slice(0, 3)),
        ofSpec: (spec, decimals) => look(`${new TextDecoder().decode(spec)}.${decimals}`),
      },
      clock: { now: () => now },
    },
  );
  return {
    asked,
    sightings,
    at: (time: number) => void (now = time),
    fail: (failing: boolean) => void (fails = failing),
    feed: async (digit: string) => (await sightings.ofFeed(digest(digit), signal)).value,
    spec: async (text: string, decimals = 8) => (await sightings.ofSpec(bytes(text), decimals, signal)).value,
  };
}

describe('recent sightings', () => {
  it('ask the sources once for all who ask within the time, and again after it', async () => {
    const { asked, at, feed } = bench();
    expect(await Promise.all([feed('a'), feed('a')])).toEqual([1n, 1n]);
    at(999);
    expect(await feed('a')).toBe(1n);
    at(1_000);
    expect(await feed('a')).toBe(2n);
    expect(asked).toEqual(['0xa', '0xa']);
  });

  it('tell documents apart, and decimals', async () => {
    const { asked, feed, spec } = bench();
    expect([await feed('a'), await feed('b'), await spec('x'), await spec('y'), await spec('x', 6)]).toEqual([
      1n,
      2n,
      3n,
      4n,
      5n,
    ]);
    expect([await spec('x'), await feed('b')]).toEqual([3n, 2n]);
    expect(asked).toEqual(['0xa', '0xb', 'x.8', 'y.8', 'x.6']);
  });

  it('let a failure stand as long as a value', async () => {
    const { asked, at, fail, feed } = bench();
    fail(true);
    await expect(feed('a')).rejects.toThrow('nobody answers');
    fail(false);
    await expect(feed('a')).rejects.toThrow('nobody answers');
    at(1_000);
    expect(await feed('a')).toBe(2n);
    expect(asked).toHaveLength(2);
  });

  it('remember a bounded number of documents', async () => {
    const { asked, spec } = bench();
    for (let i = 0; i < 257; i += 1) await spec(String(i));
    await spec('256');
    expect(asked).toHaveLength(257);
    await spec('0');
    expect(asked).toHaveLength(258);
  });
});
