import type { Mutant } from './list-mutants.ts';
import type { MutantResult, Outcome } from './results.ts';
import type { Subject } from './subjects.ts';

/** The figures of one contract. */
export interface Score {
  readonly subject: Subject;
  /** Mutants that there are, and of these how many were put before the tests. */
  readonly listed: number;
  readonly tried: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly survivors: readonly Mutant[];
  /** Noticed, of those that are a change and compile; percent, `undefined` when there are none. */
  readonly percent: number | undefined;
}

export function scoreOf(
  subject: Subject,
  mutants: readonly Mutant[],
  results: ReadonlyMap<string, MutantResult>,
): Score {
  const tried = mutants.flatMap((mutant) => {
    const result = results.get(mutant.id);
    return result === undefined ? [] : [{ mutant, outcome: result.outcome }];
  });
  const count = (wanted: Outcome): number => tried.filter(({ outcome }) => outcome === wanted).length;
  const counts = {
    killed: count('killed'),
    timeout: count('timeout'),
    survived: count('survived'),
    equivalent: count('equivalent'),
    'not compiled': count('not compiled'),
  };
  const noticed = counts.killed + counts.timeout;
  const real = noticed + counts.survived;
  return {
    subject,
    listed: mutants.length,
    tried: tried.length,
    counts,
    survivors: tried.filter(({ outcome }) => outcome === 'survived').map(({ mutant }) => mutant),
    percent: real === 0 ? undefined : (noticed / real) * 100,
  };
}
