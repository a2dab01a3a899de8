import type { Hex } from '../protocol/ids.ts';
import { Availability, type Terms } from '../protocol/job.ts';
import { inputLength } from '../protocol/model.ts';
import { ELEMENT_BYTES } from '../protocol/vector.ts';
import { vectorRoot } from '../protocol/vector-root.ts';
import { RemitError } from '../runtime/errors.ts';
import { requireInDomain } from './input-domain.ts';
import { inputError } from './input-errors.ts';
import type { ServedModel } from './model-shelf.ts';

/** Where published vectors come from; the bytes returned are known to have this digest. */
export interface InputBlobs {
  get(digest: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Uint8Array>;
}

export interface InputOrder {
  readonly terms: Pick<Terms, 'availability' | 'inputRoot'>;
  /** What came with the request: the vector, the 32-byte digest of the published one, or nothing. */
  readonly input: Hex;
  readonly model: Pick<ServedModel, 'spec' | 'loaded'>;
}

/**
 * The input vector of a job, as committed to by its terms, inside the model's domain.
 *
 * @throws RemitError `INPUT_PRIVATE`, `INPUT_LENGTH`, `INPUT_ROOT_MISMATCH`, `INPUT_OUT_OF_DOMAIN`, or what the blobs throw
 */
export async function obtainInput(
  { terms, input, model }: InputOrder,
  { blobs }: { readonly blobs: InputBlobs },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const expected = inputLength(model.spec) * ELEMENT_BYTES;
  const vector = await bytesOf(terms.availability, input, { blobs, maxBytes: expected, signal });
  if (vector.length !== expected) {
    throw inputError(
      'INPUT_LENGTH',
      `the input vector has ${vector.length} bytes, expected ${expected} (${expected / ELEMENT_BYTES} elements)`,
      { expected: expected / ELEMENT_BYTES, got: vector.length / ELEMENT_BYTES },
    );
  }
  const root = vectorRoot(vector);
  if (root !== terms.inputRoot) {
    throw new RemitError({
      code: 'INPUT_ROOT_MISMATCH',
      message: `the published input has root ${root}, the job's terms say ${terms.inputRoot}`,
      fix: 'Nothing on this node: the requester published another input than it committed to, which counts as withheld.',
      context: { root, expected: terms.inputRoot },
    });
  }
  requireInDomain(model.spec.inputs, model.loaded.layout.inputs, vector);
  return vector;
}

async function bytesOf(
  availability: Availability,
  input: Hex,
  { blobs, maxBytes, signal }: { readonly blobs: InputBlobs; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  switch (availability) {
    case Availability.Inline:
    case Availability.Feed:
      return Buffer.from(input.slice(2), 'hex');
    case Availability.Blob:
      return blobs.get(input, { maxBytes, signal });
    case Availability.None:
      throw new RemitError({
        code: 'INPUT_PRIVATE',
        message: 'the input of this job is published nowhere',
        fix: 'Ask with an inline or a blob input; a private one can only be answered by a node that was given it.',
      });
  }
}
