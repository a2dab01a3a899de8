import type { Result } from 'ethers';
import type { Hex } from '../protocol/ids.ts';
import { messageOf } from '../runtime/errors.ts';
import { interfaces } from './contracts.ts';
import type { Addresses, ContractName } from './deployments.ts';
import { inconsistent, type Rpc } from './rpc.ts';

/** Calls one view function of one of our contracts at the newest block; `signal` ends this read alone. */
export type ContractRead = (
  contract: ContractName,
  method: string,
  values: readonly unknown[],
  signal?: AbortSignal,
) => Promise<Result>;

/**
 * For readers that are called per job: unlike `connectContracts` it builds nothing per call.
 * The returned function throws RpcRejection when the call reverts, RemitError RPC_UNREACHABLE, RPC_INCONSISTENT.
 */
export function createContractRead(addresses: Addresses, { rpc }: { readonly rpc: Rpc }): ContractRead {
  return async (contract, method, values, signal) => {
    const data = interfaces[contract].encodeFunctionData(method, values);
    const answer = await rpc.call(
      'eth_call',
      [{ to: addresses[contract], data }, 'latest'],
      signal ? { signal } : undefined,
    );
    try {
      return interfaces[contract].decodeFunctionResult(method, answer as Hex);
    } catch (error) {
      throw inconsistent(`${contract}.${method} answered what cannot be read: ${messageOf(error)}`);
    }
  };
}
