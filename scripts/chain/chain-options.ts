import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { SignerSource } from '../../workers/runtime/keystore.ts';
import { Secret } from '../../workers/runtime/secret.ts';
import type { ChainSessionOptions } from './chain-session.ts';

export interface ChainArguments {
  readonly network: string;
  readonly rpc?: string;
  readonly deployments: string;
  readonly deployment?: string;
}

export interface KeyArguments {
  readonly key?: string;
  readonly keystore?: string;
  readonly passwordFile?: string;
}

const LOCAL_RPC = 'http://127.0.0.1:8545';

export function withChainOptions(command: Command): Command {
  return command
    .option('--network <name>', 'network whose deployment is meant', 'localhost')
    .addOption(new Option('--rpc <url>', `node to ask; ${LOCAL_RPC} for localhost`).env('REMIT_RPC_URL'))
    .option('--deployment <folder>', 'what `hardhat deploy` wrote; default <deployments>/<network>')
    .addOption(
      new Option('--deployments <folder>', 'where deployments are kept')
        .env('REMIT_DEPLOYMENTS')
        .default('deployments')
        .hideHelp(),
    );
}

/** `whose`: the part the key plays, `publisher`. */
export function withKeyOptions(command: Command, whose: string): Command {
  return command
    .option('--key <key>', `${whose}’s key, on local chains only: anvil:<index> or 0x…`)
    .option('--keystore <file>', `${whose}’s encrypted web3 keystore`)
    .option('--password-file <file>', 'file with the password of the keystore');
}

/** @throws RemitError `NETWORK_UNREACHABLE` when a network is named whose node is not */
export function chainSessionOptions({ network, rpc, deployments, deployment }: ChainArguments): ChainSessionOptions {
  const rpcUrl = rpc ?? (network === 'localhost' ? LOCAL_RPC : undefined);
  if (rpcUrl === undefined || !URL.canParse(rpcUrl)) {
    throw new RemitError({
      code: 'NETWORK_UNREACHABLE',
      message:
        rpcUrl === undefined ? `no node is known for network ${network}` : `${rpcUrl} is not the address of a node`,
      fix: 'name a node of this network: --rpc https://…',
      context: { network },
    });
  }
  return { rpcUrl, deploymentFolder: resolve(deployment ?? join(deployments, network)) };
}

/** Where the key comes from that a person named; undefined when none was. */
export function givenSigner({ key, keystore, passwordFile }: KeyArguments): SignerSource | undefined {
  if (keystore !== undefined && passwordFile !== undefined) return { keystorePath: keystore, passwordFile };
  return key !== undefined && keystore === undefined ? { devKey: new Secret(key) } : undefined;
}

/** A whole number from 0 up. */
export function countOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 0 up');
  return Number(text);
}

export const listOption = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
