import { expect } from 'chai';
import { id, MaxUint256, ZeroHash } from 'ethers';
import { network } from 'hardhat';
import type { NetworkConnection } from 'hardhat/types/network';
import { UNBONDING_DELAY } from '../support/system.ts';
import { setHostileVaults } from '../support/vaults.ts';

const { networkHelpers } = await network.create();
/** The mode of the hostile token that calls back in the middle of every transfer. */
const REENTERS = 4;
const NO_PERMIT = [MaxUint256, 27, ZeroHash, ZeroHash] as const;
const GUARDED = id('ReentrancyGuardReentrantCall()').slice(0, 10);

/** Both vaults with something of everything that can be moved. */
async function setFullVaults(connection: NetworkConnection) {
  const stage = await setHostileVaults(connection);
  const { ethers, settlement, staking, slasher, alice } = stage;
  await settlement.connect(alice).deposit(alice, 1_000n);
  await settlement.connect(alice).deposit(await settlement.BURN_ADDRESS(), 10n);
  await staking.connect(alice).deposit(1_000n);
  await staking.connect(alice).unbond(100n);
  await connection.networkHelpers.time.increase(UNBONDING_DELAY);
  const token = await ethers.getContractAt('HostileToken', stage.token);
  /** Everything that makes the token move, and what the token calls meanwhile. */
  const vaults = {
    Settlement: {
      vault: settlement,
      inside: settlement.interface.encodeFunctionData('deposit', [alice.address, 1n]),
      moves: {
        deposit: () => settlement.connect(alice).deposit(alice, 10n),
        depositWithPermit: () => settlement.connect(alice).depositWithPermit(alice, 10n, ...NO_PERMIT),
        withdraw: () => settlement.connect(alice).withdraw(alice, 10n),
        sweepBurned: () => settlement.connect(alice).sweepBurned(),
      },
    },
    OperatorStaking: {
      vault: staking,
      inside: staking.interface.encodeFunctionData('deposit', [1n]),
      moves: {
        deposit: () => staking.connect(alice).deposit(10n),
        depositWithPermit: () => staking.connect(alice).depositWithPermit(10n, ...NO_PERMIT),
        withdraw: () => staking.connect(alice).withdraw(alice),
        slash: () => staking.connect(slasher).slash(alice, 0n, 10n),
      },
    },
  };
  return { token, vaults };
}

describe('vaults whose token calls back (I24)', () => {
  const moves = {
    Settlement: ['deposit', 'depositWithPermit', 'withdraw', 'sweepBurned'],
    OperatorStaking: ['deposit', 'depositWithPermit', 'withdraw', 'slash'],
  } as const;
  for (const [name, methods] of Object.entries(moves) as [keyof typeof moves, readonly string[]][]) {
    for (const method of methods) {
      it(`${name}.${method} is guarded while tokens move`, async () => {
        const { token, vaults } = await networkHelpers.loadFixture(setFullVaults);
        const { vault, inside, moves: all } = vaults[name];
        await token.misbehave(REENTERS, vault, inside);
        await (all as Record<string, () => Promise<unknown>>)[method]!();
        // Whether the call inside would have got through by itself does not matter: it must not have begun.
        expect(await token.answer()).to.equal(GUARDED);
      });
    }
  }
});
