import type { AttackReport } from '../run-attacks.ts';
import type { Guard } from './guard-list.ts';

/** How an attack ended on a network without its guard. */
export interface Verdict {
  /**
   * `noticed`: it reported its success. `not noticed`: it was defended all the same, so the check is vacuous or something else
   * defends. `stopped`: it broke off elsewhere than where it succeeds.
   */
  readonly outcome: 'noticed' | 'not noticed' | 'stopped';
  /** What the attack reported; empty when it was defended. */
  readonly reported: string;
}

export function verdictOn({ says }: Pick<Guard, 'says'>, { flaw }: Pick<AttackReport, 'flaw'>): Verdict {
  if (flaw === undefined) return { outcome: 'not noticed', reported: '' };
  return { outcome: flaw.includes(says) ? 'noticed' : 'stopped', reported: flaw };
}
