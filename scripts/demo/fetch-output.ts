import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import type { SeenOf } from '../stack/chain-watch.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { Delivery } from '../../workers/protocol/job.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';

export interface FetchOutputOptions {
  readonly attested: SeenOf<'JobAttested'>;
  readonly delivery: Delivery;
  /** The operator's blobs. */
  readonly operatorStore: string;
  readonly maxBytes: number;
}

export interface FetchOutputDeps {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The answer the way any stranger would get it: out of the attestation's calldata, or by content id over HTTP from the
 * operator's store into a new folder of our own. Not verified against the root here.
 *
 * @throws RemitError `BLOB_…`, `STACK_OUTPUT_NOT_FOUND`
 */
export async function fetchOutput(options: FetchOutputOptions, deps: FetchOutputDeps): Promise<Uint8Array> {
  return options.delivery === Delivery.Blob ? publishedOutput(options, deps) : calldataOutput(options, deps);
}

async function publishedOutput(
  { attested, operatorStore, maxBytes }: FetchOutputOptions,
  { clock, signal }: FetchOutputDeps,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-reader-'));
  try {
    const store = await createArtifactStore(
      { folder, peers: [operatorStore], maxBytes },
      { clock, logger: silentLogger },
    );
    return await store.get(attested.outputContent, { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function calldataOutput({ attested }: FetchOutputOptions, { rpc, signal }: FetchOutputDeps): Promise<Uint8Array> {
  const { transactionHash } = attested.log;
  const found = await rpc.call('eth_getTransactionByHash', [transactionHash], signal && { signal });
  const input = typeof found === 'object' && found !== null && 'input' in found ? String(found.input) : '0x';
  const call = interfaces.JobRegistry.parseTransaction({ data: input });
  const output = call?.args.toObject()['output'] as { readonly vector?: string } | undefined;
  if (output?.vector !== undefined) return Buffer.from(output.vector.slice(2), 'hex');
  throw new RemitError({
    code: 'STACK_OUTPUT_NOT_FOUND',
    message: `transaction ${transactionHash} is not an attestation that carries its output`,
    fix: 'nothing to correct for the reader: the operator sent it through another contract; ask the operator for the output',
    context: { transactionHash },
  });
}
