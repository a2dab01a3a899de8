import { expect } from 'chai';
import { id, ZeroAddress } from 'ethers';
import { network } from 'hardhat';
import { BURN_ADDRESS, movesExactly, readVaults, setVaults, type VaultStage, withBalance } from '../support/vaults.ts';

const { networkHelpers } = await network.create();
const load = async (): Promise<VaultStage> => networkHelpers.loadFixture(setVaults);
const funded = async (): Promise<VaultStage> => withBalance(await load());

describe('Settlement, for its fixed callers', () => {
  describe('the calls of fixed callers (I21, I31)', () => {
    const calls = {
      escrow: ['jobRegistry', [ZeroAddress, 0n]],
      refund: ['jobRegistry', [ZeroAddress, 0n]],
      pay: ['jobRegistry', [ZeroAddress, 0n, ZeroAddress, 0n, ZeroAddress, 0n]],
      bond: ['modelRegistry trialCourt feedRegistry', [id('key'), ZeroAddress, 0n]],
      releaseBond: ['modelRegistry trialCourt feedRegistry', [id('key'), ZeroAddress, 0n]],
      creditSlash: ['slasher', [[], [], 0n]],
    } as const;

    for (const [method, [callers, args]] of Object.entries(calls)) {
      it(`${method} answers ${callers.replaceAll(' ', ' and ')} only`, async () => {
        const stage = await load();
        const { settlement, jobRegistry, modelRegistry, slasher, trialCourt, feedRegistry, alice } = stage;
        const data = settlement.interface.encodeFunctionData(method as 'escrow', args as never);
        const everybody = { jobRegistry, modelRegistry, slasher, trialCourt, feedRegistry, alice };
        const before = await readVaults(stage);
        for (const [name, account] of Object.entries(everybody)) {
          const sent = account.sendTransaction({ to: settlement, data });
          if (callers.split(' ').includes(name)) await sent;
          else {
            await expect(sent)
              .to.be.revertedWithCustomError(settlement, 'SettlementUnauthorized')
              .withArgs(account.address);
          }
        }
        expect(await readVaults(stage)).to.deep.equal(before);
      });
    }
  });

  describe('escrow and refund', () => {
    it('escrow reverts above the balance', async () => {
      const { settlement, jobRegistry, alice } = await funded();
      await expect(settlement.connect(jobRegistry).escrow(alice, 1_001n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(alice, 1_000n, 1_001n);
    });

    it('takes a fee out of a balance and keeps holding it, then gives it back', async () => {
      const stage = await funded();
      const { settlement, jobRegistry, alice, bob } = stage;
      const escrow = () => settlement.connect(jobRegistry).escrow(alice, 400n);
      await movesExactly(stage, escrow, { balances: { [alice.address]: -400n } }, []);
      const refund = () => settlement.connect(jobRegistry).refund(bob, 400n);
      await movesExactly(stage, refund, { balances: { [bob.address]: 400n } }, []);
    });
  });

  describe('pay', () => {
    it('credits the three who share a fee, one account thrice if it must be', async () => {
      const stage = await funded();
      const { settlement, jobRegistry, alice, bob, carol } = stage;
      const to = settlement.connect(jobRegistry);
      await to.escrow(alice, 600n);
      await movesExactly(
        stage,
        () => to.pay(bob, 100n, carol, 20n, alice, 3n),
        { balances: { [bob.address]: 100n, [carol.address]: 20n, [alice.address]: 3n } },
        [],
      );
      const same = () => to.pay(bob, 100n, bob, 20n, bob, 3n);
      await movesExactly(stage, same, { balances: { [bob.address]: 123n } }, []);
    });
  });

  describe('bond and releaseBond', () => {
    it('bond reverts above the balance', async () => {
      const { settlement, modelRegistry, alice } = await funded();
      await expect(settlement.connect(modelRegistry).bond(id('key'), alice, 1_001n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBalance')
        .withArgs(alice, 1_000n, 1_001n);
    });

    it('releaseBond reverts above the bond of that key', async () => {
      const { settlement, modelRegistry, alice } = await funded();
      const keeper = settlement.connect(modelRegistry);
      await keeper.bond(id('key'), alice, 10n);
      await expect(keeper.releaseBond(id('key'), alice, 11n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBond')
        .withArgs(id('key'), 10n, 11n);
      await expect(keeper.releaseBond(id('other'), alice, 1n))
        .to.be.revertedWithCustomError(settlement, 'SettlementInsufficientBond')
        .withArgs(id('other'), 0n, 1n);
    });

    it('moves balances into a bond and out of it', async () => {
      const stage = await funded();
      const { settlement, modelRegistry, trialCourt, alice, bob } = stage;
      const put = () => settlement.connect(modelRegistry).bond(id('key'), alice, 30n);
      await movesExactly(stage, put, { balances: { [alice.address]: -30n } }, [
        ['Bonded', id('key'), alice.address, 30n],
      ]);
      await put();
      expect(await settlement.bondOf(id('key'))).to.equal(60n);
      const take = () => settlement.connect(trialCourt).releaseBond(id('key'), bob, 45n);
      await movesExactly(stage, take, { balances: { [bob.address]: 45n } }, [
        ['BondReleased', id('key'), bob.address, 45n],
      ]);
      expect(await settlement.bondOf(id('key'))).to.equal(15n);
    });
  });

  describe('creditSlash', () => {
    it('reverts when the tokens are not here (I2)', async () => {
      const stage = await funded();
      const { settlement, token, slasher, alice } = stage;
      await token.mint(settlement, 9n);
      await expect(settlement.connect(slasher).creditSlash([alice], [6n], 4n))
        .to.be.revertedWithCustomError(settlement, 'SettlementUncovered')
        .withArgs(1_010n, 1_009n);
    });

    it('credits every account and the burn with tokens that have arrived', async () => {
      const stage = await load();
      const { settlement, token, slasher, alice, bob } = stage;
      await token.mint(settlement, 10n);
      await movesExactly(
        stage,
        () => settlement.connect(slasher).creditSlash([alice, ZeroAddress, bob], [3n, 0n, 2n], 5n),
        { balances: { [alice.address]: 3n, [bob.address]: 2n, [BURN_ADDRESS]: 5n }, totalHeld: 10n },
        [],
      );
      expect(await settlement.balanceOf(ZeroAddress)).to.equal(0n);
    });
  });
});
