import { expect } from 'chai';
import { id, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import type { Address } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { prepay, registryAccount } from '../support/consumer-calls.ts';
import { setJobStage } from '../support/job-stage.ts';
import { CALLBACK_GAS, FEE, idOf, inputBytes, outputFor, termsFor, vectorOf } from '../support/jobs.ts';

const { networkHelpers } = await network.create();

/** The job stage, a consumer that overrides nothing, and the registry as an account. */
async function setConsumer(connection: NetworkConnection) {
  const stage = await setJobStage(connection);
  const { ethers, jobs, admin } = stage;
  const consumer = await ethers.deployContract('ConsumerProbe', [jobs], admin);
  await prepay(stage, consumer);
  return { ...stage, consumer, registry: await registryAccount(stage) };
}
const load = async () => networkHelpers.loadFixture(setConsumer);

describe('InferenceConsumer', () => {
  it('knows one registry for ever', async () => {
    const { consumer, jobs } = await load();
    expect(await consumer.jobRegistry()).to.equal(jobs.target);
  });

  for (const method of ['onAttested', 'onFinal'] as const) {
    describe(method, () => {
      it('reverts for everybody but the registry', async () => {
        const { consumer, stranger, operator, admin } = await load();
        for (const caller of [stranger, operator.key, admin]) {
          await expect(consumer.connect(caller)[method](id('job'), ZeroHash, ZeroHash, '0x'))
            .to.be.revertedWithCustomError(consumer, 'InferenceConsumerUnauthorized')
            .withArgs(caller);
        }
      });

      it('does nothing unless it is overridden', async () => {
        const { consumer, registry } = await load();
        const receipt = await (await consumer.connect(registry)[method](id('job'), ZeroHash, ZeroHash, '0x')).wait();
        expect(receipt!.logs).to.deep.equal([]);
      });
    });
  }

  describe('_requestInference', () => {
    it('refuses a private input: nobody else could check the answer', async () => {
      const stage = await load();
      const terms = await termsFor(stage, { availability: Availability.None });
      await expect(stage.consumer.ask(termsToChain(terms), '0x')).to.be.revertedWithCustomError(
        stage.consumer,
        'InferenceConsumerPrivateInput',
      );
    });

    it('asks as the contract, out of its own balance, and is called back', async () => {
      const stage = await load();
      const { consumer, jobs, settlement, operator } = stage;
      const requester = (await consumer.getAddress()) as Address;
      const terms = await termsFor(stage, {
        requester,
        callbackPhase: CallbackPhase.OnAttested,
        callbackGas: CALLBACK_GAS,
      });
      await consumer.ask(termsToChain(terms), inputBytes(terms, vectorOf(stage.model.inputLength)));
      expect(await settlement.balanceOf(consumer)).to.equal(99n * FEE);
      expect((await jobs.stateOf(idOf(stage, terms))).status).to.equal(BigInt(JobStatus.Requested));
      await jobs.connect(operator.key).attest(termsToChain(terms), outputFor(stage, terms), '0x');
      expect((await jobs.stateOf(idOf(stage, terms))).delivered).to.equal(true);
    });
  });

  describe('supportsInterface', () => {
    it('says yes to ERC-165 and to the callback, no to all else', async () => {
      const { consumer } = await load();
      const selectors = ['onAttested', 'onFinal'].map(
        (name) => consumer.interface.getFunction(name as 'onFinal').selector,
      );
      const callback = `0x${selectors
        .reduce((sum, selector) => sum ^ BigInt(selector), 0n)
        .toString(16)
        .padStart(8, '0')}`;
      expect(await consumer.supportsInterface(callback)).to.equal(true);
      expect(await consumer.supportsInterface('0x01ffc9a7')).to.equal(true);
      expect(await consumer.supportsInterface('0xffffffff')).to.equal(false);
      expect(await consumer.supportsInterface(selectors[0]!)).to.equal(false);
    });
  });
});
