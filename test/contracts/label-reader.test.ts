import { expect } from 'chai';
import { id, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { sha256Of } from '../../workers/protocol/content-id.ts';
import { type Address, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, Delivery, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import { prepay, registryAccount } from '../support/consumer-calls.ts';
import { setJobStage } from '../support/job-stage.ts';
import { CALLBACK_GAS, FEE, idOf, inputBytes, termsFor, vectorOf } from '../support/jobs.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;

/** The job stage and a reader with a prepaid balance. */
async function setReader(connection: NetworkConnection) {
  const stage = await setJobStage(connection);
  const { ethers, jobs, admin } = stage;
  const reader = await ethers.deployContract('LabelReader', [jobs], admin);
  await prepay(stage, reader);
  return { ...stage, reader, registry: await registryAccount(stage) };
}
const load = async () => networkHelpers.loadFixture(setReader);
type ReaderStage = Awaited<ReturnType<typeof load>>;

/** Asks the model with two outputs. */
async function asked(stage: ReaderStage, overrides: Partial<Terms> = {}) {
  const terms = await termsFor(stage, {
    requester: (await stage.reader.getAddress()) as Address,
    modelId: stage.otherModel.id,
    inputRoot: vectorRoot(vectorOf(3)),
    callbackPhase: CallbackPhase.OnAttested,
    callbackGas: CALLBACK_GAS,
    ...overrides,
  });
  const jobId = idOf(stage, terms);
  await expect(stage.reader.ask(termsToChain(terms), inputBytes(terms, vectorOf(3))))
    .to.emit(stage.reader, 'Asked')
    .withArgs(jobId);
  return { terms, jobId };
}

const answer = async ({ reader }: ReaderStage, jobId: string) => [...(await reader.answerOf(jobId))];
const VECTOR = encodeFloats([-4, -1.5]);
const ROOT = vectorRoot(VECTOR);

describe('LabelReader', () => {
  describe('ask', () => {
    it('refuses a private input', async () => {
      const stage = await load();
      const terms = await termsFor(stage, { availability: Availability.None });
      await expect(stage.reader.ask(termsToChain(terms), '0x')).to.be.revertedWithCustomError(
        stage.reader,
        'InferenceConsumerPrivateInput',
      );
    });

    it('asks for anybody, at the cost of its own balance', async () => {
      const stage = await load();
      const { jobId } = await asked(stage);
      expect(await stage.settlement.balanceOf(stage.reader)).to.equal(99n * FEE);
      expect(await answer(stage, jobId)).to.deep.equal([ZeroHash, ZeroHash, 0n, false, true]);
    });
  });

  describe('onAttested and onFinal', () => {
    it('revert for a job that the reader did not ask for', async () => {
      const { reader, registry } = await load();
      for (const method of ['onAttested', 'onFinal'] as const) {
        await expect(reader.connect(registry)[method](id('job'), ROOT, ZeroHash, VECTOR))
          .to.be.revertedWithCustomError(reader, 'LabelReaderUnknownJob')
          .withArgs(id('job'));
      }
    });

    it('keep the label of an attested answer, and say that it is not final', async () => {
      const stage = await load();
      const { jobs, reader, operator } = stage;
      const { terms, jobId } = await asked(stage);
      const output = { root: ROOT, content: ZERO_HEX32, vector: VECTOR };
      await expect(jobs.connect(operator.key).attest(termsToChain(terms), output, '0x', { gasLimit: 1_000_000n }))
        .to.emit(reader, 'Labelled')
        .withArgs(jobId, 1n, ROOT, ZERO_HEX32, false);
      expect(await answer(stage, jobId)).to.deep.equal([ROOT, ZeroHash, 1n, false, true]);
    });

    it('keep root and content id of an answer that was published', async () => {
      const stage = await load();
      const { jobs, reader, operator } = stage;
      const { terms, jobId } = await asked(stage, { delivery: Delivery.Blob });
      const content = sha256Of(VECTOR);
      await expect(
        jobs
          .connect(operator.key)
          .attest(termsToChain(terms), { root: ROOT, content, vector: '0x' }, '0x', { gasLimit: 1_000_000n }),
      )
        .to.emit(reader, 'Labelled')
        .withArgs(jobId, 0n, ROOT, content, false);
      expect(await answer(stage, jobId)).to.deep.equal([ROOT, content, 0n, false, true]);
    });

    it('keep a final answer when the window has passed', async () => {
      const stage = await load();
      const { jobs, reader, operator, stranger } = stage;
      const { terms, jobId } = await asked(stage, { callbackPhase: CallbackPhase.OnFinal });
      const output = { root: ROOT, content: ZERO_HEX32, vector: VECTOR };
      const receipt = await (await jobs.connect(operator.key).attest(termsToChain(terms), output, '0x')).wait();
      expect(await answer(stage, jobId)).to.deep.equal([ZeroHash, ZeroHash, 0n, false, true]);
      const { challengeEnd } = jobs.interface.parseLog(receipt!.logs[0]!)!.args.toObject() as { challengeEnd: bigint };
      await time.increaseTo(challengeEnd);
      const record = { outputRoot: ROOT, outputContent: ZERO_HEX32, operator: operator.address, challengeEnd };
      await expect(jobs.connect(stranger).settle(termsToChain(terms), record, VECTOR, { gasLimit: 1_000_000n }))
        .to.emit(reader, 'Labelled')
        .withArgs(jobId, 1n, ROOT, ZERO_HEX32, true);
      expect(await answer(stage, jobId)).to.deep.equal([ROOT, ZeroHash, 1n, true, true]);
    });
  });
});
