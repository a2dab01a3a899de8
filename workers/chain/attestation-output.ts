import type { Result } from 'ethers';
import type { Address, Hex, Hex32, JobId } from '../protocol/ids.ts';
import { jobIdOf, termsOfChain } from '../protocol/job.ts';
import { interfaces } from './contracts.ts';
import { inconsistent, type Rpc } from './rpc.ts';

/** Finds the output vector that an attestation carried. */
export interface AttestationOutputs {
  /**
   * The vector in the calldata of the transaction that attested `jobId`; `0x` when the delivery sent none. Undefined when
   * the transaction did not call the registry itself, carries calldata that cannot be read, or is not known to the node (any more).
   */
  vectorIn(transaction: Hex32, jobId: JobId, signal?: AbortSignal): Promise<Hex | undefined>;
}

const METHODS = new Set(['attest', 'attestWithSignature']);

/** Reads throw RemitError RPC_UNREACHABLE, RPC_INCONSISTENT. */
export function createAttestationOutputs(
  { chainId, registry }: { readonly chainId: number; readonly registry: Address },
  { rpc }: { readonly rpc: Rpc },
): AttestationOutputs {
  return {
    async vectorIn(transaction, jobId, signal) {
      const found = await rpc.call('eth_getTransactionByHash', [transaction], signal && { signal });
      if (found === null) return undefined;
      const { to, input } = found as Readonly<Record<string, unknown>>;
      if (typeof input !== 'string') throw inconsistent(`transaction ${transaction} has no input`);
      if (typeof to !== 'string' || to.toLowerCase() !== registry.toLowerCase()) return undefined;
      try {
        const call = interfaces.JobRegistry.parseTransaction({ data: input });
        if (!call || !METHODS.has(call.name)) return undefined;
        const terms = termsOfChain((call.args['terms'] as Result).toObject());
        if (jobIdOf(terms, { chainId: BigInt(chainId), registry }) !== jobId) return undefined;
        return (call.args['output'] as Result)['vector'] as Hex;
      } catch {
        // The contract may take calldata that no encoder makes; whoever sends it must not stop those who read it.
        return undefined;
      }
    },
  };
}
