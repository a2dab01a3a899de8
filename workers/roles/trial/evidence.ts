import { chunksIn } from '../../canonical/tree/tree-nodes.ts';
import type { Hex, Hex32 } from '../../protocol/ids.ts';
import { Availability, Delivery, isInEvent, type Terms } from '../../protocol/job.ts';
import { inputLength, type ModelSpec, outputLength } from '../../protocol/model.ts';
import { ELEMENT_BYTES } from '../../protocol/vector.ts';
import { vectorRoot } from '../../protocol/vector-root.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { TrialBlobs, TrialChain, TrialMessage, TrialPorts } from './ports.ts';
import { nodeKey, type Shown, type VectorSpace } from './trial-view.ts';

/** The input of a job as its terms commit to it; undefined when it is published nowhere, or something else is. */
export async function findInput(
  { terms, message, spec }: { readonly terms: Terms; readonly message: TrialMessage; readonly spec: ModelSpec },
  { blobs }: { readonly blobs: TrialBlobs },
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const maxBytes = inputLength(spec) * ELEMENT_BYTES;
  if (terms.availability === Availability.None) return undefined;
  const vector = isInEvent(terms.availability)
    ? bytesOf(message.input)
    : await blobIfAny(blobs, message.input, maxBytes, signal);
  return matching(vector, terms.inputRoot);
}

/** The output that was claimed, proven by its root; undefined when nobody shows it. */
export async function findOutput(
  { terms, message, spec }: { readonly terms: Terms; readonly message: TrialMessage; readonly spec: ModelSpec },
  { blobs, outputs, chain }: Pick<TrialPorts, 'blobs' | 'outputs'> & { readonly chain: Pick<TrialChain, 'vectorIn'> },
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { outputRoot, outputContent } = message.record;
  const brought = matching(bytesOf(message.output), outputRoot);
  if (brought) return brought;
  const maxBytes = outputLength(spec) * ELEMENT_BYTES;
  if (terms.delivery === Delivery.None) {
    const own = await outputs.find(outputRoot);
    return matching(own && (await blobIfAny(blobs, own, maxBytes, signal)), outputRoot);
  }
  if (terms.delivery === Delivery.Inline) {
    const vector = await chain.vectorIn(message.attest.txHash, message.jobId, signal);
    return matching(vector === undefined ? undefined : bytesOf(vector), outputRoot);
  }
  return matching(await blobIfAny(blobs, outputContent, maxBytes, signal), outputRoot);
}

/** A vector that was shown chunk by chunk; undefined while a part of it is missing. */
export function shownVector(
  space: VectorSpace,
  length: number,
  shown: ReadonlyMap<string, Shown>,
  root: Hex32,
): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (let index = 0; index < chunksIn(length); index++) {
    const seen = shown.get(nodeKey({ space, height: 0, index }));
    if (!seen || !('chunk' in seen)) return undefined;
    parts.push(seen.chunk);
  }
  return matching(Buffer.concat(parts).subarray(0, length * ELEMENT_BYTES), root);
}

function bytesOf(hex: Hex): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex');
}

function matching(vector: Uint8Array | undefined, root: Hex32): Uint8Array | undefined {
  return vector && vector.length > 0 && vector.length % ELEMENT_BYTES === 0 && vectorRoot(vector) === root
    ? vector
    : undefined;
}

/** A blob that nobody has is no failure here: its absence is what the trial may be about. */
async function blobIfAny(
  blobs: TrialBlobs,
  digest: Hex,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await blobs.get(digest, { maxBytes, signal });
  } catch (error) {
    if (codeOf(error).startsWith('BLOB_')) return undefined;
    throw error;
  }
}
