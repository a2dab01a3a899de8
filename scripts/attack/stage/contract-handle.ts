import { AbiCoder, Interface, type InterfaceAbi } from 'ethers';
import { Artifact_AccessManager } from '../../../generated/artifacts/AccessManager.js';
import { Artifact_HostileToken } from '../../../generated/artifacts/HostileToken.js';
import { Artifact_QuorumPolicy } from '../../../generated/artifacts/QuorumPolicy.js';
import { Artifact_ScheduleAccount } from '../../../generated/artifacts/ScheduleAccount.js';
import { Artifact_TensorJudge } from '../../../generated/artifacts/TensorJudge.js';
import { Artifact_TrialExaminer } from '../../../generated/artifacts/TrialExaminer.js';
import { Artifact_ChunkReader } from '../../../generated/artifacts/ChunkReader.js';
import { Artifact_VectorOpening } from '../../../generated/artifacts/VectorOpening.js';
import { interfaces } from '../../../workers/chain/contracts.ts';
import type { ContractName } from '../../../workers/chain/deployments.ts';
import type { RevertReason } from '../../../workers/chain/revert-reason.ts';
import { explainRevert } from '../../../workers/chain/reverts.ts';
import type { Address, Hex } from '../../../workers/protocol/ids.ts';
import type { Account } from '../../stack/accounts.ts';

/** A contract that calls can be made to. */
export interface ContractHandle {
  readonly name: string;
  readonly address: Address;
  readonly abi: Interface;
}

/** One transaction, not sent yet. */
export interface Call {
  readonly from: Account;
  /** Absent: creates a contract. */
  readonly to?: Address;
  readonly data: Hex;
  /** Wei. */
  readonly value?: bigint;
  readonly gas?: bigint;
}

export interface Artifact {
  readonly abi: unknown;
  readonly bytecode: string;
}

export function handleOf(name: ContractName, address: Address): ContractHandle {
  return { name, address, abi: interfaces[name] };
}

export function callOf(
  from: Account,
  { address, abi }: ContractHandle,
  method: string,
  args: readonly unknown[],
  extra: Pick<Call, 'value' | 'gas'> = {},
): Call {
  return { from, to: address, data: abi.encodeFunctionData(method, args) as Hex, ...extra };
}

/** The creation of a contract. */
export function creationOf(from: Account, { abi, bytecode }: Artifact, args: readonly unknown[]): Call {
  const values = new Interface(abi as InterfaceAbi).encodeDeploy(args);
  return { from, data: (bytecode + values.slice(2)) as Hex };
}

/** Errors of what is not among the contracts that workers call. */
const OTHERS = [
  new Interface(Artifact_AccessManager.abi),
  new Interface(Artifact_QuorumPolicy.abi),
  new Interface(Artifact_ScheduleAccount.abi),
  new Interface(Artifact_TrialExaminer.abi),
  new Interface(Artifact_HostileToken.abi),
  new Interface(Artifact_ChunkReader.abi),
  new Interface(Artifact_TensorJudge.abi),
  new Interface(Artifact_VectorOpening.abi),
  new Interface(['error ReentrancyGuardReentrantCall()']),
];

/** Reads revert data with the errors of everything that is on the stage. */
export function explain(data: Hex): RevertReason {
  const reason = explainRevert(data);
  if (reason.name !== undefined) return reason;
  for (const abi of OTHERS) {
    const error = data.length >= 10 ? abi.parseError(data) : null;
    if (!error || error.name === 'Error' || error.name === 'Panic') continue;
    const args = Object.fromEntries(error.fragment.inputs.map(({ name }, at) => [name, String(error.args[at])]));
    const shown = Object.entries(args).map(([name, value]) => `${name}: ${value}`);
    return { data, name: error.name, args, message: `${error.name}(${shown.join(', ')})` };
  }
  return reason;
}

export const abiCoder = AbiCoder.defaultAbiCoder();
