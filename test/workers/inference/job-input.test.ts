import { describe, expect, it } from 'vitest';
import { obtainInput } from '../../../workers/inference/job-input.ts';
import type { TensorLayout } from '../../../workers/inference/tensor-layout.ts';
import { Availability, type Terms } from '../../../workers/protocol/job.ts';
import { bitsOfFloat, encodeFloats } from '../../../workers/protocol/vector.ts';
import { vectorRoot } from '../../../workers/protocol/vector-root.ts';
import { hexOf, specOf } from '../../support/role-jobs.ts';

const vector = encodeFloats([1.5, 2]);
const digest = `0x${'ab'.repeat(32)}` as const;
const spec = specOf(2, 1, { inputs: [{ length: 2, lo: bitsOfFloat(-10), hi: bitsOfFloat(10) }] });
const layout: TensorLayout = {
  inputs: [{ name: 'x', type: 'float32', shape: [2], length: 2, start: 0 }],
  inputLength: 2,
  outputs: null,
  outputLength: null,
};

async function obtain(availability: Terms['availability'], input: `0x${string}`, inputRoot = vectorRoot(vector)) {
  const asked: string[] = [];
  const blobs = {
    get: async (name: string) => {
      asked.push(name);
      return vector;
    },
  };
  const model = { spec, loaded: { layout } } as Parameters<typeof obtainInput>[0]['model'];
  const order = { terms: { availability, inputRoot }, input, model };
  const found = await obtainInput(order, { blobs }, new AbortController().signal);
  return { found, asked };
}

describe('the input of a job', () => {
  it.each([
    ['inline', Availability.Inline],
    ['taken from a feed', Availability.Feed],
  ] as const)('%s is the vector in the event, and nobody is asked for it', async (_, availability) => {
    const { found, asked } = await obtain(availability, hexOf(vector));
    expect(Buffer.from(found)).toEqual(Buffer.from(vector));
    expect(asked).toEqual([]);
  });

  it('published is fetched by its digest', async () => {
    expect((await obtain(Availability.Blob, digest)).asked).toEqual([digest]);
  });

  it('that nobody can obtain is refused', async () => {
    await expect(obtain(Availability.None, '0x')).rejects.toMatchObject({ code: 'INPUT_PRIVATE' });
  });

  it('taken from a feed is checked against its root and its length like any other', async () => {
    const other = hexOf(encodeFloats([1.5, 3]));
    await expect(obtain(Availability.Feed, other)).rejects.toMatchObject({ code: 'INPUT_ROOT_MISMATCH' });
    const short = hexOf(encodeFloats([1.5]));
    await expect(obtain(Availability.Feed, short)).rejects.toMatchObject({ code: 'INPUT_LENGTH' });
  });
});
