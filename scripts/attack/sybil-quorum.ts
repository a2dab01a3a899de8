import { Artifact_QuorumPolicy } from '../../generated/artifacts/QuorumPolicy.js';
import { termsToChain } from '../../workers/protocol/job.ts';
import type { Account } from '../stack/accounts.ts';
import { abiCoder, callOf } from './stage/contract-handle.ts';
import { outputOf, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';

const TYPES = {
  Endorsement: [
    { name: 'jobId', type: 'bytes32' },
    { name: 'outputRoot', type: 'bytes32' },
    { name: 'outputContent', type: 'bytes32' },
    { name: 'operator', type: 'address' },
  ],
};

/** A quorum counts members, each once: not signatures, and not strangers. */
export const sybilQuorum: Attack = {
  name: 'sybil-quorum',
  threats: ['T11'],
  what: 'a quorum of two is made of one member twice, or of a member and made-up ones',
  async run(stage) {
    const { cast, handles, domain } = stage;
    const { mallory, accomplice, watcher, stranger, operator } = cast;
    const members = [mallory, watcher, stranger].map(({ address }) => address);
    const policy = await stage.deploy('a policy: two of three members must agree', watcher, Artifact_QuorumPolicy, [
      ...[members, 2, 0],
    ]);
    const job = await requested(stage, { policy: policy.address });
    const output = outputOf(stage);
    const by = { name: 'Remit QuorumPolicy', version: '1', chainId: domain.chainId, verifyingContract: policy.address };
    const value = {
      jobId: job.id,
      outputRoot: output.root,
      outputContent: output.content,
      operator: operator.owner.address,
    };
    const endorsedBy = async (...accounts: readonly Account[]) => {
      const signatures = await Promise.all(accounts.map(({ signer }) => signer.signTypedData(by, TYPES, value)));
      const evidence = abiCoder.encode(['bytes[]'], [signatures]);
      return callOf(operator.attester, handles.JobRegistry, 'attest', [termsToChain(job.terms), output, evidence]);
    };
    const ascending = (...accounts: readonly Account[]): Account[] =>
      [...accounts].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
    await stage.refused('brings one member’s endorsement twice', await endorsedBy(mallory, mallory), {
      error: 'QuorumPolicyUnordered',
      with: { signer: mallory.address },
    });
    await stage.refused('brings a member and a made-up one', await endorsedBy(...ascending(mallory, accomplice)), {
      error: 'JobRegistryPolicyRefused',
      with: { policy: policy.address },
    });
    await stage.control('brings two members', await endorsedBy(...ascending(watcher, stranger)));
  },
};
