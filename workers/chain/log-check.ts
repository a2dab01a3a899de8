import { codeOf, messageOf, RemitError } from '../runtime/errors.ts';
import type { ChainReader } from './chain-reader.ts';

/**
 * Makes sure, before anything depends on it, that this chain's headers and receipts hash as the check by receipts expects:
 * `reader` must be one that checks seals.
 * @throws RemitError LOG_CHECK_UNSUPPORTED
 */
export async function proveLogCheck({
  reader,
}: {
  readonly reader: Pick<ChainReader, 'head' | 'provenLogsOf'>;
}): Promise<void> {
  try {
    await reader.provenLogsOf(await reader.head());
  } catch (error) {
    // An outage says nothing about the chain.
    if (!['RPC_INCONSISTENT', 'RPC_REJECTED'].includes(codeOf(error))) throw error;
    throw new RemitError({
      code: 'LOG_CHECK_UNSUPPORTED',
      message: `the newest block cannot be checked: ${messageOf(error)}`,
      fix: 'use nodes that serve eth_getBlockReceipts; where the chain itself hashes headers or receipts in another way, set REMIT_LOG_CHECK=bloom',
      cause: error,
    });
  }
}
