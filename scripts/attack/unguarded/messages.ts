import type { AttackReport } from '../run-attacks.ts';

/** What the process that attacks tells the one that took the guard away. */
export type AttackMessage = { readonly report: AttackReport } | { readonly error: string };
