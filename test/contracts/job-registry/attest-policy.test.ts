import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { AbiCoder } from 'ethers';
import { network } from 'hardhat';
import type { Address, Hex } from '../../../workers/protocol/ids.ts';
import { termsToChain } from '../../../workers/protocol/job.ts';
import { attestChecked } from '../../support/checked-attestations.ts';
import { expireChecked, settleChecked } from '../../support/checked-endings.ts';
import { openTrialChecked, resolveTrialChecked } from '../../support/checked-trials.ts';
import { requestChecked } from '../../support/checked-requests.ts';
import { type JobStage, setJobStage } from '../../support/job-stage.ts';
import { type Job, outputFor, termsFor } from '../../support/jobs.ts';
import { endorsements } from '../../support/quorum.ts';

/** `PolicyProbe.Behaviour` */
const Behaviour = { Accept: 0, Refuse: 1, Revert: 2, BurnGas: 3, ReturnNothing: 4 } as const;
const POLICY_GAS = 500_000n;
const REENTERED = '0x3ee5aeb5'; // ReentrancyGuardReentrantCall()

const { ethers, networkHelpers } = await network.create();
const load = async (): Promise<JobStage> => networkHelpers.loadFixture(setJobStage);

/** A job whose policy does what a test wants. */
async function probed(behaviour: number, window = 0) {
  const stage = await load();
  const policy = await ethers.deployContract('PolicyProbe');
  await policy.setBehaviour(behaviour, window);
  const address = (await policy.getAddress()) as Address;
  const job = await requestChecked(stage, await termsFor(stage, { policy: address }));
  return { stage, policy, address, job };
}

async function attempt(stage: JobStage, { terms }: Job, evidence: Hex = '0x', gasLimit?: bigint) {
  const overrides = gasLimit === undefined ? {} : { gasLimit };
  const output = outputFor(stage, terms);
  return stage.jobs.connect(stage.operator.key).attest(termsToChain(terms), output, evidence, overrides);
}

describe('JobRegistry.attest: policies', () => {
  describe('refuses', () => {
    it('what the policy refuses; the job stays open and its fee goes back at the deadline', async () => {
      const { stage, address, job } = await probed(Behaviour.Refuse);
      await expect(attempt(stage, job))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryPolicyRefused')
        .withArgs(address);
      await expireChecked(stage, job);
    });

    it('when the policy reverts, with its reason', async () => {
      const { stage, policy, job } = await probed(Behaviour.Revert);
      await expect(attempt(stage, job)).to.be.revertedWithCustomError(policy, 'PolicyProbeReverts').withArgs();
      await expireChecked(stage, job);
    });

    it('when the policy burns all of its gas, and burns no more than that', async () => {
      const { stage, job } = await probed(Behaviour.BurnGas);
      await expect(attempt(stage, job, '0x', 5_000_000n)).to.be.revertedWithoutReason(ethers);
      const block = await ethers.provider.getBlock('latest', true);
      const receipt = await ethers.provider.getTransactionReceipt(block!.transactions[0]!);
      expect(receipt!.gasUsed).to.be.greaterThan(POLICY_GAS);
      expect(receipt!.gasUsed).to.be.lessThan(POLICY_GAS + 150_000n);
      await expireChecked(stage, job);
    });

    it('when the policy answers nothing', async () => {
      const { stage, job } = await probed(Behaviour.ReturnNothing);
      await expect(attempt(stage, job)).to.be.revertedWithoutReason(ethers);
    });

    it('a transaction that would starve the policy', async () => {
      const { stage, job } = await probed(Behaviour.Accept);
      await expect(attempt(stage, job, '0x', 500_000n)).to.be.revertedWithCustomError(
        stage.jobs,
        'JobRegistryInsufficientGas',
      );
    });

    for (const window of [59, 86_401]) {
      it(`a window of ${window} seconds, out of the bounds of the parameters`, async () => {
        const { stage, job } = await probed(Behaviour.Accept, window);
        await expect(attempt(stage, job))
          .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryInvalidWindow')
          .withArgs(window, 60n, 86_400n);
      });
    }

    it('I24: everything that a policy tries to do to jobs while it is asked', async () => {
      const { stage, policy, job } = await probed(Behaviour.Accept);
      const inner = stage.jobs.interface.encodeFunctionData('expire', [termsToChain(job.terms)]);
      await policy.reenter(stage.jobs, inner);
      await expect(attempt(stage, job)).to.emit(policy, 'Reentered').withArgs(false, REENTERED);
    });
  });

  it('asks once, with the attestation, the evidence and 500,000 gas', async () => {
    const { stage, policy, job } = await probed(Behaviour.Accept);
    const { output, record } = await attestChecked(stage, job, { evidence: '0xc0ffee' });
    const questions = await policy.questions();
    expect(questions).to.have.length(1);
    const { attestation, evidence, sender, gasOnEntry } = questions[0]!;
    expect([...attestation]).to.deep.equal([job.id, output.root, output.content, record.operator]);
    expect([evidence, sender]).to.deep.equal(['0xc0ffee', await stage.jobs.getAddress()]);
    expect(gasOnEntry).to.be.within(POLICY_GAS - 1_000n, POLICY_GAS);
  });

  it('gives the policy the same gas however much the transaction has', async () => {
    const { stage, policy, job } = await probed(Behaviour.Accept);
    const { policy: address } = job.terms;
    const second = await requestChecked(stage, await termsFor(stage, { policy: address }));
    await attestChecked(stage, job, { gasLimit: 900_000n });
    await attestChecked(stage, second, { gasLimit: 9_000_000n });
    const [first, later] = await policy.questions();
    expect(first!.gasOnEntry).to.equal(later!.gasOnEntry);
  });

  for (const window of [60, 86_400]) {
    it(`takes the policy's window of ${window} seconds, the last that is allowed`, async () => {
      const { stage, job } = await probed(Behaviour.Accept, window);
      await settleChecked(stage, await attestChecked(stage, job, { window }));
    });
  }

  it('I21: holds the window to the bounds under which the job was requested', async () => {
    const { stage, job } = await probed(Behaviour.Accept, 90);
    await stage.jobs.setParameters({ ...stage.parameters, challengeWindowMin: 120n });
    await attestChecked(stage, job, { window: 90 });
  });

  it('is never asked again: it cannot trap settle, expire or a trial', async () => {
    const { stage, policy, job } = await probed(Behaviour.Accept);
    const { policy: address } = job.terms;
    const second = await requestChecked(stage, await termsFor(stage, { policy: address }));
    const third = await requestChecked(stage, await termsFor(stage, { policy: address }));
    const settled = await attestChecked(stage, job);
    const tried = await attestChecked(stage, second);
    await policy.setBehaviour(Behaviour.BurnGas, 0);
    await openTrialChecked(stage, tried);
    await resolveTrialChecked(stage, tried, 'Acquitted');
    await expireChecked(stage, third);
    await settleChecked(stage, settled);
    expect(await policy.questions()).to.have.length(2);
  });
});

