import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import * as z from 'zod';
import { publicNetworks, variableOf } from '../../rocketh/network-parameters.ts';
import { processConfig } from '../../workers/bin/process-config.ts';
import { ROLE_NAMES, roles } from '../../workers/bin/roles.ts';
import { configPage } from './config-page.ts';

const names = (what: Parameters<typeof variableOf>[0]): string =>
  publicNetworks.map((network) => `\`${variableOf(what, network)}\``).join(', ');

/** What is read by the tools around the workers; there is no schema to take it from. */
const TOOLS = `## Deployment and tools

| variable | read by | meaning |
| --- | --- | --- |
| \`REMIT_DEPLOYMENTS\` | \`hardhat deploy\` | folder of all deployments; default \`deployments\` |
| \`REMIT_RPC_URL\` | \`hardhat\`, \`./dev model\` | node of the network \`localhost\`; default \`http://127.0.0.1:8545\` |
| \`REMIT_PARAMETERS\` | \`hardhat deploy\`, local networks only | JSON object of changed parameters |
| ${names('ADMIN')} | \`hardhat deploy\` | administrator and governor |
| ${names('GUARDIAN')} | \`hardhat deploy\` | may pause new requests |
| ${names('TREASURY')} | \`hardhat deploy\` | gets the protocol's part of fees |
| ${names('TOKEN')} | \`hardhat deploy\` | the ERC-20 that jobs are paid in |
| \`<NETWORK>_RPC_URL\`, \`<NETWORK>_DEPLOYER_KEY\` | \`hardhat\` | node and key of a public network; also from \`hardhat keystore\` |
| \`ETHERSCAN_API_KEY\` | \`hardhat verify\` | for the verification of sources |
| \`REDIS_URL\` | \`./dev\` | a Redis to use instead of a private one |
| \`FUZZ_RUNS\` | \`./dev test solidity\` | runs per fuzz test; default 256 |
| \`INVARIANT_RUNS\`, \`INVARIANT_DEPTH\` | \`./dev test solidity\` | runs per campaign, bursts per run; default 48 and 64 |
`;

/** `docs/CONFIG.md` as it belongs to the schemas, formatted as `./dev check format` wants it. */
export async function formattedConfigPage(): Promise<string> {
  const schemas = await Promise.all(
    ROLE_NAMES.map(async (role) => {
      const { config } = await roles[role].load();
      return { role, schema: z.object({ ...processConfig.shape, ...config.shape }) };
    }),
  );
  const page = configPage(schemas, TOOLS);
  const file = fileURLToPath(new URL('../../docs/CONFIG.md', import.meta.url));
  return format(page, { ...(await resolveConfig(file)), filepath: file });
}
