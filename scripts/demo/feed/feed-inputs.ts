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
  const jobs = watch
    .events()
    .flatMap((event) =>
      event.type === 'JobRequested' && updates.some(({ jobId }) => jobId === event.jobId) ? [event] : [],
    );
  const inputs = jobs.map(({ input, terms }) => ({ bytes: Buffer.from(input.slice(2), 'hex'), terms }));
  const isTaken = ({ bytes }: (typeof inputs)[number]): boolean =>
    rounds.some((_, from) => isWindow(rounds.slice(from, from + bytes.length / 4), bytes));
  expectations.expect('model: two answers or more are looked at', inputs.length >= 2, String(inputs.length));
  expectations.equal('model: every answer that moved the fee was asked for', inputs.length, updates.length);
  expectations.expect('model: every input is a window of the feed, as float32', inputs.every(isTaken));
  expectations.expect(
    'model: the terms of every job say so',
    inputs.every(({ terms }) => terms.availability === Availability.Feed),
  );
  expectations.expect(
    "model: every input's root is the judge's",
    inputs.every(({ bytes, terms }) => terms.inputRoot === vectorRoot(bytes)),
  );
}

function isWindow(window: readonly SeenRound[], bytes: Buffer): boolean {
  if (window.length * 4 !== bytes.length) return false;
  return window.every(({ answer }, i) => bytes.readUInt32BE(4 * i) === decimalFloatBits(answer, LOCAL_TERMS.decimals));
}
