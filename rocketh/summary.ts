import { join } from 'node:path';
import { parseAddress } from '../workers/protocol/ids.ts';
import { config } from './config.ts';
import { CORE } from './core-contracts.ts';
import type { DeployEnvironment } from './deploy.ts';
import { networkOf } from './network.ts';
import { tokenOf } from './token.ts';
import type { Wiring } from './wiring.ts';

/** What a person wants to see at the end of a deployment. */
export async function summaryOf(env: DeployEnvironment, wirings: readonly Wiring[]): Promise<string> {
  const { name, chainId, kind, parameters: p, chain } = networkOf(env);
  const token = await tokenOf(env);
  const unread = wirings.filter((wiring) => wiring.unread !== undefined);
  const { count, gas } = await spent(env.network.provider.transactionHashes, chain);
  const rows: readonly (readonly [string, string])[] = [
    [`Token (${token.symbol}, ${token.decimals} decimals)`, token.address],
    ['AccessManager', env.get('AccessManager').address],
    ...CORE.map((contract) => [contract, env.get(contract).address] as const),
    ...Object.entries(env.namedAccounts).map(([role, address]) => [role, address] as const),
  ];
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return [
    '',
    `Remit on ${name} (chain ${chainId}, ${kind})`,
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}${parseAddress(value)}`),
    `  ${'challenge window'.padEnd(width)}${p.challengeWindowMinSeconds} s to ${p.challengeWindowMaxSeconds} s`,
    `  ${'admin delay'.padEnd(width)}${p.adminDelaySeconds} s`,
    `  ${'trials'.padEnd(width)}opened with ${p.court.openerBondTokens} ${token.symbol}, at most ${p.trialTimeMaxSeconds} s`,
    `${count} transactions, ${gas} gas`,
    ...unread.map(({ what, unread: why }) => `not read: ${what} (${String(why)})`),
    `${wirings.length - unread.length} wirings checked`,
    env.context.saveDeployments
      ? `Next: ./dev model register FILE.onnx --deployment ${join(config.deployments, name)}`
      : 'Next: nothing was kept, this chain ends with the process; start a node and add --network localhost',
  ].join('\n');
}

async function spent(
  hashes: readonly string[],
  chain: ReturnType<typeof networkOf>['chain'],
): Promise<{ count: number; gas: bigint }> {
  let gas = 0n;
  for (const hash of hashes) {
    const receipt = (await chain.request({ method: 'eth_getTransactionReceipt', params: [hash] })) as {
      gasUsed: string;
    } | null;
    gas += BigInt(receipt?.gasUsed ?? 0);
  }
  return { count: hashes.length, gas };
}
