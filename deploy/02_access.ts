import { artifacts, deployScript } from '../rocketh/deploy.ts';

/** Who may do what. The deployer is administrator until `05_handover`. */
export default deployScript(
  async ({ deploy, namedAccounts: { deployer } }) => {
    await deploy('AccessManager', { account: deployer, artifact: artifacts.AccessManager, args: [deployer] });
  },
  { tags: ['access'] },
);
