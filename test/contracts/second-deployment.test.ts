import { expect } from 'chai';
import { ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { appointmentTypedData } from '../../workers/protocol/appointment.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import { JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { attestChecked } from '../support/checked-attestations.ts';
import { requestChecked } from '../support/checked-requests.ts';
import { attempt, prove, FREE_ONLY } from '../support/equivocations.ts';
import { leaderOf, nextTurn, setFeedStage, signAll } from '../support/feed-stage.ts';
import { type JobStage, setJobStage } from '../support/job-stage.ts';
import {
  idOf,
  inputBytes,
  type Job,
  outputFor,
  PENALTY,
  signOffer,
  signOutput,
  termsFor,
  vectorOf,
} from '../support/jobs.ts';
import { signedOutput } from '../support/checked-trials.ts';

/** Two deployments with the same people, keys and stakes: both on one chain, or at the same addresses of two. */
const PAIRS = [
  { name: 'of the same chain', chainIds: [31_337], sameAddress: false },
  { name: 'at the same addresses of another chain', chainIds: [31_337, 31_338], sameAddress: true },
] as const;

/** The same stage twice. */
async function twice<T>(chainIds: readonly number[], stage: (connection: NetworkConnection) => Promise<T>) {
  const chains = await Promise.all(chainIds.map(async (chainId) => network.create({ override: { chainId } })));
  const [first, second = first] = chains;
  return { first: await stage(first!), other: await stage(second!) };
}

for (const { name, chainIds, sameAddress } of PAIRS) {
  describe(`I17: a second deployment ${name}`, () => {
    describe('with the same operators', () => {
      let first: JobStage;
      let other: JobStage;

      beforeEach(async () => {
        ({ first, other } = await twice(chainIds, setJobStage));
        expect(other.operator.key.address).to.equal(first.operator.key.address);
        expect(other.domain.verifyingContract === first.domain.verifyingContract).to.equal(sameAddress);
        expect(other.domain.chainId === first.domain.chainId).to.equal(!sameAddress);
      });

      /** The same terms, requested in both. */
      async function requestedInBoth(offerPenalty = 0n): Promise<{ mine: Job; theirs: Job }> {
        const later = Math.max(await first.networkHelpers.time.latest(), await other.networkHelpers.time.latest());
        const terms = await termsFor(first, { attestDeadline: BigInt(later) + 900n, offerPenalty });
        return { mine: await requestChecked(first, terms), theirs: await requestChecked(other, terms) };
      }

      it('takes no attestation that was signed for the first, and its own', async () => {
        const { mine, theirs } = await requestedInBoth();
        expect(mine.id).not.to.equal(theirs.id);
        const output = outputFor(first, mine.terms);
        const by = [first.operator.key, mine.id, first.operator.address, output] as const;
        const elsewhere = [
          await signOutput(first, ...by),
          // Its own job's name under the first one's domain, and the other way round.
          await signOutput(first, by[0], theirs.id, by[2], output),
          await signOutput(other, ...by),
        ];
        const bring = async (signature: string) =>
          other.jobs
            .connect(other.stranger)
            .attestWithSignature(termsToChain(theirs.terms), other.operator.address, output, '0x', signature);
        for (const signature of elsewhere) {
          await expect(bring(signature)).to.be.revertedWithCustomError(other.jobs, 'JobRegistryNotAttester');
        }
        await attestChecked(other, theirs, { relayedBy: other.stranger });
        await attestChecked(first, mine, { relayedBy: first.stranger });
      });

      it('takes no offer that was signed for the first, and its own', async () => {
        const terms = await termsFor(first, { offerPenalty: PENALTY });
        const { attestDeadline: until } = terms;
        const later = BigInt(await other.networkHelpers.time.latest()) + 600n;
        const same = { ...terms, attestDeadline: until > later ? until : later };
        const request = async (signature: string) =>
          other.jobs
            .connect(other.requester)
            .requestWithOffer(
              termsToChain(same),
              inputBytes(same, vectorOf(other.model.inputLength)),
              same.attestDeadline,
              signature,
            );
        const foreign = await signOffer(first, first.operator.key, same, same.attestDeadline);
        await expect(request(foreign)).to.be.revertedWithCustomError(other.jobs, 'JobRegistryNotAttester');
        await request(await signOffer(other, other.operator.key, same, same.attestDeadline));
        expect((await other.jobs.stateOf(idOf(other, same))).status).to.equal(JobStatus.Requested);
      });

      it('convicts nobody of an equivocation over two outputs, one for each', async () => {
        const { mine, theirs } = await requestedInBoth();
        const [one, two] = [outputFor(first, mine.terms, 0.5), outputFor(other, theirs.terms, 0.25)];
        const { key, address } = first.operator;
        const abroad = signedOutput(one, await signOutput(first, key, mine.id, address, one));
        const athome = signedOutput(two, await signOutput(other, key, theirs.id, address, two));
        await expect(attempt(other, theirs, { first: abroad, second: athome })).to.be.revertedWithCustomError(
          other.court,
          'EquivocationCourtNotProven',
        );
        const again = signedOutput(one, await signOutput(other, key, theirs.id, address, one));
        await prove(other, theirs, { first: again, second: athome, takes: FREE_ONLY });
      });

      it('appoints no key by a consent that was given to the first', async () => {
        const [operator, attester] = [other.requester, other.treasury];
        const staking = async ({ staking: at, domain }: JobStage) => ({
          ...domain,
          verifyingContract: (await at.getAddress()) as Address,
        });
        const consent = async (stage: JobStage) => {
          const who = { operator: operator.address as Address, attester: attester.address as Address };
          const { domain, types, value } = appointmentTypedData(who, await staking(stage));
          return attester.signTypedData(domain, types, value);
        };
        const appoint = async (signature: string) =>
          other.staking.connect(operator).appointAttester(attester, signature);
        await expect(appoint(await consent(first))).to.be.revertedWithCustomError(
          other.staking,
          'OperatorStakingInvalidAppointment',
        );
        await appoint(await consent(other));
        expect(await other.staking.operatorOf(attester)).to.equal(operator.address);
      });
    });

    it('takes no observation that was signed for the first, and its own', async () => {
      const { first, other } = await twice(chainIds, setFeedStage);
      expect((await other.feeds.getAddress()) === (await first.feeds.getAddress())).to.equal(sameAddress);
      const turn = await nextTurn(other, { seconds: other.terms.heartbeat });
      const values = [100n, 100n, 100n];
      const own = await signAll(other, turn, values);
      const foreign = [
        await signAll(first, turn, values),
        // Its own feed's name under the first one's domain, and the other way round.
        await signAll({ ...first, feedId: other.feedId }, turn, values),
        await signAll({ ...other, feedId: first.feedId }, turn, values),
      ];
      const report = async (reports: readonly object[]) =>
        other.feeds.connect(leaderOf(other, turn).key).report(other.feedId, turn, reports as never);
      const lie = await signAll(first, turn, [200n]);
      for (const reports of foreign) {
        // One of them among the committee's own is enough.
        const [strange] = reports;
        await expect(report([strange!, ...own.slice(1)]))
          .to.be.revertedWithCustomError(other.feeds, 'FeedRegistryInvalidSignature')
          .withArgs(0);
        await expect(
          other.feeds.connect(other.stranger).proveDoubleReport(other.feedId, ZeroHash, turn, own[0]!, lie[0]!),
        ).to.be.revertedWithCustomError(other.feeds, 'FeedRegistryNotDouble');
      }
      await report(own);
      expect((await other.feeds.latestRound(other.feedId)).answer).to.equal(100n);
    });
  });
}
