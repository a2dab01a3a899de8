import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import { expect } from 'chai';
import { id, MaxUint256, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { appointmentTypedData } from '../../workers/protocol/appointment.ts';
import type { Address, Hex } from '../../workers/protocol/ids.ts';
import { signPermit } from '../support/permits.ts';
import { EPOCH_LENGTH, REVOCATION_DELAY, UNBONDING_DELAY } from '../support/system.ts';
import {
  movesExactly,
  readVaults,
  setHostileVaults,
  setNoReturnVaults,
  setSixDecimalVaults,
  setVaults,
  type VaultStage,
} from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);
const { time } = networkHelpers;
/** Modes of the hostile token. */
const [, TAKES_FEE, RETURNS_FALSE, MOVES_NOTHING, REENTERS] = [0, 1, 2, 3, 4];

/** The stage with 1,000 free stake of alice, who attests for herself. */
async function staked(): Promise<VaultStage> {
  const stage = await load();
  await stage.staking.connect(stage.alice).deposit(1_000n);
  await stage.staking.connect(stage.alice).appointAttester(stage.alice, '0x');
  return stage;
}

/** 1,000 of stake in three parts: 600 free, 300 locked, 100 unbonding. */
async function spread(): Promise<VaultStage> {
  const stage = await staked();
  await stage.staking.connect(stage.jobRegistry).lockByKey(stage.alice, 0n, 300n);
  await stage.staking.connect(stage.alice).unbond(100n);
  return stage;
}

async function hostile(mode: number, payload = '0x') {
  const stage = await networkHelpers.loadFixture(setHostileVaults);
  await stage.staking.connect(stage.alice).deposit(1_000n);
  const token = await stage.ethers.getContractAt('HostileToken', stage.token);
  await token.misbehave(mode, stage.staking, payload);
  return { ...stage, hostileToken: token };
}

