import { describe, expect, it } from 'vitest';
import { createSessionCache, type Cached } from '../../../workers/inference/session-cache.ts';

function entries() {
  const disposed: string[] = [];
  const entry = (name: string, bytes = 10): Cached => ({ bytes, dispose: async () => void disposed.push(name) });
  return { disposed, entry };
}

describe('session cache', () => {
  it('evicts the least recently used entry beyond its count', async () => {
    const { disposed, entry } = entries();
    const cache = createSessionCache({ maxEntries: 2, maxBytes: 1000 });
    await cache.put('a', entry('a'));
    await cache.put('b', entry('b'));
    cache.get('a');
    await cache.put('c', entry('c'));
    expect(disposed).toEqual(['b']);
    expect(cache.keys).toEqual(['a', 'c']);
  });

  it('evicts as many as its bytes demand, but never what was just put', async () => {
    const { disposed, entry } = entries();
    const cache = createSessionCache({ maxEntries: 9, maxBytes: 25 });
    await cache.put('a', entry('a'));
    await cache.put('b', entry('b'));
    await cache.put('huge', entry('huge', 100));
    expect(disposed).toEqual(['a', 'b']);
    expect(cache.bytes).toBe(100);
  });

  it('disposes an entry that is replaced, once', async () => {
    const { disposed, entry } = entries();
    const cache = createSessionCache({ maxEntries: 2, maxBytes: 100 });
    await cache.put('a', entry('first'));
    await cache.put('a', entry('second'));
    expect(disposed).toEqual(['first']);
    expect(cache.bytes).toBe(10);
  });
});
