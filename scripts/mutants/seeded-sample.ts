/** `count` items of a list, chosen by a seed: the same seed chooses the same items of the same list. */
export function seededSample<T>(items: readonly T[], count: number, seed: number): T[] {
  const rest = [...items];
  let state = seed >>> 0;
  // mulberry32: small, and good enough to choose places in a list.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const chosen = new Set<T>();
  while (rest.length > 0 && chosen.size < count) {
    const [item] = rest.splice(Math.floor(next() * rest.length), 1);
    if (item !== undefined) chosen.add(item);
  }
  return items.filter((item) => chosen.has(item));
}
