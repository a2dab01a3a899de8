import { expect, it } from 'vitest';
import { isUrgent } from '../../../workers/chain/transaction-journal.ts';

it.each([
  [true, undefined, 5, true],
  [false, undefined, 5, false],
  [false, 6, 5, false],
  [false, 6, 6, true],
  [true, 6, 5, true],
] as const)('urgent %s, urgent from %s, at %s: %s', (urgent, urgentFrom, timestamp, expected) => {
  expect(isUrgent({ urgent, ...(urgentFrom !== undefined && { urgentFrom }) }, { timestamp })).toBe(expected);
});
