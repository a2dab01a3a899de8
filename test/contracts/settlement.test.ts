import { expect } from 'chai';
import { id, MaxUint256, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { signPermit } from '../support/permits.ts';
import {
  BURN_ADDRESS,
  MINTED,
  movesExactly,
  setHostileVaults,
  setNoReturnVaults,
  setSixDecimalVaults,
  setVaults,
  type VaultStage,
  withBalance,
} from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);
const funded = async (): Promise<VaultStage> => withBalance(await load());
/** Modes of the hostile token. */
const [, TAKES_FEE, RETURNS_FALSE, MOVES_NOTHING, REENTERS] = [0, 1, 2, 3, 4];

async function hostile(mode: number, target = ZeroAddress, payload = '0x') {
  const stage = await networkHelpers.loadFixture(setHostileVaults);
  await withBalance(stage);
  const token = await stage.ethers.getContractAt('HostileToken', stage.token);
  await token.misbehave(mode, target, payload);
  return { ...stage, hostileToken: token };
}

describe('Settlement', () => {
  describe('constructor', () => {
    it('fixes the token and the callers for ever', async () => {
      const { settlement, token, jobRegistry, modelRegistry, slasher, trialCourt } = await load();
      expect(await settlement.token()).to.equal(token.target);
      expect(await settlement.jobRegistry()).to.equal(jobRegistry.address);
      expect(await settlement.modelRegistry()).to.equal(modelRegistry.address);
      expect(await settlement.slasher()).to.equal(slasher.address);
      expect(await settlement.trialCourt()).to.equal(trialCourt.address);
      expect(await settlement.BURN_ADDRESS()).to.equal(BURN_ADDRESS);
    });
  });

  describe('deposit', () => {
    it('reverts when nothing arrives', async () => {
      const { settlement, alice } = await load();
      await expect(settlement.connect(alice).deposit(alice, 0n)).to.be.revertedWithCustomError(
        settlement,
        'SettlementNothingReceived',
      );
    });

    it('reverts when the token moves nothing and says that it did', async () => {
      const { settlement, alice } = await hostile(MOVES_NOTHING);
      await expect(settlement.connect(alice).deposit(alice, 10n)).to.be.revertedWithCustomError(
        settlement,
        'SettlementNothingReceived',
      );
    });

    it('reverts when the token returns false', async () => {
      const { settlement, token, alice } = await hostile(RETURNS_FALSE);
      await expect(settlement.connect(alice).deposit(alice, 10n))
        .to.be.revertedWithCustomError(settlement, 'SafeERC20FailedOperation')
        .withArgs(token.target);
    });

    it('reverts with the token when the allowance or the balance is short', async () => {
      const { settlement, token, alice } = await load();
      await expect(settlement.connect(alice).deposit(alice, MINTED + 1n))
        .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
        .withArgs(alice, MINTED, MINTED + 1n);
      await token.connect(alice).approve(settlement, 9n);
      await expect(settlement.connect(alice).deposit(alice, 10n))
        .to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
        .withArgs(settlement, 9n, 10n);
    });

    it('credits any account with tokens of the caller', async () => {
      const stage = await load();
      const { settlement, alice, bob } = stage;
      await movesExactly(
        stage,
        () => settlement.connect(alice).deposit(bob, 300n),
        {
          balances: { [bob.address]: 300n },
          totalHeld: 300n,
          tokens: { [alice.address]: -300n, [stage.settlementAddress]: 300n },
        },
        [['Deposited', bob.address, alice.address, 300n]],
      );
      expect(await settlement.connect(alice).deposit.staticCall(bob, 7n)).to.equal(7n);
    });

    for (const [kind, fixture] of [
      ['with 6 decimals', setSixDecimalVaults],
      ['that returns nothing', setNoReturnVaults],
    ] as const) {
      it(`works with a token ${kind}`, async () => {
        const stage = await networkHelpers.loadFixture(fixture);
        const { settlement, alice, bob } = stage;
        await movesExactly(
          stage,
          () => settlement.connect(alice).deposit(alice, 50n),
          {
            balances: { [alice.address]: 50n },
            totalHeld: 50n,
            tokens: { [alice.address]: -50n, [stage.settlementAddress]: 50n },
          },
          [['Deposited', alice.address, alice.address, 50n]],
        );
        await movesExactly(
          stage,
          () => settlement.connect(alice).withdraw(bob, 20n),
          {
            balances: { [alice.address]: -20n },
            totalHeld: -20n,
            tokens: { [bob.address]: 20n, [stage.settlementAddress]: -20n },
          },
          [['Withdrawn', alice.address, bob.address, 20n]],
        );
      });
    }

    it('credits what arrived of a token that takes a fee (I25)', async () => {
      const stage = await hostile(TAKES_FEE);
      const { settlement, alice } = stage;
      await movesExactly(
        stage,
        () => settlement.connect(alice).deposit(alice, 200n),
        {
          balances: { [alice.address]: 198n },
          totalHeld: 198n,
          tokens: { [alice.address]: -200n, [stage.settlementAddress]: 198n },
        },
        [['Deposited', alice.address, alice.address, 198n]],
      );
    });

    it('cannot be re-entered by the token (I24)', async () => {
      const { settlement } = await load();
      const calls = [
        settlement.interface.encodeFunctionData('sweepBurned'),
        settlement.interface.encodeFunctionData('withdraw', [BURN_ADDRESS, 0n]),
        settlement.interface.encodeFunctionData('deposit', [BURN_ADDRESS, 1n]),
      ];
      for (const call of calls) {
        const stage = await hostile(REENTERS);
        await stage.hostileToken.misbehave(REENTERS, stage.settlement, call);
        await movesExactly(
          stage,
          () => stage.settlement.connect(stage.alice).deposit(stage.alice, 10n),
          {
            balances: { [stage.alice.address]: 10n },
            totalHeld: 10n,
            tokens: { [stage.alice.address]: -10n, [stage.settlementAddress]: 10n },
          },
          [['Deposited', stage.alice.address, stage.alice.address, 10n]],
        );
        expect(await stage.hostileToken.reentered()).to.equal(false);
        expect(await stage.hostileToken.answer()).to.equal(id('ReentrancyGuardReentrantCall()').slice(0, 10));
      }
    });
  });

  describe('depositWithPermit', () => {
    it('reverts with the token when the permit is bad and there is no allowance', async () => {
      const stage = await load();
      const { settlement, token, alice, bob } = stage;
      await token.connect(alice).approve(settlement, 0n);
      const { v, r, s } = await signPermit(stage, bob, stage.settlementAddress, 10n, MaxUint256);
      await expect(settlement.connect(alice).depositWithPermit(alice, 10n, MaxUint256, v, r, s))
        .to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
        .withArgs(settlement, 0n, 10n);
    });

    it('reverts when the permit has expired and there is no allowance', async () => {
      const stage = await load();
      const { settlement, token, alice } = stage;
      await token.connect(alice).approve(settlement, 0n);
      const { v, r, s } = await signPermit(stage, alice, stage.settlementAddress, 10n, 1n);
      await expect(settlement.connect(alice).depositWithPermit(alice, 10n, 1n, v, r, s)).to.be.revertedWithCustomError(
        token,
        'ERC20InsufficientAllowance',
      );
    });

    for (const spent of [false, true]) {
      it(
        spent ? 'works when somebody spent the permit first' : 'approves and deposits in one transaction',
        async () => {
          const stage = await load();
          const { settlement, token, alice, bob, carol } = stage;
          await token.connect(alice).approve(settlement, 0n);
          const { v, r, s } = await signPermit(stage, alice, stage.settlementAddress, 70n, MaxUint256);
          if (spent) await token.connect(carol).permit(alice, settlement, 70n, MaxUint256, v, r, s);
          await movesExactly(
            stage,
            () => settlement.connect(alice).depositWithPermit(bob, 70n, MaxUint256, v, r, s),
            {
              balances: { [bob.address]: 70n },
              totalHeld: 70n,
              tokens: { [alice.address]: -70n, [stage.settlementAddress]: 70n },
            },
            [['Deposited', bob.address, alice.address, 70n]],
          );
          expect(await token.allowance(alice, settlement)).to.equal(0n);
        },
      );
    }

    it('works on a standing allowance with a token that knows no permits', async () => {
      const stage = await networkHelpers.loadFixture(setNoReturnVaults);
      const { settlement, alice } = stage;
      await settlement
        .connect(alice)
        .depositWithPermit(alice, 5n, 0n, 27, `0x${'00'.repeat(32)}`, `0x${'00'.repeat(32)}`);
      expect(await settlement.balanceOf(alice)).to.equal(5n);
    });
  });

  describe('withdraw', () => {
    it('reverts for a recipient that would lose it', async () => {
      const stage = await funded();
      const { settlement, alice } = stage;
      for (const to of [ZeroAddress, stage.settlementAddress]) {
        await expect(settlement.connect(alice).withdraw(to, 1n))
          .to.be.revertedWithCustomError(settlement, 'SettlementInvalidRecipient')
          .withArgs(to);
      }
    });

    it('reverts above the balance, to the wei', async () => {
      const { settlement, alice, bob } = await funded();
      await expect(settlement.connect(alice).withdraw(alice, 1_001n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(alice, 1_000n, 1_001n);
      await expect(settlement.connect(bob).withdraw(bob, 1n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(bob, 0n, 1n);
    });

    it('reverts when the token returns false, and keeps the balance', async () => {
      const { settlement, token, alice } = await hostile(RETURNS_FALSE);
      await expect(settlement.connect(alice).withdraw(alice, 1n))
        .to.be.revertedWithCustomError(settlement, 'SafeERC20FailedOperation')
        .withArgs(token.target);
      expect(await settlement.balanceOf(alice)).to.equal(1_000n);
    });

    it('cannot be re-entered by the token (I24)', async () => {
      const stage = await hostile(REENTERS);
      const { settlement, alice } = stage;
      const call = settlement.interface.encodeFunctionData('withdraw', [alice.address, 0n]);
      await stage.hostileToken.misbehave(REENTERS, settlement, call);
      await settlement.connect(alice).withdraw(alice, 10n);
      expect(await stage.hostileToken.reentered()).to.equal(false);
      expect(await settlement.balanceOf(alice)).to.equal(990n);
    });

    it('sends the whole balance to whom its owner names', async () => {
      const stage = await funded();
      const { settlement, alice, carol } = stage;
      await movesExactly(
        stage,
        () => settlement.connect(alice).withdraw(carol, 1_000n),
        {
          balances: { [alice.address]: -1_000n },
          totalHeld: -1_000n,
          tokens: { [carol.address]: 1_000n, [stage.settlementAddress]: -1_000n },
        },
        [['Withdrawn', alice.address, carol.address, 1_000n]],
      );
    });
  });

  describe('sweepBurned', () => {
    it('sends what was burned, and nothing else, to the burn address', async () => {
      const stage = await funded();
      const { settlement, token, slasher, carol } = stage;
      await token.mint(settlement, 40n);
      await settlement.connect(slasher).creditSlash([], [], 40n);
      await movesExactly(
        stage,
        () => settlement.connect(carol).sweepBurned(),
        {
          balances: { [BURN_ADDRESS]: -40n },
          totalHeld: -40n,
          tokens: { [stage.settlementAddress]: -40n, [BURN_ADDRESS]: 40n },
        },
        [['BurnSwept', 40n]],
      );
      await movesExactly(stage, () => settlement.connect(carol).sweepBurned(), {}, [['BurnSwept', 0n]]);
    });
  });

  describe('donations (I32)', () => {
    it('tokens that are sent here belong to nobody', async () => {
      const stage = await funded();
      const { settlement, token, alice, bob } = stage;
      const donate = () => token.connect(bob).transfer(settlement, 500n);
      await movesExactly(stage, donate, { tokens: { [bob.address]: -500n, [stage.settlementAddress]: 500n } }, []);
      await settlement.connect(alice).deposit(alice, 1n);
      expect(await settlement.balanceOf(alice)).to.equal(1_001n);
      await expect(settlement.connect(bob).withdraw(bob, 1n)).to.be.revertedWithCustomError(
        settlement,
        'SettlementInsufficientBalance',
      );
    });
  });
});
