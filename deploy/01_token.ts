import { artifacts, deployScript } from '../rocketh/deploy.ts';
import { networkOf, requireDistinctAdmin, requireLive } from '../rocketh/network.ts';
import { DEV_TOKEN_DECIMALS, tokenOf } from '../rocketh/token.ts';

/** What jobs are paid in: a token of our own on local networks, the one that the environment names elsewhere. */
export default deployScript(
  async (env) => {
    const network = networkOf(env);
    requireDistinctAdmin(env.namedAccounts);
    await requireLive(env.deployments, network);
    if (network.kind === 'local') {
      await env.deploy('DevToken', {
        account: env.namedAccounts.deployer,
        artifact: artifacts.DevToken,
        args: [DEV_TOKEN_DECIMALS],
      });
    }
    await tokenOf(env);
  },
  { tags: ['token'] },
);
