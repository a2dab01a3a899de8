import { hashInputs, type Inputs, recordedInputs } from '../audit/inputs.ts';
import type { Problems } from './step.ts';

/** Every input of docs/audit that is not what its pages were made of. */
export function staleInputs(recorded: Inputs, now: Inputs): string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(now)]);
  return [...names]
    .filter((name) => recorded[name] !== now[name])
    .map((name) => `docs/audit is stale: ${name} changed since; run ./dev audit`);
}

/** Compares hashes only. */
export function checkAuditFreshness(): Problems {
  return staleInputs(recordedInputs(), hashInputs());
}
