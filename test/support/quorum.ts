import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { AbiCoder } from 'ethers';
import type { Address, Hex, JobId } from '../../workers/protocol/ids.ts';
import type { JobStage } from './job-stage.ts';
import type { Output } from './jobs.ts';

const TYPES = {
  Endorsement: [
    { name: 'jobId', type: 'bytes32' },
    { name: 'outputRoot', type: 'bytes32' },
    { name: 'outputContent', type: 'bytes32' },
    { name: 'operator', type: 'address' },
  ],
};

/** Evidence for `QuorumPolicy`: what these members sign of an attestation, in ascending order of their addresses. */
export async function endorsements(
  { domain }: JobStage,
  policy: Address,
  members: readonly HardhatEthersSigner[],
  attestation: { readonly jobId: JobId; readonly output: Output; readonly operator: Address },
): Promise<Hex> {
  const by = { name: 'Remit QuorumPolicy', version: '1', chainId: domain.chainId, verifyingContract: policy };
  const { jobId, output, operator } = attestation;
  const value = { jobId, outputRoot: output.root, outputContent: output.content, operator };
  const sorted = [...members].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const signatures = await Promise.all(sorted.map(async (member) => member.signTypedData(by, TYPES, value)));
  return AbiCoder.defaultAbiCoder().encode(['bytes[]'], [signatures]) as Hex;
}
