import { expect, it } from 'vitest';
import { Availability } from '../../../../workers/protocol/job.ts';
import { encodeFloats } from '../../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../../workers/protocol/vector-root.ts';
import { findInput } from '../../../../workers/roles/trial/evidence.ts';
import type { TrialMessage } from '../../../../workers/roles/trial/ports.ts';
import { failure, hexOf, specOf, termsOf, verificationOf } from '../../../support/role-jobs.ts';
import { hash } from '../../../support/sample-job.ts';

const vector = encodeFloats([1.5, 2]);
const spec = specOf(2, 1);

const find = (availability: 0 | 1 | 2 | 3, input = hexOf(vector), root = vectorRoot(vector)) => {
  const parts = { spec, vector, input, terms: { availability, inputRoot: root } };
  const message: TrialMessage = verificationOf({ ...parts, outputRoot: hash(1) });
  const blobs = { get: () => Promise.reject(failure('BLOB_UNAVAILABLE')) };
  return findInput({ terms: termsOf(parts), message, spec }, { blobs }, new AbortController().signal);
};

it.each([
  ['inline', Availability.Inline, true],
  ['from a feed', Availability.Feed, true],
  ['published, and withheld', Availability.Blob, false],
  ['private', Availability.None, false],
] as const)('an input that is %s: at hand from the message alone %s', async (_, availability, found) => {
  const input = await find(availability);
  expect(input && hexOf(input)).toEqual(found ? hexOf(vector) : undefined);
});

it('a vector that does not hash to the root of the terms is no evidence, wherever it is from', async () => {
  expect(await find(Availability.Feed, hexOf(encodeFloats([1.5, 3])))).toBeUndefined();
});
