import { Availability } from '../../../workers/protocol/job.ts';
import { decimalFloatBits } from '../../../workers/protocol/decimal-float.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import { LOCAL_TERMS } from '../../stack/data-committee.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Expectations } from '../expectations.ts';
import type { SeenRound, SeenUpdate } from './feed-history.ts';

/** Every job that moved the fee took exactly the feed's last answers: computed again from the rounds that were seen. */
export function expectInputs(
  rounds: readonly SeenRound[],
  updates: readonly SeenUpdate[],
  { watch }: Stack,
  expectations: Expectations,
): void {
  const requested = watch.events().flatMap((event) => (event.type === 'JobRequested' ? [event] : []));
  let checked = 0;
  for (const { jobId } of updates) {
    const job = requested.find((event) => event.jobId === jobId);
    if (!job) continue;
    const bytes = Buffer.from(job.input.slice(2), 'hex');
    const length = bytes.length / 4;
    const run = `run ${updates.findIndex((update) => update.jobId === jobId) + 1}`;
    const isFound = rounds.some((_, from) => isWindow(rounds.slice(from, from + length), bytes));
    expectations.expect(`${run}: the input is a window of the feed, as float32`, isFound);
    expectations.equal(`${run}: the terms say that it is`, job.terms.availability, Availability.Feed);
    expectations.equal(`${run}: its root is the judge's`, job.terms.inputRoot, vectorRoot(bytes));
    checked += 1;
  }
  expectations.expect('at least two answers of the model were checked', checked >= 2, String(checked));
}

function isWindow(window: readonly SeenRound[], bytes: Buffer): boolean {
  if (window.length * 4 !== bytes.length) return false;
  return window.every(({ answer }, i) => bytes.readUInt32BE(4 * i) === decimalFloatBits(answer, LOCAL_TERMS.decimals));
}
