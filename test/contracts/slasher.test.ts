import { expect } from 'chai';
import { id, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { CONVICTION_SHARES, deploySystem, EQUIVOCATION_SHARES } from '../support/system.ts';

const { ethers, networkHelpers } = await network.create();
const JOB = id('job');
const NONE = { openerBps: 0n, proverBps: 0n, requesterBps: 0n };

/** The whole system, with 1,000 locked and 500 free of one operator, and the registry as an account that can be called for. */
async function setSlashes({ ethers, networkHelpers }: NetworkConnection) {
  const [admin, operator, requester, opener, prover, stranger, feedRegistry] = await ethers.getSigners();
  const system = await deploySystem(ethers, admin!, { feedRegistry: feedRegistry!.address });
  const registry = await ethers.getImpersonatedSigner(await system.jobs.getAddress());
  await networkHelpers.setBalance(registry.address, 10n ** 18n);
  await system.token.mint(operator!, 10_000n);
  await system.token.connect(operator).approve(system.staking, 10_000n);
  await system.staking.connect(operator).deposit(1_500n);
  await system.staking.connect(operator).appointAttester(operator!, '0x');
  await system.staking.connect(registry).lockByKey(operator!, 0n, 1_000n);
  return {
    ...system,
    registry,
    feedRegistry: feedRegistry!,
    operator: operator!,
    requester: requester!,
    opener: opener!,
    prover: prover!,
    stranger: stranger!,
  };
}
const load = async () => networkHelpers.loadFixture(setSlashes);
type SlashStage = Awaited<ReturnType<typeof load>>;

/** What a slash gave to whom. */
interface Parts {
  readonly opener?: bigint;
  readonly prover?: bigint;
  readonly requester?: bigint;
  readonly burned?: bigint;
}

/** Calls as the registry and checks stake, balances, tokens and the event; the parts must add up to the amount (I8). */
async function slashes(
  stage: SlashStage,
  offence: bigint,
  call: {
    readonly method: 'slashMissedOffer' | 'slashEquivocation' | 'slashConviction';
    readonly args: readonly unknown[];
  },
  award: { readonly opener: string; readonly prover: string },
  { opener = 0n, prover = 0n, requester = 0n, burned = 0n }: Parts,
): Promise<void> {
  const { slasher, settlement, staking, token, registry, operator } = stage;
  const amount = opener + prover + requester + burned;
  const held = await settlement.totalHeld();
  const tokens = await token.balanceOf(settlement);
  const stakes = await token.balanceOf(staking);
  const receipt = await (
    await registry.sendTransaction({
      to: slasher,
      data: slasher.interface.encodeFunctionData(call.method as 'slashMissedOffer', call.args as never),
    })
  ).wait();
  const log = receipt!.logs
    .map((one) => slasher.interface.parseLog(one))
    .find((one) => one?.name === 'OperatorSlashed');
  expect([...log!.args]).to.deep.equal([
    JOB,
    operator.address,
    offence,
    amount,
    award.opener,
    opener,
    award.prover,
    prover,
    stage.requester.address,
    requester,
    burned,
  ]);
  const credited = await Promise.all(
    [stage.opener, stage.prover, stage.requester, await settlement.BURN_ADDRESS(), ZeroAddress].map(async (account) =>
      settlement.balanceOf(account),
    ),
  );
  expect(credited).to.deep.equal([opener, prover, requester, burned, 0n]);
  expect(await settlement.totalHeld()).to.equal(held + amount);
  expect(await token.balanceOf(settlement)).to.equal(tokens + amount);
  expect(await token.balanceOf(staking)).to.equal(stakes - amount);
}

describe('Slasher', () => {
  describe('constructor', () => {
    const deploy = (equivocation: typeof NONE, conviction: typeof NONE) =>
      ethers.deployContract('Slasher', [ZeroAddress, ZeroAddress, ZeroAddress, ZeroAddress, equivocation, conviction]);

    it('refuses shares above one half in all (I9)', async () => {
      const { slasher } = await load();
      const tooMuch = { openerBps: 0n, proverBps: 2_500n, requesterBps: 2_501n };
      await expect(deploy(tooMuch, NONE))
        .to.be.revertedWithCustomError(slasher, 'SlasherInvalidShares')
        .withArgs(5_001n);
      await expect(deploy(NONE, { openerBps: 5_000n, proverBps: 0n, requesterBps: 1n }))
        .to.be.revertedWithCustomError(slasher, 'SlasherInvalidShares')
        .withArgs(5_001n);
      await expect(deploy(NONE, { openerBps: 65_535n, proverBps: 65_535n, requesterBps: 65_535n }))
        .to.be.revertedWithCustomError(slasher, 'SlasherInvalidShares')
        .withArgs(196_605n);
    });

    it('refuses an opener of an equivocation, who does not exist', async () => {
      const { slasher } = await load();
      await expect(deploy({ ...NONE, openerBps: 1n }, NONE))
        .to.be.revertedWithCustomError(slasher, 'SlasherInvalidShares')
        .withArgs(1n);
    });

    it('accepts one half exactly and shows the shares', async () => {
      const { slasher } = await load();
      const shares = (values: typeof NONE) => [values.openerBps, values.proverBps, values.requesterBps];
      expect([...(await slasher.equivocationShares())]).to.deep.equal(shares(EQUIVOCATION_SHARES));
      expect([...(await slasher.convictionShares())]).to.deep.equal(shares(CONVICTION_SHARES));
      expect(await slasher.SHARES_MAX_BPS()).to.equal(5_000n);
    });

    it('tells the shares of each taker apart', async () => {
      const slasher = await deploy(
        { openerBps: 0n, proverBps: 1_111n, requesterBps: 2_222n },
        { openerBps: 333n, proverBps: 444n, requesterBps: 555n },
      );
      expect([...(await slasher.equivocationShares())]).to.deep.equal([0n, 1_111n, 2_222n]);
      expect([...(await slasher.convictionShares())]).to.deep.equal([333n, 444n, 555n]);
    });

    it('fixes whom it serves for ever', async () => {
      const { slasher, staking, settlement, jobs, feedRegistry } = await load();
      expect(await slasher.operatorStaking()).to.equal(staking.target);
      expect(await slasher.settlement()).to.equal(settlement.target);
      expect(await slasher.jobRegistry()).to.equal(jobs.target);
      expect(await slasher.feedRegistry()).to.equal(feedRegistry.address);
    });
  });

  it('answers the job registry only (I21, I31)', async () => {
    const { slasher, operator, requester, stranger } = await load();
    const award = { opener: ZeroAddress, openerCosts: 0n, prover: ZeroAddress, proverCosts: 0n };
    const by = slasher.connect(stranger);
    for (const call of [
      by.slashMissedOffer(JOB, operator, requester, 1n),
      by.slashEquivocation(JOB, operator, requester, stranger, 1n, 1n),
      by.slashConviction(JOB, operator, requester, 1n, award),
      by.slashVoid(JOB, operator, requester, 1n, award),
    ]) {
      await expect(call).to.be.revertedWithCustomError(slasher, 'SlasherUnauthorized').withArgs(stranger);
    }
  });

  describe('slashMissedOffer', () => {
    it('gives the whole penalty to the requester', async () => {
      const stage = await load();
      const { operator, requester } = stage;
      const call = { method: 'slashMissedOffer', args: [JOB, operator.address, requester.address, 333n] } as const;
      await slashes(stage, 1n, call, { opener: ZeroAddress, prover: ZeroAddress }, { requester: 333n });
    });
  });

  describe('slashEquivocation', () => {
    for (const { name, locked, extra, parts } of [
      {
        name: 'the lock and as much again',
        locked: 200n,
        extra: 200n,
        parts: { prover: 100n, requester: 100n, burned: 200n },
      },
      { name: 'an odd amount: shares round down, the burn has the rest', locked: 3n, extra: 0n, parts: { burned: 3n } },
      {
        name: 'what there is, when less is left',
        locked: 1_000n,
        extra: 900n,
        parts: { prover: 375n, requester: 375n, burned: 750n },
      },
    ] as const) {
      it(`splits ${name}`, async () => {
        const stage = await load();
        const { operator, requester, prover } = stage;
        const args = [JOB, operator.address, requester.address, prover.address, locked, extra];
        const award = { opener: ZeroAddress, prover: prover.address };
        await slashes(stage, 2n, { method: 'slashEquivocation', args }, award, parts);
      });
    }
  });

  describe('slashDoubleReport', () => {
    it('answers the feed registry only (I21, I31)', async () => {
      const { slasher, operator, registry, stranger } = await load();
      for (const caller of [registry, stranger]) {
        await expect(slasher.connect(caller).slashDoubleReport(JOB, operator, stranger, 1n))
          .to.be.revertedWithCustomError(slasher, 'SlasherUnauthorized')
          .withArgs(caller);
      }
    });

    it("gives the reporter its share and burns the rest, the requester's share too (I8)", async () => {
      const { slasher, settlement, staking, feedRegistry, operator, prover } = await load();
      const burn = await settlement.BURN_ADDRESS();
      await staking.connect(feedRegistry).lockBond(operator, 301n);
      await expect(slasher.connect(feedRegistry).slashDoubleReport(JOB, operator, prover, 301n))
        .to.emit(slasher, 'OperatorSlashed')
        .withArgs(JOB, operator, 5n, 301n, ZeroAddress, 0n, prover, 75n, ZeroAddress, 0n, 226n);
      expect(await settlement.balanceOf(prover)).to.equal(75n);
      expect(await settlement.balanceOf(burn)).to.equal(226n);
      expect([...(await staking.stakeOf(operator))]).to.deep.equal([199n, 1_000n]);
    });

    it('credits nobody where there is no requester, however much is slashed', async () => {
      const { slasher, settlement, staking, token, feedRegistry, operator, prover } = await load();
      await token.mint(operator, 1_000_000n);
      await token.connect(operator).approve(staking, 1_000_000n);
      await staking.connect(operator).deposit(1_000_000n);
      await staking.connect(feedRegistry).lockBond(operator, 1_000_000n);
      await slasher.connect(feedRegistry).slashDoubleReport(JOB, operator, prover, 1_000_000n);
      expect(await settlement.balanceOf(ZeroAddress)).to.equal(0n);
      expect(await settlement.balanceOf(prover)).to.equal(250_000n);
      expect(await settlement.balanceOf(await settlement.BURN_ADDRESS())).to.equal(750_000n);
    });

    it('never takes more than is locked (I7)', async () => {
      const { slasher, staking, feedRegistry, operator, prover } = await load();
      await expect(slasher.connect(feedRegistry).slashDoubleReport(JOB, operator, prover, 1_001n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(operator, 1_000n, 1_001n);
    });
  });

  describe('slashConviction', () => {
    for (const { name, locked, opener, prover, parts } of [
      {
        name: 'by shares',
        locked: 1_000n,
        opener: 0n,
        prover: 0n,
        parts: { opener: 100n, prover: 200n, requester: 200n, burned: 500n },
      },
      {
        name: 'after costs',
        locked: 1_000n,
        opener: 50n,
        prover: 150n,
        parts: { opener: 130n, prover: 310n, requester: 160n, burned: 400n },
      },
      {
        name: 'costs that eat everything, the opener first',
        locked: 100n,
        opener: 80n,
        prover: 80n,
        parts: { opener: 80n, prover: 20n },
      },
      {
        name: 'to the last wei',
        locked: 999n,
        opener: 1n,
        prover: 1n,
        parts: { opener: 100n, prover: 200n, requester: 199n, burned: 500n },
      },
    ] as const) {
      it(`splits ${name}`, async () => {
        const stage = await load();
        const award = {
          opener: stage.opener.address,
          openerCosts: opener,
          prover: stage.prover.address,
          proverCosts: prover,
        };
        const args = [JOB, stage.operator.address, stage.requester.address, locked, award];
        await slashes(stage, 3n, { method: 'slashConviction', args }, award, parts);
      });
    }

    it('burns a share that nobody takes', async () => {
      const stage = await load();
      const award = { opener: ZeroAddress, openerCosts: 40n, prover: ZeroAddress, proverCosts: 10n };
      const args = [JOB, stage.operator.address, stage.requester.address, 1_000n, award];
      await slashes(stage, 3n, { method: 'slashConviction', args }, award, { requester: 190n, burned: 810n });
    });
  });
});