async function consent(
  { chainId, stakingAddress }: VaultStage,
  key: HardhatEthersSigner,
  operator: string,
  attester = key.address,
): Promise<Hex> {
  const appointment = { operator: operator as Address, attester: attester as Address };
  const { domain, types, value } = appointmentTypedData(appointment, { chainId, verifyingContract: stakingAddress });
  return (await key.signTypedData(domain, types, value)) as Hex;
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
        ethers.deployContract('OperatorStaking', [token, token, token, token, unbonding, revocation, epoch]);
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

  describe('appointAttester', () => {
    it('reverts without the consent of the key', async () => {
      const stage = await load();
      const { staking, alice, bob, carol } = stage;
      const consents = [
        '0x',
        await consent(stage, carol, alice.address, bob.address),
        await consent(stage, bob, carol.address),
        await consent({ ...stage, chainId: stage.chainId + 1n }, bob, alice.address),
        await consent({ ...stage, stakingAddress: stage.settlementAddress }, bob, alice.address),
      ];
      for (const bad of consents) {
        await expect(staking.connect(alice).appointAttester(bob, bad))
          .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidAppointment')
          .withArgs(alice, bob);
      }
      await expect(staking.connect(alice).appointAttester(ZeroAddress, '0x'))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInvalidAppointment')
        .withArgs(alice, ZeroAddress);
    });

    it('reverts for a key that has an operator, itself included, for ever', async () => {
      const stage = await staked();
      const { staking, alice, bob } = stage;
      await expect(staking.connect(bob).appointAttester(alice, await consent(stage, alice, bob.address)))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAttesterTaken')
        .withArgs(alice, alice);
      await staking.connect(alice).revokeAttester(alice);
      await time.increase(REVOCATION_DELAY * 2n);
      await expect(staking.connect(alice).appointAttester(alice, '0x'))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAttesterTaken')
        .withArgs(alice, alice);
    });

    it('gives a key that consented to one operator', async () => {
      const stage = await load();
      const { staking, alice, bob } = stage;
      const signature = await consent(stage, bob, alice.address);
      await movesExactly(stage, () => staking.connect(alice).appointAttester(bob, signature), {}, [
        ['AttesterAppointed', alice.address, bob.address],
      ]);
      expect([...(await staking.attesterKey(bob))]).to.deep.equal([alice.address, 0n]);
      expect(await staking.operatorOf(bob)).to.equal(alice.address);
      expect(await staking.operatorOf(alice)).to.equal(ZeroAddress);
    });

    it('needs no signature of an operator that appoints itself', async () => {
      const { staking, alice } = await staked();
      expect(await staking.operatorOf(alice)).to.equal(alice.address);
    });
  });

  describe('revokeAttester', () => {
    it("reverts for a key of somebody else's", async () => {
      const { staking, alice, bob } = await staked();
      await expect(staking.connect(bob).revokeAttester(alice))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingNotAttester')
        .withArgs(bob, alice);
    });

    it('reverts the second time: nobody moves the end of a key', async () => {
      const { staking, alice } = await staked();
      await staking.connect(alice).revokeAttester(alice);
      await expect(staking.connect(alice).revokeAttester(alice))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingAlreadyRevoked')
        .withArgs(alice);
    });

    it('ends a key after the delay, in that very second, and keeps whose it was', async () => {
      const stage = await staked();
      const { staking, alice } = stage;
      const revokedAt = (await soon()) + REVOCATION_DELAY;
      await movesExactly(stage, () => staking.connect(alice).revokeAttester(alice), {}, [
        ['AttesterRevoked', alice.address, alice.address, revokedAt],
      ]);
      await time.increaseTo(revokedAt - 1n);
      expect(await staking.operatorOf(alice)).to.equal(alice.address);
      await time.increaseTo(revokedAt);
      expect(await staking.operatorOf(alice)).to.equal(ZeroAddress);
      expect([...(await staking.attesterKey(alice))]).to.deep.equal([alice.address, revokedAt]);
    });
  });

  describe('the calls of fixed callers (I21, I31)', () => {
    const calls = {
      lockByKey: ['jobRegistry', [ZeroAddress, 0n, 0n]],
      unlock: ['jobRegistry', [ZeroAddress, 0n]],
      slash: ['slasher', [ZeroAddress, 0n, 0n]],
    } as const;

    for (const [method, [caller, args]] of Object.entries(calls)) {
      it(`${method} answers ${caller} only`, async () => {
        const stage = await spread();
        const { staking, jobRegistry, modelRegistry, slasher, trialCourt, alice } = stage;
        const data = staking.interface.encodeFunctionData(method as 'unlock', args as never);
        const before = await readVaults(stage);
        for (const [name, account] of Object.entries({ jobRegistry, modelRegistry, slasher, trialCourt, alice })) {
          const sent = account.sendTransaction({ to: staking, data });
          if (name === caller) await sent;
          else {
            await expect(sent)
              .to.be.revertedWithCustomError(staking, 'OperatorStakingUnauthorized')
              .withArgs(account.address);
          }
        }
        expect(await readVaults(stage)).to.deep.equal(before);
      });
    }
  });

  describe('lockByKey', () => {
    it('reverts for more than is free after the unlock', async () => {
      const { staking, jobRegistry, alice } = await spread();
      await expect(staking.connect(jobRegistry).lockByKey(alice, 200n, 801n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientFree')
        .withArgs(alice, 800n, 801n);
    });

    it('reverts for an unlock of more than is locked', async () => {
      const { staking, jobRegistry, alice } = await spread();
      await expect(staking.connect(jobRegistry).lockByKey(alice, 301n, 0n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    it('locks nothing for a key without operator or after its end', async () => {
      const stage = await spread();
      const { staking, jobRegistry, alice, bob } = stage;
      const registry = staking.connect(jobRegistry);
      await movesExactly(stage, () => registry.lockByKey(bob, 0n, 1n), {}, []);
      expect(await registry.lockByKey.staticCall(bob, 0n, 1n)).to.equal(ZeroAddress);
      await staking.connect(alice).revokeAttester(alice);
      await time.increase(REVOCATION_DELAY);
      await movesExactly(stage, () => registry.lockByKey(alice, 0n, 1n), {}, []);
    });

    it('unlocks one amount and locks another of the operator of the key', async () => {
      const stage = await spread();
      const { staking, jobRegistry, alice } = stage;
      const registry = staking.connect(jobRegistry);
      expect(await registry.lockByKey.staticCall(alice, 0n, 1n)).to.equal(alice.address);
      await movesExactly(
        stage,
        () => registry.lockByKey(alice, 100n, 700n),
        { free: { [alice.address]: -600n }, locked: { [alice.address]: 600n } },
        [],
      );
    });
  });

  describe('unlock', () => {
    it('reverts for more than is locked', async () => {
      const { staking, jobRegistry, alice } = await spread();
      await expect(staking.connect(jobRegistry).unlock(alice, 301n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    it('returns locked stake to free stake', async () => {
      const stage = await spread();
      const { staking, jobRegistry, alice } = stage;
      await movesExactly(
        stage,
        () => staking.connect(jobRegistry).unlock(alice, 300n),
        { free: { [alice.address]: 300n }, locked: { [alice.address]: -300n } },
        [],
      );
    });
  });

  describe('slash', () => {
    it("reverts for more than is locked: never another job's lock (I7)", async () => {
      const { staking, slasher, alice } = await spread();
      await expect(staking.connect(slasher).slash(alice, 301n, 0n))
        .to.be.revertedWithCustomError(staking, 'OperatorStakingInsufficientLocked')
        .withArgs(alice, 300n, 301n);
    });

    for (const { name, locked, extra, parts } of [
      { name: 'the lock alone', locked: 200n, extra: 0n, parts: [200n, 0n, 0n] },
      { name: 'the lock, then free stake', locked: 300n, extra: 600n, parts: [300n, 600n, 0n] },
      { name: 'then unbonding stake', locked: 300n, extra: 640n, parts: [300n, 600n, 40n] },
      { name: 'as far as it reaches, and no further', locked: 100n, extra: 5_000n, parts: [100n, 600n, 100n] },
      { name: 'free stake where no lock is left', locked: 0n, extra: 10n, parts: [0n, 10n, 0n] },
    ] as const) {
      it(`takes ${name}`, async () => {
        const stage = await spread();
        const { staking, slasher, alice } = stage;
        const [fromLocked, fromFree, fromUnbonding] = parts;
        const amount = fromLocked + fromFree + fromUnbonding;
        expect([...(await staking.connect(slasher).slash.staticCall(alice, locked, extra))]).to.deep.equal(parts);
        await movesExactly(
          stage,
          () => staking.connect(slasher).slash(alice, locked, extra),
          {
            free: { [alice.address]: -fromFree },
            locked: { [alice.address]: -fromLocked },
            unbonding: { [alice.address]: -fromUnbonding },
            tokens: { [stage.stakingAddress]: -amount, [stage.settlementAddress]: amount },
          },
          [['StakeSlashed', alice.address, ...parts]],
        );
      });
    }
  });

  describe('ladderStakes', () => {
    /** The first second of an epoch that has not begun. */
    const nextEpoch = async (): Promise<bigint> => (BigInt(await time.latest()) / EPOCH_LENGTH + 2n) * EPOCH_LENGTH;

    it('is nothing in the first epoch of all', async () => {
      const { staking, alice } = await staked();
      expect([...(await staking.ladderStakes(alice, EPOCH_LENGTH - 1n))]).to.deep.equal([0n, 0n]);
    });

    it('does not count a deposit of the same epoch, at either edge', async () => {
      const { staking, alice, bob } = await load();
      const epoch = await nextEpoch();
      await nextAt(epoch);
      await staking.connect(alice).deposit(100n);
      await nextAt(epoch + EPOCH_LENGTH - 1n);
      await staking.connect(bob).deposit(10n);
      const at = async (timestamp: bigint) => [
        ...(await staking.ladderStakes(alice, timestamp)),
        ...(await staking.ladderStakes(bob, timestamp)),
      ];
      expect(await at(epoch + EPOCH_LENGTH - 1n)).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await at(epoch + EPOCH_LENGTH)).to.deep.equal([100n, 110n, 10n, 110n]);
    });

    it('counts locked stake, and drops unbonded and slashed stake from the next epoch on', async () => {
      const { staking, jobRegistry, slasher, alice } = await staked();
      const epoch = await nextEpoch();
      await nextAt(epoch);
      await staking.connect(jobRegistry).lockByKey(alice, 0n, 500n);
      await staking.connect(alice).unbond(100n);
      await staking.connect(slasher).slash(alice, 50n, 7n);
      expect([...(await staking.ladderStakes(alice, epoch))]).to.deep.equal([1_000n, 1_000n]);
      expect([...(await staking.ladderStakes(alice, epoch + EPOCH_LENGTH))]).to.deep.equal([843n, 843n]);
    });

    it('does not lose again what was unbonding when it was slashed', async () => {
      const { staking, slasher, alice } = await staked();
      await staking.connect(alice).unbond(1_000n);
      await staking.connect(slasher).slash(alice, 0n, 400n);
      const later = BigInt(await time.latest()) + EPOCH_LENGTH;
      expect([...(await staking.ladderStakes(alice, later))]).to.deep.equal([0n, 0n]);
    });
  });
});
