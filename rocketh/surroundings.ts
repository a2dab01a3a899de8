import { parseAddress } from '../workers/protocol/ids.ts';
import { CORE, type CoreName, type Surroundings } from './core-contracts.ts';
import type { RecordedContract } from './core-plan.ts';
import type { DeployEnvironment } from './deploy.ts';
import { networkOf } from './network.ts';
import { membersOf } from './roles.ts';
import { tokenOf } from './token.ts';
import type { WiringFacts } from './wiring.ts';

/** What the core contracts are told at their construction. */
export async function surroundingsOf(env: DeployEnvironment): Promise<Surroundings> {
  const token = await tokenOf(env);
  return {
    token: token.address,
    tokenDecimals: token.decimals,
    authority: parseAddress(env.get('AccessManager').address),
    treasury: parseAddress(env.namedAccounts.treasury),
    parameters: networkOf(env).parameters,
  };
}

/** What earlier runs wrote down. */
export function recordedCore(env: DeployEnvironment): ReadonlyMap<CoreName, RecordedContract> {
  return new Map(
    CORE.flatMap((name) => {
      const recorded = env.getOrNull(name);
      return recorded ? [[name, { address: recorded.address, abi: recorded.abi }]] : [];
    }),
  );
}

/** What the finished deployment must look like. */
export async function wiringFactsOf(env: DeployEnvironment, handedOver: boolean): Promise<WiringFacts> {
  const accessManager = env.get('AccessManager');
  const accounts = { admin: parseAddress(env.namedAccounts.admin), guardian: parseAddress(env.namedAccounts.guardian) };
  const surroundings = await surroundingsOf(env);
  const core = CORE.map((name) => [name, { address: parseAddress(env.get(name).address), abi: env.get(name).abi }]);
  return {
    ...surroundings,
    core: Object.fromEntries(core) as WiringFacts['core'],
    accessManager: { address: surroundings.authority, abi: accessManager.abi },
    members: membersOf(accounts, surroundings.parameters.adminDelaySeconds),
    deployer: parseAddress(env.namedAccounts.deployer),
    handedOver,
    fromBlock: Number(accessManager.receipt?.blockNumber ?? 0),
  };
}