describe('QuorumPolicy: a policy as it is written', () => {
  async function quorum() {
    const stage = await load();
    const members: HardhatEthersSigner[] = [stage.admin, stage.publisher, stage.otherPublisher];
    const policy = await ethers.deployContract('QuorumPolicy', [members.map(({ address }) => address), 2, 120]);
    const address = (await policy.getAddress()) as Address;
    const job = await requestChecked(stage, await termsFor(stage, { policy: address }));
    const attestation = { jobId: job.id, output: outputFor(stage, job.terms), operator: stage.operator.address };
    const evidenceOf = async (signers: readonly HardhatEthersSigner[], change = {}): Promise<Hex> =>
      endorsements(stage, address, signers, { ...attestation, ...change });
    return { stage, policy, address, members, job, evidenceOf };
  }

  it('refuses a threshold of nobody or of more than there are', async () => {
    const { policy, members } = await quorum();
    for (const threshold of [0, 4]) {
      await expect(ethers.deployContract('QuorumPolicy', [members.map(({ address }) => address), threshold, 0]))
        .to.be.revertedWithCustomError(policy, 'QuorumPolicyInvalidThreshold')
        .withArgs(threshold, 3);
    }
  });

  it('refuses too few members, and strangers', async () => {
    const { stage, address, members, job, evidenceOf } = await quorum();
    for (const signers of [[], [members[0]!], [members[0]!, stage.stranger]]) {
      await expect(attempt(stage, job, await evidenceOf(signers)))
        .to.be.revertedWithCustomError(stage.jobs, 'JobRegistryPolicyRefused')
        .withArgs(address);
    }
  });

  it('refuses endorsements of something else: they recover to strangers', async () => {
    const { stage, members, job, evidenceOf } = await quorum();
    const evidence = await evidenceOf(members, { operator: stage.rival.address });
    await expect(attempt(stage, job, evidence)).to.be.revert(ethers);
  });

  it('I20: refuses one member twice', async () => {
    const { stage, policy, members, job, evidenceOf } = await quorum();
    const [once] = AbiCoder.defaultAbiCoder().decode(['bytes[]'], await evidenceOf([members[0]!]))[0] as string[];
    const twice = AbiCoder.defaultAbiCoder().encode(['bytes[]'], [[once, once]]) as Hex;
    await expect(attempt(stage, job, twice))
      .to.be.revertedWithCustomError(policy, 'QuorumPolicyUnordered')
      .withArgs(members[0]!.address);
  });

  it('refuses evidence that is none', async () => {
    const { stage, job } = await quorum();
    await expect(attempt(stage, job, '0x1234')).to.be.revertedWithoutReason(ethers);
  });

  it('accepts two of three, and shortens the window', async () => {
    const { stage, members, job, evidenceOf } = await quorum();
    const evidence = await evidenceOf([members[2]!, members[0]!]);
    await settleChecked(stage, await attestChecked(stage, job, { evidence, window: 120 }));
  });
});
