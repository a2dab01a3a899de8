import { expect } from 'chai';
import { hexlify, id, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import type { Address } from '../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, JobStatus, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { encodeFloats } from '../../workers/protocol/vector.ts';
import { prepay } from '../support/consumer-calls.ts';
import { type FeedJobStage, HEARTBEAT, setFeedJobStage } from '../support/feed-job-stage.ts';
import { CALLBACK_GAS, FEE, idOf, termsFor } from '../support/jobs.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<FeedJobStage> => networkHelpers.loadFixture(setFeedJobStage);

/** Three answers: as many as `otherModel` takes. Each is a float exactly. */
const ANSWERS = [150n, 151n, 152n].map((whole) => whole * 10n ** 8n + 50_000_000n);
const VECTOR = encodeFloats([150.5, 151.5, 152.5]);

async function live(): Promise<FeedJobStage> {
  const stage = await load();
  for (const answer of ANSWERS) await stage.answer(answer);
  return stage;
}

/** Terms of a job of `otherModel` about the feed, as the registry completes them. */
async function feedTerms(stage: FeedJobStage, overrides: Partial<Terms> = {}): Promise<Terms> {
  return termsFor(stage, {
    modelId: stage.otherModel.id,
    availability: Availability.Feed,
    inputRoot: vectorRoot(VECTOR),
    ...overrides,
  });
}

describe('FeedRequests', () => {
  it('fixes its neighbours for ever', async () => {
    const { feedRequests, feeds, jobs, models } = await load();
    expect(await feedRequests.feedRegistry()).to.equal(feeds.target);
    expect(await feedRequests.jobRegistry()).to.equal(jobs.target);
    expect(await feedRequests.modelRegistry()).to.equal(models.target);
    expect(await jobs.feedRequests()).to.equal(feedRequests.target);
  });

  it("requests a job of the caller's whose input is the last answers, oldest first", async () => {
    const stage = await live();
    const { feedRequests, jobs, settlement, requester, feedId } = stage;
    const terms = await feedTerms(stage);
    const jobId = idOf(stage, terms);
    const [balance, totalHeld] = [await settlement.balanceOf(requester), await settlement.totalHeld()];
    const unfilled = termsToChain({ ...terms, requester: ZeroAddress as Address, inputRoot: jobId });
    const sent = feedRequests.connect(requester).requestFromFeed(unfilled, feedId);
    await expect(sent)
      .to.emit(jobs, 'JobRequested')
      .withArgs(jobId, requester.address, Object.values(termsToChain(terms)), hexlify(VECTOR));
    await expect(sent).to.emit(feedRequests, 'FeedInputTaken').withArgs(jobId, feedId, 3n, 3n);
    expect((await jobs.stateOf(jobId)).status).to.equal(JobStatus.Requested);
    expect(await settlement.balanceOf(requester)).to.equal(balance - FEE);
    expect(await settlement.totalHeld()).to.equal(totalHeld);
  });

  it('takes the newest of more answers than the model takes', async () => {
    const stage = await live();
    await stage.answer(153n * 10n ** 8n);
    const { feedRequests, requester, feedId } = stage;
    const terms = await feedTerms(stage, { inputRoot: vectorRoot(encodeFloats([151.5, 152.5, 153])) });
    await expect(feedRequests.connect(requester).requestFromFeed(termsToChain(terms), feedId))
      .to.emit(feedRequests, 'FeedInputTaken')
      .withArgs(idOf(stage, terms), feedId, 4n, 3n);
  });

  it('serves a consumer, which is the requester and its own callback target', async () => {
    const stage = await live();
    const { ethers, jobs, admin, feedRequests, feedId } = stage;
    const consumer = await ethers.deployContract('ConsumerProbe', [jobs], admin);
    await prepay(stage, consumer);
    const requester = (await consumer.getAddress()) as Address;
    const terms = await feedTerms(stage, {
      requester,
      callbackPhase: CallbackPhase.OnFinal,
      callbackGas: CALLBACK_GAS,
    });
    await expect(consumer.askFromFeed(termsToChain(terms), feedId))
      .to.emit(feedRequests, 'FeedInputTaken')
      .withArgs(idOf(stage, terms), feedId, 3n, 3n);
  });

  describe('refuses', () => {
    for (const availability of ['None', 'Inline', 'Blob'] as const) {
      it(`\`Availability.${availability}\``, async () => {
        const stage = await live();
        const terms = await feedTerms(stage, { availability: Availability[availability] });
        await expect(stage.feedRequests.requestFromFeed(termsToChain(terms), stage.feedId))
          .to.be.revertedWithCustomError(stage.feedRequests, 'FeedRequestsInvalidAvailability')
          .withArgs(Availability[availability]);
      });
    }

    it('a feed that is stale, and takes no fee', async () => {
      const stage = await live();
      const { settlement, requester, feedRequests, feedId, feeds } = stage;
      const terms = await feedTerms(stage, { attestDeadline: BigInt(await networkHelpers.time.latest()) + 4_000n });
      const balance = await settlement.balanceOf(requester);
      await networkHelpers.time.increase(HEARTBEAT + 1n);
      await expect(feedRequests.connect(requester).requestFromFeed(termsToChain(terms), feedId))
        .to.be.revertedWithCustomError(feeds, 'FeedRegistryNotLive')
        .withArgs(feedId, 3n);
      expect(await settlement.balanceOf(requester)).to.equal(balance);
    });

    it('a feed with fewer answers than the model takes', async () => {
      const stage = await live();
      const terms = await feedTerms(stage, { modelId: stage.model.id });
      await expect(stage.feedRequests.requestFromFeed(termsToChain(terms), stage.feedId))
        .to.be.revertedWithCustomError(stage.feeds, 'FeedRegistryNoRound')
        .withArgs(stage.feedId, 10n);
    });

    it('a feed that nobody made', async () => {
      const stage = await live();
      await expect(stage.feedRequests.requestFromFeed(termsToChain(await feedTerms(stage)), id('nothing')))
        .to.be.revertedWithCustomError(stage.feeds, 'FeedRegistryUnknownFeed')
        .withArgs(id('nothing'));
    });

    it('a penalty, for which there is no signed offer', async () => {
      const stage = await live();
      const { feedRequests, jobs, requester, feedId, operator } = stage;
      const terms = await feedTerms(stage, { offerPenalty: 1n });
      await expect(feedRequests.connect(requester).requestFromFeed(termsToChain(terms), feedId))
        .to.be.revertedWithCustomError(jobs, 'JobRegistryInvalidOffer')
        .withArgs(operator.address, 1n);
    });

    it('a callback to a requester without code', async () => {
      const stage = await live();
      const { feedRequests, jobs, requester, feedId } = stage;
      const called = { callbackPhase: CallbackPhase.OnFinal, callbackGas: CALLBACK_GAS };
      const terms = await feedTerms(stage, called);
      await expect(
        feedRequests.connect(requester).requestFromFeed(termsToChain(terms), feedId),
      ).to.be.revertedWithCustomError(jobs, 'JobRegistryInvalidCallback');
    });
  });

  describe('JobRegistry.requestFromFeed', () => {
    it('answers FeedRequests only, which cannot be talked into another availability (I21)', async () => {
      const stage = await live();
      const { jobs, requester, stranger, feedRequests } = stage;
      const terms = await feedTerms(stage);
      await expect(jobs.connect(stranger).requestFromFeed(requester, termsToChain(terms), VECTOR))
        .to.be.revertedWithCustomError(jobs, 'JobRegistryUnauthorized')
        .withArgs(stranger);
      const as = await stage.ethers.getImpersonatedSigner(await feedRequests.getAddress());
      await networkHelpers.setBalance(as.address, 10n ** 18n);
      const inline = await feedTerms(stage, { availability: Availability.Inline });
      // A stranger could spend somebody else's balance on a job that says nothing about a feed.
      for (const caller of [as, stranger]) {
        await expect(jobs.connect(caller).requestFromFeed(requester, termsToChain(inline), VECTOR))
          .to.be.revertedWithCustomError(jobs, 'JobRegistryUnauthorized')
          .withArgs(caller);
      }
    });

    it('is the only way to `Availability.Feed`', async () => {
      const stage = await live();
      const { jobs, requester } = stage;
      const plain = termsToChain(await feedTerms(stage));
      const offered = termsToChain(await feedTerms(stage, { offerPenalty: 1n }));
      const expiry = BigInt(await networkHelpers.time.latest()) + 100n;
      for (const call of [
        jobs.connect(requester).request(plain, VECTOR),
        jobs.connect(requester).requestWithOffer(offered, VECTOR, expiry, '0x'),
      ]) {
        await expect(call).to.be.revertedWithCustomError(jobs, 'JobRegistryUnauthorized').withArgs(requester);
      }
    });
  });
});
