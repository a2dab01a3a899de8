import { expect } from 'chai';
import { id, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { type JobId, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { termsOfChain, termsToChain } from '../../workers/protocol/job.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import { prepay, registryAccount } from '../support/consumer-calls.ts';
import { setJobStage } from '../support/job-stage.ts';
import { CHALLENGE_WINDOW, FEE, STAKE_AT_RISK, vectorOf } from '../support/jobs.ts';

const { networkHelpers } = await network.create();
const { time } = networkHelpers;
const ONE = 10n ** 18n;
const LIMIT_MAX = 50_000n;
const SCORE_MIN = ONE / 4n;

/** The job stage, a credit line of the admin's with a prepaid balance, and the registry as an account. */
async function setCreditLine(connection: NetworkConnection) {
  const stage = await setJobStage(connection);
  const { ethers, jobs, admin, model } = stage;
  const line = await ethers.deployContract('CreditLine', [jobs, model.id, LIMIT_MAX, SCORE_MIN], admin);
  await prepay(stage, line);
  return { ...stage, line, registry: await registryAccount(stage) };
}
const load = async () => networkHelpers.loadFixture(setCreditLine);
type LineStage = Awaited<ReturnType<typeof load>>;

const requestScore = async ({ line, stranger, model }: LineStage, by = line) =>
  by.requestScore(
    stranger,
    vectorOf(model.inputLength),
    FEE,
    STAKE_AT_RISK,
    BigInt(await time.latest()) + 600n,
    CHALLENGE_WINDOW,
    1n,
  );

/** Asks for the stranger's score and reads what was asked. */
async function asked(stage: LineStage) {
  const receipt = await (await requestScore(stage)).wait();
  const event = receipt!.logs
    .map((log) => stage.jobs.interface.parseLog(log))
    .find((one) => one?.name === 'JobRequested')!;
  const named = receipt!.logs
    .map((log) => stage.line.interface.parseLog(log))
    .find((one) => one?.name === 'ScoreRequested');
  expect([...named!.args]).to.deep.equal([event.args['jobId'], stage.stranger.address]);
  return {
    jobId: event.args['jobId'] as JobId,
    terms: termsOfChain((event.args['terms'] as { toObject(): unknown }).toObject()),
  };
}

describe('CreditLine', () => {
  it('shows what it was deployed with', async () => {
    const { line, admin, model } = await load();
    expect(await line.owner()).to.equal(admin.address);
    expect(await line.modelId()).to.equal(model.id);
    expect(await line.limitMax()).to.equal(LIMIT_MAX);
    expect(await line.scoreMin()).to.equal(SCORE_MIN);
  });

  describe('requestScore', () => {
    it('reverts for everybody but the owner, who prepaid', async () => {
      const stage = await load();
      await expect(requestScore(stage, stage.line.connect(stage.stranger)))
        .to.be.revertedWithCustomError(stage.line, 'CreditLineUnauthorized')
        .withArgs(stage.stranger);
    });

    it('asks for a final answer and remembers whose it is', async () => {
      const stage = await load();
      const { jobId, terms } = await asked(stage);
      expect(await stage.line.applicantOf(jobId)).to.equal(stage.stranger.address);
      expect(await stage.settlement.balanceOf(stage.line)).to.equal(99n * FEE);
      expect(terms).to.include({
        requester: stage.line.target,
        fee: FEE,
        stakeAtRisk: STAKE_AT_RISK,
        callbackGas: 100_000,
      });
    });
  });

  describe('onFinal', () => {
    it('reverts for a job that the line did not ask for', async () => {
      const { line, registry } = await load();
      await expect(line.connect(registry).onFinal(id('job'), ZeroHash, ZeroHash, encodeFloats([1])))
        .to.be.revertedWithCustomError(line, 'CreditLineUnknownJob')
        .withArgs(id('job'));
    });

    it('reverts for an answer without a number in it', async () => {
      const stage = await load();
      const { jobId } = await asked(stage);
      await expect(stage.line.connect(stage.registry).onFinal(jobId, ZeroHash, ZeroHash, '0x'))
        .to.be.revertedWithCustomError(stage.line, 'FloatBitsOutOfRange')
        .withArgs(0n, 0n);
    });

    for (const [what, value, score, limit] of [
      ['NaN counts as 0', NaN, 0n, 0n],
      ['a negative score counts as 0', -0.75, 0n, 0n],
      ['negative infinity counts as 0', -Infinity, 0n, 0n],
      ['a score above 1 counts as 1', 1.5, ONE, LIMIT_MAX],
      ['infinity counts as 1', Infinity, ONE, LIMIT_MAX],
      ['a score below the smallest gets no limit', 0.24999, 249990001320838928n, 0n],
      ['the smallest score gets its part', 0.25, ONE / 4n, LIMIT_MAX / 4n],
      ['a half gets a half', 0.5, ONE / 2n, LIMIT_MAX / 2n],
      ['limits round down', 0.3, 300000011920928955n, 15_000n],
      ['a score of 1 gets all of it', 1, ONE, LIMIT_MAX],
    ] as const) {
      it(what, async () => {
        const stage = await load();
        const { line, registry, stranger } = stage;
        const { jobId } = await asked(stage);
        await expect(line.connect(registry).onFinal(jobId, ZeroHash, ZeroHash, encodeFloats([value])))
          .to.emit(line, 'LimitSet')
          .withArgs(jobId, stranger, score, limit);
        expect(await line.limitOf(stranger)).to.equal(limit);
      });
    }

    it('sets the limit when the challenge window has passed, from request to settlement', async () => {
      const stage = await load();
      const { line, jobs, operator, rival, stranger } = stage;
      const { terms, jobId } = await asked(stage);
      expect(terms.operator, 'an open job').to.equal(`0x${'0'.repeat(40)}`);
      const vector = encodeFloats([0.75]);
      const output = { root: vectorRoot(vector), content: ZERO_HEX32, vector };
      await networkHelpers.mine(2);
      await time.increaseTo(terms.attestDeadline - 5n);
      const receipt = await (await jobs.connect(operator.key).attest(termsToChain(terms), output, '0x')).wait();
      const { challengeEnd } = jobs.interface.parseLog(receipt!.logs[0]!)!.args.toObject() as { challengeEnd: bigint };
      expect(await line.limitOf(stranger)).to.equal(0n);
      const record = { outputRoot: output.root, outputContent: ZERO_HEX32, operator: operator.address, challengeEnd };
      await time.increaseTo(challengeEnd);
      await expect(jobs.connect(rival.account).settle(termsToChain(terms), record, vector, { gasLimit: 1_000_000n }))
        .to.emit(line, 'LimitSet')
        .withArgs(jobId, stranger, (3n * ONE) / 4n, (3n * LIMIT_MAX) / 4n);
    });
  });
});
