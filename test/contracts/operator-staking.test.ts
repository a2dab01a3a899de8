import { expect } from 'chai';
import { id, MaxUint256, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { signPermit } from '../support/permits.ts';
import { EPOCH_LENGTH, REVOCATION_DELAY, UNBONDING_DELAY } from '../support/system.ts';
import {
  movesExactly,
  setHostileVaults,
  setNoReturnVaults,
  setSixDecimalVaults,
  setVaults,
  type VaultStage,
  withSpreadStake,
  withStake,
} from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);
const staked = async (): Promise<VaultStage> => withStake(await load());
const spread = async (): Promise<VaultStage> => withSpreadStake(await load());
const { time } = networkHelpers;
/** Modes of the hostile token. */
const [, TAKES_FEE, RETURNS_FALSE, MOVES_NOTHING, REENTERS] = [0, 1, 2, 3, 4];

async function hostile(mode: number, payload = '0x') {
  const stage = await networkHelpers.loadFixture(setHostileVaults);
  await stage.staking.connect(stage.alice).deposit(1_000n);
  const token = await stage.ethers.getContractAt('HostileToken', stage.token);
  await token.misbehave(mode, stage.staking, payload);
  return { ...stage, hostileToken: token };
}

/** The second in which the next block will be mined, set. */
async function nextAt(at: bigint): Promise<bigint> {
  await time.setNextBlockTimestamp(at);
  return at;
}

const soon = async (): Promise<bigint> => nextAt(BigInt(await time.latest()) + 10n);

