import type { Address } from '../../protocol/ids.ts';
import { RemitError } from '../../runtime/errors.ts';
import type { HealthCheck } from '../../runtime/health.ts';
import type { TrialChain } from './ports.ts';

type BondChain = Pick<TrialChain, 'settings' | 'balanceOf'>;

/** The account that would open a trial cannot pay the bond. */
export function noBond(account: Address, balance: bigint, bond: bigint): RemitError {
  return new RemitError({
    code: 'NO_BOND',
    message: `${account} has ${balance} token units in Settlement; opening a trial takes a bond of ${bond}`,
    fix: 'deposit tokens for this account (Settlement.deposit); the bond comes back unless the claim stands',
    retryable: true,
    context: { account, balance: String(balance), bond: String(bond) },
  });
}

/** The bond for `/readyz`: degraded while a wrong claim could not be put on trial. */
export function createBondCheck(account: Address, { chain }: { readonly chain: BondChain }): HealthCheck {
  return {
    name: 'bond',
    check: async (signal) => {
      const [{ openerBond, demandBond }, balance] = await Promise.all([
        chain.settings(signal),
        chain.balanceOf(account, signal),
      ]);
      const needed = openerBond + demandBond;
      const detail = `${account} has ${balance} token units in Settlement; a trial bonds up to ${needed}`;
      return balance >= needed
        ? { state: 'ok', detail }
        : { state: 'degraded', detail: `NO_BOND: ${detail}. ${noBond(account, balance, needed).fix ?? ''}` };
    },
  };
}
