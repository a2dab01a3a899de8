import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import type { Addressable } from 'ethers';
import type { JobStage } from './job-stage.ts';
import { FEE } from './jobs.ts';

/** Puts 100 fees on a consumer's balance. */
export async function prepay({ token, settlement, admin }: JobStage, consumer: Addressable): Promise<void> {
  await token.mint(admin, 100n * FEE);
  await settlement.connect(admin).deposit(consumer, 100n * FEE);
}

/** The registry as an account that can call. */
export async function registryAccount({ ethers, networkHelpers, jobs }: JobStage): Promise<HardhatEthersSigner> {
  const registry = await ethers.getImpersonatedSigner(await jobs.getAddress());
  await networkHelpers.setBalance(registry.address, 10n ** 18n);
  return registry;
}
