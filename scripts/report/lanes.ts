/** All of `suites`, once each and in order; those that `together` lets run side by side are in one lane. */
export function lanesOf<Suite>(
  suites: readonly Suite[],
  together: readonly (readonly Suite[])[],
): readonly (readonly Suite[])[] {
  const placed = new Set<Suite>();
  return suites.flatMap((suite) => {
    if (placed.has(suite)) return [];
    const group = together.find((one) => one.includes(suite)) ?? [suite];
    const lane = suites.filter((one) => group.includes(one));
    for (const one of lane) placed.add(one);
    return [lane];
  });
}
