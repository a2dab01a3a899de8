import type { Hex, Hex32, JobId } from '../../protocol/ids.ts';
import { Delivery } from '../../protocol/job.ts';
import { vectorRoot } from '../../protocol/vector-root.ts';
import { codeOf } from '../../runtime/errors.ts';
import type { Verdict } from './compare.ts';
import type { WatchtowerPorts } from './ports.ts';

/** Where the claimed output may be found. */
export interface ClaimPlaces {
  readonly jobId: JobId;
  readonly delivery: Delivery;
  readonly outputRoot: Hex32;
  readonly outputContent: Hex32;
  /** What the message brought; `0x` when nothing. */
  readonly output: Hex;
  readonly attestTransaction: Hex32;
  /** Length of the model's output vector. */
  readonly bytes: number;
}

export type Claim =
  { readonly bytes: Uint8Array } | Extract<Verdict, { verdict: 'mismatch' | 'inconclusive' | 'withheld' }>;

/**
 * The output that was attested, proven by its root, or what its absence means.
 *
 * @throws RemitError `BLOB_UNAVAILABLE`, `BLOB_HASH_MISMATCH`: somebody may still have it; `RPC_…`
 */
export async function obtainClaim(
  places: ClaimPlaces,
  { blobs, chain }: Pick<WatchtowerPorts, 'blobs' | 'chain'>,
  signal: AbortSignal,
): Promise<Claim> {
  switch (places.delivery) {
    case Delivery.None:
      return { verdict: 'inconclusive', reason: 'the output is not published and the roots differ' };
    case Delivery.Inline: {
      const fromMessage = proven(places.output, places.outputRoot);
      if (fromMessage) return fromMessage;
      const vector = await chain.vectorIn(places.attestTransaction, places.jobId, signal);
      const fromChain = vector === undefined ? undefined : proven(vector, places.outputRoot);
      return fromChain ?? { verdict: 'inconclusive', reason: 'the output is not in the calldata of the attestation' };
    }
    case Delivery.Blob:
      return published(places, { blobs }, signal);
  }
}

function proven(output: Hex, root: Hex32): { readonly bytes: Uint8Array } | undefined {
  const bytes = Buffer.from(output.slice(2), 'hex');
  return output !== '0x' && bytes.length % 4 === 0 && vectorRoot(bytes) === root ? { bytes } : undefined;
}

async function published(
  { outputContent, outputRoot, bytes: maxBytes }: ClaimPlaces,
  { blobs }: Pick<WatchtowerPorts, 'blobs'>,
  signal: AbortSignal,
): Promise<Claim> {
  try {
    const bytes = await blobs.get(outputContent, { maxBytes, signal });
    const publishedRoot = bytes.length % 4 === 0 ? vectorRoot(bytes) : 'none: no whole number of elements';
    return publishedRoot === outputRoot ? { bytes } : { verdict: 'mismatch', publishedRoot };
  } catch (error) {
    // The root binds the length, so what is larger than the model's output cannot be the attested one.
    if (codeOf(error) === 'BLOB_TOO_LARGE') return { verdict: 'withheld', reason: 'only larger blobs are published' };
    throw error;
  }
}
