import { type AbiCodec, abiCodec } from '../protocol/abi-codec.ts';
import { messageOf } from '../runtime/errors.ts';
import { interfaces } from './contracts.ts';
import type { Addresses, ContractName } from './deployments.ts';
import { inconsistent, type Rpc } from './rpc.ts';

/**
 * Calls one view function of one of our contracts at the newest block; `signal` ends this read alone. What it answers, in
 * order and by name; structs by the names of their fields.
 */
export type ContractRead = (
  contract: ContractName,
  method: string,
  values: readonly unknown[],
  signal?: AbortSignal,
) => Promise<readonly unknown[] & Readonly<Record<string, unknown>>>;

interface Function {
  readonly selector: string;
  readonly inputs: AbiCodec;
  readonly outputs: AbiCodec;
  /** Of the outputs. */
  readonly names: readonly string[];
}

/**
 * For readers that are called per job: unlike `connectContracts` it builds nothing per call.
 * The returned function throws RpcRejection when the call reverts, RemitError RPC_UNREACHABLE, RPC_INCONSISTENT.
 */
export function createContractRead(addresses: Addresses, { rpc }: { readonly rpc: Rpc }): ContractRead {
  const functions = new Map<string, Function>();

  function functionOf(contract: ContractName, method: string): Function {
    const name = `${contract}.${method}`;
    const known = functions.get(name) ?? describe(contract, method);
    functions.set(name, known);
    return known;
  }

  return async (contract, method, values, signal) => {
    const { selector, inputs, outputs, names } = functionOf(contract, method);
    const data = selector + inputs.encode(values);
    const answer = await rpc.call(
      'eth_call',
      [{ to: addresses[contract], data }, 'latest'],
      signal ? { signal } : undefined,
    );
    try {
      const found = outputs.decode(String(answer).slice(2));
      return Object.assign([...found], Object.fromEntries(names.map((name, at) => [name, found[at]])));
    } catch (error) {
      throw inconsistent(`${contract}.${method} answered what cannot be read: ${messageOf(error)}`);
    }
  };
}

function describe(contract: ContractName, method: string): Function {
  const fragment = interfaces[contract].getFunction(method);
  if (!fragment) throw new Error(`${contract} has no function ${method}`);
  const { selector, inputs, outputs } = fragment;
  return { selector, inputs: abiCodec(inputs), outputs: abiCodec(outputs), names: outputs.map(({ name }) => name) };
}
