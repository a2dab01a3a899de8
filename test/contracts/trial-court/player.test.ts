import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { network } from 'hardhat';
import { parseRecord } from '../../../workers/protocol/attestation-record.ts';
import { parseTerms, termsToChain } from '../../../workers/protocol/job.ts';
import { bitsOfFloat } from '../../../workers/protocol/vector.ts';
import { bytesOfBits } from '../../../workers/roles/trial/elements.ts';
import { attestClaim, type Claim, playOut, trialPlayer } from '../../support/trial-player.ts';
import { setTrialStage, TrialStatus, type TrialStage } from '../../support/trial-stage.ts';
import { INPUT, PLAN, SPEC_OUT, TRACE, WEIGHT_TREE, WEIGHTS } from '../../workers/roles/trial/bench.ts';

const { ethers, networkHelpers } = await network.create();
const fixture = () => setTrialStage({ ethers, networkHelpers });

/** The claimed numbers: shifted at one element of the answer. */
const SHIFTED = TRACE.map((bits, at) => (at === 296 ? bitsOfFloat(9) : bits));
/** A trace that is wrong at one element of its second layer, and computed on from there. */
const LYING = TRACE.map((bits, at) => (at === 130 ? bitsOfFloat(0.5) : bits));

/** A job of the three-layer plan, attested with `answer`. */
function attested(stage: TrialStage, answer: Uint8Array): Promise<Claim> {
  const inputs = SPEC_OUT.inputs.map((input) => ({ ...input, lo: bitsOfFloat(-10), hi: bitsOfFloat(10) }));
  return attestClaim(stage, { spec: { ...SPEC_OUT, inputs }, input: INPUT, answer });
}

interface Side {
  readonly signer: HardhatEthersSigner;
  readonly trace?: Uint32Array;
  readonly served?: Uint32Array;
}

/** A node that computes `trace`: by default the right one. */
const player = (stage: TrialStage, claim: Claim, { signer, trace = TRACE, served }: Side) =>
  trialPlayer(stage, claim, {
    ...{ signer, trace, served, plan: PLAN },
    weights: { tree: WEIGHT_TREE, length: WEIGHTS.length },
  });

const ruling = (trace: Uint32Array, element: number) => ({
  ...{ wrong: true, outOfRange: false, claimed: trace[element] ?? 0, canonical: TRACE[element] ?? 0 },
});

const attestShifted = (stage: TrialStage) => attested(stage, bytesOfBits(SHIFTED.slice(256)));

describe('TrialCourt, played by workers', () => {
  it('convicts of a wrong element that the claimant serves', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    await stage.judge.setRuling(130, ruling(LYING, 130));
    const challenger = await player(stage, claim, { signer: stage.opener, served: LYING });
    const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
    expect(await playOut(stage, claim.message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
    expect(challenger.sent).to.deep.equal(['open', 'commit-element-130', 'prove-element-130']);
    expect(claimant.sent).to.deep.equal(['post-trace']);
  });

  it('convicts of a wrong element that has to be demanded node by node', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    await stage.judge.setRuling(130, ruling(LYING, 130));
    const challenger = await player(stage, claim, { signer: stage.opener });
    const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
    expect(await playOut(stage, claim.message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
    expect(challenger.sent).to.deep.equal([
      'open',
      'demand-trace-3-0',
      'demand-trace-0-2',
      'commit-element-130',
      'prove-element-130',
    ]);
    expect(claimant.sent).to.deep.equal(['post-trace', 'reveal-trace-3-0', 'reveal-trace-0-2']);
    await challenger.look();
    expect(challenger.sent.at(-1)).to.equal('reclaim');
    expect(await challenger.look()).to.equal(undefined);
  });

  it('convicts of an answer that is far from the right trace', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    const challenger = await player(stage, claim, { signer: stage.opener });
    const claimant = await player(stage, claim, { signer: stage.key });
    expect(await playOut(stage, claim.message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
    expect(challenger.sent).to.deep.equal(['open', 'commit-gap-40', 'prove-gap-40']);
  });

  it('convicts a claimant that does not answer', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attestShifted(stage);
    const challenger = await player(stage, claim, { signer: stage.opener });
    const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
    await challenger.look();
    await claimant.look();
    await challenger.look();
    await networkHelpers.time.increase(100_000);
    await challenger.look();
    expect(challenger.sent).to.deep.equal(['open', 'demand-trace-3-0', challenger.sent[2]]);
    expect((await stage.trials.trialOf(claim.message.jobId)).status).to.equal(TrialStatus.Convicted);
  });

  for (const looks of [1, 2, 3, 4, 5, 6]) {
    it(`reaches the same verdict when a reorg takes the last moves of ${looks} looks back`, async () => {
      const stage = await networkHelpers.loadFixture(fixture);
      const claim = await attestShifted(stage);
      await stage.judge.setRuling(130, ruling(LYING, 130));
      const challenger = await player(stage, claim, { signer: stage.opener });
      const claimant = await player(stage, claim, { signer: stage.key, trace: LYING });
      const { message } = claim;
      for (let look = 1; look < looks; look++) {
        await challenger.look();
        await claimant.look();
        await networkHelpers.mine(1);
      }
      const before = await networkHelpers.takeSnapshot();
      const { status } = await stage.trials.trialOf(message.jobId);
      await challenger.look();
      await claimant.look();
      await before.restore();
      expect((await stage.trials.trialOf(message.jobId)).status).to.equal(status);
      const stake = await stage.staking.stakeOf(stage.operator);
      expect(await playOut(stage, message.jobId, [challenger, claimant])).to.equal(TrialStatus.Convicted);
      const lost = stake.locked - (await stage.staking.stakeOf(stage.operator)).locked;
      expect(lost).to.equal(10n ** 20n);
    });
  }

  it('acquits a claimant that answers everything, however it is bothered', async () => {
    const stage = await networkHelpers.loadFixture(fixture);
    const claim = await attested(stage, bytesOfBits(TRACE.slice(256)));
    const { message } = claim;
    const [bully, claimant] = [
      await player(stage, claim, { signer: stage.opener, trace: LYING }),
      await player(stage, claim, { signer: stage.key }),
    ];
    await stage.trials.connect(stage.opener).open(termsToChain(parseTerms(message.terms)), parseRecord(message.record));
    for (let turn = 0; turn < 8; turn++) {
      await claimant.look();
      await bully.look().catch(() => undefined);
    }
    expect(claimant.sent).to.include.members(['post-trace', 'reveal-trace-3-0', 'reveal-trace-0-2']);
    await networkHelpers.time.increase(100_000);
    await claimant.look();
    expect((await stage.trials.trialOf(message.jobId)).status).to.equal(TrialStatus.Acquitted);
  });
});