describe('OperatorStaking', () => {
  describe('constructor', () => {
    it('refuses an epoch of no length and a revocation longer than the unbonding (I6)', async () => {
      const { ethers, token, staking } = await load();
      const deploy = (unbonding: bigint, revocation: bigint, epoch: bigint) =>
        ethers.deployContract('OperatorStaking', [token, token, token, token, token, unbonding, revocation, epoch]);
      await expect(deploy(10n, 10n, 0n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidDelay')
        .withArgs(0n);
      await expect(deploy(10n, 11n, 1n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidDelay')
        .withArgs(11n);
      await deploy(10n, 10n, 1n);
    });

    it('fixes the token, the callers and the delays for ever', async () => {
      const { staking, token, jobRegistry, slasher, settlement } = await load();
      expect(await staking.token()).to.equal(token.target);
      expect(await staking.jobRegistry()).to.equal(jobRegistry.address);
      expect(await staking.slasher()).to.equal(slasher.address);
      expect(await staking.settlement()).to.equal(settlement.target);
      expect(await staking.unbondingDelay()).to.equal(UNBONDING_DELAY);
      expect(await staking.revocationDelay()).to.equal(REVOCATION_DELAY);
      expect(await staking.epochLength()).to.equal(EPOCH_LENGTH);
    });
  });

  describe('deposit', () => {
    it('reverts when nothing arrives, whatever the token says', async () => {
      const { staking, alice } = await load();
      await expect(staking.connect(alice).deposit(0n)).to.be.revertedWithCustomError(
        staking,
        'OperatorStakingNothingReceived',
      );
      const silent = await hostile(MOVES_NOTHING);
      await expect(silent.staking.connect(silent.alice).deposit(5n)).to.be.revertedWithCustomError(
        silent.staking,
        'OperatorStakingNothingReceived',
      );
    });

    it('reverts when the token returns false', async () => {
      const { staking, token, alice } = await hostile(RETURNS_FALSE);
      await expect(staking.connect(alice).deposit(5n))
        .to.be.revertedWithCustomError(staking, 'SafeERC20FailedOperation')
        .withArgs(token.target);
    });

    it('reverts above 2^128 - 1 of stake in all', async () => {
      const { staking, token, alice, jobRegistry } = await staked();
      const rest = 2n ** 128n - 1n - 1_000n;
      await token.mint(alice, 2n ** 130n);
      await staking.connect(jobRegistry).lockByKey(alice, 0n, 400n);
      await expect(staking.connect(alice).deposit(rest + 1n))
        .to.be.revertedWithCustomError(staking, 'SafeCastOverflowedUintDowncast')
        .withArgs(128, 2n ** 128n);
      await staking.connect(alice).deposit(rest);
      expect((await staking.stakeOf(alice)).free).to.equal(2n ** 128n - 1n - 400n);
    });

    for (const [kind, fixture] of [
      ['with 18 decimals', setVaults],
      ['with 6 decimals', setSixDecimalVaults],
      ['that returns nothing', setNoReturnVaults],
    ] as const) {
      it(`adds free stake in a token ${kind}`, async () => {
        const stage = await networkHelpers.loadFixture(fixture);
        const { staking, alice } = stage;
        await movesExactly(
          stage,
          () => staking.connect(alice).deposit(250n),
          { free: { [alice.address]: 250n }, tokens: { [alice.address]: -250n, [stage.stakingAddress]: 250n } },
          [['StakeDeposited', alice.address, 250n]],
        );
      });
    }

    it('counts what arrived of a token that takes a fee (I25)', async () => {
      const stage = await hostile(TAKES_FEE);
      const { staking, alice } = stage;
      await movesExactly(
        stage,
        () => staking.connect(alice).deposit(500n),
        { free: { [alice.address]: 495n }, tokens: { [alice.address]: -500n, [stage.stakingAddress]: 495n } },
        [['StakeDeposited', alice.address, 495n]],
      );
    });

    it('cannot be re-entered by the token (I24)', async () => {
      const { staking } = await load();
      for (const call of [
        staking.interface.encodeFunctionData('deposit', [1n]),
        staking.interface.encodeFunctionData('withdraw', [staking.target]),
      ]) {
        const stage = await hostile(REENTERS, call);
        await stage.staking.connect(stage.alice).deposit(10n);
        expect(await stage.hostileToken.reentered()).to.equal(false);
        expect((await stage.staking.stakeOf(stage.alice)).free).to.equal(1_010n);
      }
    });
  });

  describe('depositWithPermit', () => {
    it('reverts with the token when there is neither permit nor allowance', async () => {
      const stage = await load();
      const { staking, token, alice, bob } = stage;
      await token.connect(alice).approve(staking, 0n);
      const { v, r, s } = await signPermit(stage, bob, stage.stakingAddress, 10n, MaxUint256);
      await expect(staking.connect(alice).depositWithPermit(10n, MaxUint256, v, r, s))
        .to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
        .withArgs(staking, 0n, 10n);
    });

    for (const spent of [false, true]) {
      it(spent ? 'works when somebody spent the permit first' : 'approves and stakes in one transaction', async () => {
        const stage = await load();
        const { staking, token, alice, carol } = stage;
        await token.connect(alice).approve(staking, 0n);
        const { v, r, s } = await signPermit(stage, alice, stage.stakingAddress, 70n, MaxUint256);
        if (spent) await token.connect(carol).permit(alice, staking, 70n, MaxUint256, v, r, s);
        await movesExactly(
          stage,
          () => staking.connect(alice).depositWithPermit(70n, MaxUint256, v, r, s),
          { free: { [alice.address]: 70n }, tokens: { [alice.address]: -70n, [stage.stakingAddress]: 70n } },
          [['StakeDeposited', alice.address, 70n]],
        );
      });
    }
  });

  describe('unbond', () => {
    it('reverts for nothing', async () => {
      const { staking, alice } = await staked();
      await expect(staking.connect(alice).unbond(0n)).to.be.revertedWithCustomError(
        staking,
        'OperatorStakingZeroAmount',
      );
    });

    it('reverts for more than is free: locked stake stays (I4)', async () => {
      const { staking, alice } = await spread();
      await expect(staking.connect(alice).unbond(601n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientFree')
        .withArgs(alice, 600n, 601n);
    });

    it('sends free stake on its way out', async () => {
      const stage = await staked();
      const { staking, alice } = stage;
      const releaseAt = (await soon()) + UNBONDING_DELAY;
      await movesExactly(
        stage,
        () => staking.connect(alice).unbond(400n),
        {
          free: { [alice.address]: -400n },
          unbonding: { [alice.address]: 400n },
          releaseAt: { [alice.address]: releaseAt },
        },
        [['StakeUnbonding', alice.address, 400n, releaseAt]],
      );
    });

    it('merges with what is unbonding and starts the clock again for all of it (I6)', async () => {
      const stage = await staked();
      const { staking, alice } = stage;
      const first = await soon();
      await staking.connect(alice).unbond(400n);
      const second = await nextAt(first + UNBONDING_DELAY - 5n);
      await movesExactly(
        stage,
        () => staking.connect(alice).unbond(50n),
        {
          free: { [alice.address]: -50n },
          unbonding: { [alice.address]: 50n },
          releaseAt: { [alice.address]: second - first },
        },
        [['StakeUnbonding', alice.address, 50n, second + UNBONDING_DELAY]],
      );
    });
  });

  describe('withdraw', () => {
    it('reverts for a recipient that would lose it', async () => {
      const { staking, stakingAddress, alice } = await spread();
      for (const to of [ZeroAddress, stakingAddress]) {
        await expect(staking.connect(alice).withdraw(to))
          .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidRecipient')
          .withArgs(to);
      }
    });

    it('reverts when nothing is unbonding', async () => {
      const { staking, alice } = await staked();
      await expect(staking.connect(alice).withdraw(alice)).to.be.revertedWithCustomError(
        staking,
        'OperatorStakingZeroAmount',
      );
    });

    it('reverts one second before the delay is over, and pays out in that second (I6)', async () => {
      const stage = await staked();
      const { staking, alice, carol } = stage;
      const releaseAt = (await soon()) + UNBONDING_DELAY;
      await staking.connect(alice).unbond(400n);
      await nextAt(releaseAt - 1n);
      await expect(staking.connect(alice).withdraw(alice))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingNotReleased')
        .withArgs(alice, releaseAt);
      await nextAt(releaseAt);
      await movesExactly(
        stage,
        () => staking.connect(alice).withdraw(carol),
        {
          unbonding: { [alice.address]: -400n },
          releaseAt: { [alice.address]: -releaseAt },
          tokens: { [carol.address]: 400n, [stage.stakingAddress]: -400n },
        },
        [['StakeWithdrawn', alice.address, carol.address, 400n]],
      );
    });

    it('cannot be re-entered by the token (I24)', async () => {
      const { staking } = await load();
      const call = staking.interface.encodeFunctionData('withdraw', [ZeroAddress]);
      const stage = await hostile(REENTERS, call);
      await stage.staking.connect(stage.alice).unbond(10n);
      await time.increase(UNBONDING_DELAY);
      await stage.staking.connect(stage.alice).withdraw(stage.bob);
      expect(await stage.hostileToken.reentered()).to.equal(false);
      expect(await stage.hostileToken.answer()).to.equal(id('ReentrancyGuardReentrantCall()').slice(0, 10));
    });
  });
});
