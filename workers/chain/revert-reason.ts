import { AbiCoder } from 'ethers';
import type { Hex } from '../protocol/ids.ts';
import { RpcRejection } from './rpc.ts';

/** Why a contract refused. */
export interface RevertReason {
  /** Raw revert data; `0x` when there is none. */
  readonly data: Hex;
  /** Name of the error, or `undefined` when no known interface declares it. */
  readonly name: string | undefined;
  /** Arguments by name, in words. */
  readonly args: Readonly<Record<string, string>>;
  /** For people. */
  readonly message: string;
}

const REVERT = /revert|vm execution error|out of gas|invalid (opcode|jump)|stack (under|over)flow/i;

/** Revert data of a refused `eth_call` or `eth_estimateGas`; `undefined` when the contract did not refuse. */
export function revertDataOf(error: unknown): Hex | undefined {
  if (!(error instanceof RpcRejection)) return undefined;
  if (error.rpcCode !== 3 && !REVERT.test(error.reason)) return undefined;
  const { data } = error;
  const nested = typeof data === 'object' && data !== null && 'data' in data ? data.data : data;
  return (
    (typeof nested === 'string'
      ? (/0x([0-9a-fA-F]{2})*/.exec(nested)?.[0].toLowerCase() as Hex | undefined)
      : undefined) ?? '0x'
  );
}

const ERROR_STRING = '0x08c379a0';
const PANIC = '0x4e487b71';

/** Reads what every contract can throw: nothing, `Error(string)`, `Panic(uint256)`. Other errors stay data. */
export function plainReason(data: Hex): RevertReason {
  if (data === '0x') return { data, name: undefined, args: {}, message: 'the contract refused without a reason' };
  try {
    const body = `0x${data.slice(10)}`;
    if (data.startsWith(ERROR_STRING)) {
      const message = String(AbiCoder.defaultAbiCoder().decode(['string'], body)[0]);
      return { data, name: 'Error', args: { message }, message };
    }
    if (data.startsWith(PANIC)) {
      const code = String(AbiCoder.defaultAbiCoder().decode(['uint256'], body)[0]);
      return { data, name: 'Panic', args: { code }, message: `the contract failed with panic code ${code}` };
    }
  } catch {
    // Not what its selector promises: shown as data.
  }
  return { data, name: undefined, args: {}, message: `the contract refused with data ${data.slice(0, 74)}` };
}
