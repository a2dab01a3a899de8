import type { DeployEnvironment } from './deploy.ts';
import { type NetworkKind, type NetworkParameters, validateParameters } from './parameters.ts';
import { type ChainPort, hasCode } from './chain-port.ts';
import { RemitError } from '../workers/runtime/errors.ts';

/** The chains whose keys everybody has: anvil's and Hardhat's, and geth --dev's. */
const LOCAL_CHAIN_IDS: ReadonlySet<number> = new Set([31_337, 1_337]);

/** The network that is deployed to, checked. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  readonly kind: NetworkKind;
  readonly parameters: NetworkParameters;
  /** A public network's token as it stands in the environment, and under which name. */
  readonly token: { readonly variable: string; readonly value: string | undefined } | undefined;
  readonly chain: ChainPort;
}

/** @throws RemitError `NETWORK_UNKNOWN`, `PARAMETERS_INVALID` */
export function networkOf(env: Pick<DeployEnvironment, 'name' | 'network' | 'data'>): Network {
  const { profile, environment } = env.data;
  const chainId = env.network.chain.id;
  const { kind, tokenVariable } = profile;
  if (kind === 'local' && !LOCAL_CHAIN_IDS.has(chainId)) throw unknownNetwork(env.name, chainId);
  const changes = changesOf(environment['REMIT_PARAMETERS'], kind, env.name);
  return {
    name: env.name,
    chainId,
    kind,
    parameters: validateParameters({ ...profile.parameters, ...changes }, kind, env.name),
    token: tokenVariable === undefined ? undefined : { variable: tokenVariable, value: environment[tokenVariable] },
    chain: env.network.provider,
  };
}

/** Admin, guardian and treasury are set up before the deployment starts: the deployer keeps nothing. @throws RemitError `ACCOUNT_CONFLICT` */
export function requireDistinctAdmin({ deployer, admin }: { readonly deployer: string; readonly admin: string }): void {
  if (deployer.toLowerCase() !== admin.toLowerCase()) return;
  throw new RemitError({
    code: 'ACCOUNT_CONFLICT',
    message: `deployer and admin are the same account, ${admin}: there would be nothing to hand over`,
    fix: 'name another account as admin; a multisig on public networks',
    context: { admin },
  });
}

/** A local chain that was started anew may look like the old one, and then the old records are trusted. @throws RemitError `DEPLOYMENT_STALE` */
export async function requireLive(
  recorded: Readonly<Record<string, { readonly address: string }>>,
  { name, chainId, chain }: Network,
): Promise<void> {
  for (const [contract, { address }] of Object.entries(recorded)) {
    if (await hasCode(chain, address)) continue;
    throw new RemitError({
      code: 'DEPLOYMENT_STALE',
      message: `${contract} is recorded at ${address} on network ${name}, where chain ${chainId} has no code`,
      fix: 'the chain was started anew: remove the deployments folder of this network, or name another one in REMIT_DEPLOYMENTS',
      context: { contract, address, chainId },
    });
  }
}

function changesOf(text: string | undefined, kind: NetworkKind, network: string): object {
  if (text === undefined || text === '') return {};
  const refuse = (problem: string): RemitError =>
    new RemitError({
      code: 'PARAMETERS_INVALID',
      message: `REMIT_PARAMETERS is refused for network ${network}: ${problem}`,
      fix: 'unset it, or give a JSON object such as {"challengeWindowMinSeconds":5}',
      context: { network },
    });
  if (kind === 'public') throw refuse('it changes parameters of local networks only');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Reported below, together with JSON that is not an object.
  }
  throw refuse('it is not a JSON object');
}

function unknownNetwork(name: string, chainId: number): RemitError {
  return new RemitError({
    code: 'NETWORK_UNKNOWN',
    message: `network ${name} (chain ${chainId}) has no parameters of its own, and those of a local chain protect nobody`,
    fix: 'add its name to publicNetworks in rocketh/network-parameters.ts and to hardhat.config.ts',
    context: { name, chainId },
  });
}
