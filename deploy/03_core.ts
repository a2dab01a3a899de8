import { coreContracts } from '../rocketh/core-contracts.ts';
import { planCore } from '../rocketh/core-plan.ts';
import { deployCore } from '../rocketh/core-deploy.ts';
import { deployScript } from '../rocketh/deploy.ts';
import { networkOf } from '../rocketh/network.ts';
import { recordedCore, surroundingsOf } from '../rocketh/surroundings.ts';
import { parseAddress } from '../workers/protocol/ids.ts';

/** The contracts, at the addresses that each of them was told of the others. */
export default deployScript(
  async (env) => {
    const { chain } = networkOf(env);
    const plan = await planCore(parseAddress(env.namedAccounts.deployer), recordedCore(env), { chain });
    await deployCore(env, plan, coreContracts(plan.addresses, await surroundingsOf(env)));
  },
  { tags: ['core'], dependencies: ['token', 'access'] },
);
