import type { CoreAddresses } from '../rocketh/core-contracts.ts';
import { type artifacts, deployScript } from '../rocketh/deploy.ts';
import { networkOf } from '../rocketh/network.ts';
import { accessOf, missingRoleCalls } from '../rocketh/roles.ts';
import { wiringFactsOf } from '../rocketh/surroundings.ts';

/** Roles, their names, what they guard and who holds them, in one transaction. */
export default deployScript(
  async (env) => {
    const { chain } = networkOf(env);
    const { core, members, accessManager, deployer } = await wiringFactsOf(env, false);
    const deps = { chain, authority: accessManager };
    // After the handover only the admin can change roles; whether they are right is for the check to say.
    if (!(await accessOf('ADMIN', deployer, deps)).member) return;
    const addresses = Object.fromEntries(Object.entries(core).map(([name, { address }]) => [name, address]));
    const calls = await missingRoleCalls(addresses as CoreAddresses, members, deps);
    if (calls.length === 0) return;
    const manager = env.get<typeof artifacts.AccessManager.abi>('AccessManager');
    await env.execute(manager, { account: env.namedAccounts.deployer, functionName: 'multicall', args: [calls] });
  },
  { tags: ['roles'], dependencies: ['core'] },
);
