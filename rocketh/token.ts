import { Interface } from 'ethers';
import { type Address, parseAddress } from '../workers/protocol/ids.ts';
import { RemitError } from '../workers/runtime/errors.ts';
import { type ChainPort, hasCode, readContract } from './chain-port.ts';
import type { DeployEnvironment } from './deploy.ts';
import { networkOf } from './network.ts';

export const DEV_TOKEN_DECIMALS = 18;

const metadata = new Interface(['function decimals() view returns (uint8)', 'function symbol() view returns (string)']);

export interface Token {
  readonly address: Address;
  readonly decimals: number;
  readonly symbol: string;
}

/** The token of this network, looked at. @throws RemitError `TOKEN_REFUSED` */
export async function tokenOf(env: DeployEnvironment): Promise<Token> {
  const { token, chain } = networkOf(env);
  if (!token) return inspectToken(env.get('DevToken').address, 'DevToken', chain);
  if (!token.value)
    throw refused(
      token.variable,
      'it is not set',
      `set ${token.variable} to the address of the ERC-20 that jobs are paid in`,
    );
  return inspectToken(token.value, token.variable, chain);
}

/** @param source where the address was written, for the error */
export async function inspectToken(value: string, source: string, chain: ChainPort): Promise<Token> {
  const fix = `set ${source} to an ERC-20 on this network with 6 or 18 decimals`;
  const address = attempt(() => parseAddress(value));
  if (!address) throw refused(source, `${value} is not an address`, fix);
  if (!(await hasCode(chain, address))) throw refused(source, `there is no contract at ${address}`, fix);
  const read = (view: string): Promise<unknown> =>
    readContract(chain, { address, abi: metadata.fragments }, view).catch(() => undefined);
  const decimals = await read('decimals');
  if (decimals === 6n || decimals === 18n) {
    const symbol = await read('symbol');
    return { address, decimals: Number(decimals), symbol: typeof symbol === 'string' ? symbol : '?' };
  }
  throw refused(source, `${address} has ${typeof decimals === 'bigint' ? decimals : 'no'} decimals`, fix);
}

function refused(source: string, why: string, fix: string): RemitError {
  return new RemitError({
    code: 'TOKEN_REFUSED',
    message: `the token named by ${source} is refused: ${why}`,
    fix: `${fix}; fee-on-transfer and rebasing tokens are not supported`,
    context: { source, why },
  });
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
