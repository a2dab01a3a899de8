import { type artifacts, deployScript } from '../rocketh/deploy.ts';
import { networkOf } from '../rocketh/network.ts';
import { accessOf, ROLES } from '../rocketh/roles.ts';
import { wiringFactsOf } from '../rocketh/surroundings.ts';
import { readWirings, requireWired } from '../rocketh/wiring.ts';

/** The deployer gives its power away, once everything that it leaves behind has been found right. */
export default deployScript(
  async (env) => {
    const { chain } = networkOf(env);
    const facts = await wiringFactsOf(env, false);
    const { deployer, accessManager } = facts;
    if (!(await accessOf('ADMIN', deployer, { chain, authority: accessManager })).member) return;
    requireWired(await readWirings(facts, { chain }));
    const manager = env.get<typeof artifacts.AccessManager.abi>('AccessManager');
    await env.execute(manager, {
      account: env.namedAccounts.deployer,
      functionName: 'renounceRole',
      args: [ROLES.ADMIN, deployer],
    });
  },
  { tags: ['handover'], dependencies: ['roles'] },
);
