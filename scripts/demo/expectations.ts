/** One thing that had to be so. */
export interface Expectation {
  readonly what: string;
  readonly held: boolean;
  /** What was seen instead. */
  readonly seen?: string;
}

/** Collects what had to be so; nothing is thrown, so that a demo shows everything that went wrong. */
export interface Expectations {
  readonly all: readonly Expectation[];
  readonly failed: readonly Expectation[];
  /** @param seen what was seen, for the report of a failure */
  expect(what: string, held: boolean, seen?: string): boolean;
  equal(what: string, seen: bigint | string | number | boolean, wanted: bigint | string | number | boolean): boolean;
}

export function createExpectations(): Expectations {
  const all: Expectation[] = [];
  const expect: Expectations['expect'] = (what, held, seen) => {
    all.push({ what, held, ...(seen !== undefined && !held && { seen }) });
    return held;
  };
  return {
    all,
    get failed() {
      return all.filter(({ held }) => !held);
    },
    expect,
    equal: (what, seen, wanted) => expect(what, seen === wanted, `expected ${String(wanted)}, got ${String(seen)}`),
  };
}
