import { id, Interface, type InterfaceAbi } from 'ethers';
import type { Address } from '../workers/protocol/ids.ts';
import { type ChainPort, readContract, type ReadTarget } from './chain-port.ts';
import type { CoreAddresses, CoreName } from './core-contracts.ts';

/** Roles of the AccessManager. ADMIN is its own, and grants the others. */
export const ROLES = { ADMIN: 0n, GOVERNOR: 1n, GUARDIAN: 2n } as const;

export type RoleName = keyof typeof ROLES;

/** Every function that a role guards. Whatever is not listed belongs to ADMIN. */
export const GUARDED: readonly (readonly [contract: CoreName, signature: string, role: 'GOVERNOR' | 'GUARDIAN'])[] = [
  [
    'JobRegistry',
    'setParameters((uint32,uint32,uint32,uint32,uint32,uint16,uint16,uint88,address,uint24,uint24,uint24,uint24))',
    'GOVERNOR',
  ],
  ['ModelRegistry', 'setPublisherBond(uint256)', 'GOVERNOR'],
  ['JobRegistry', 'pauseRequests()', 'GUARDIAN'],
  ['JobRegistry', 'unpauseRequests()', 'GUARDIAN'],
];

export interface Member {
  readonly role: RoleName;
  readonly account: Address;
  /** Seconds between scheduling and executing. */
  readonly delaySeconds: number;
}

/** Who holds what when the deployment is over. Pausing is for emergencies: the guardian does not wait. */
export function membersOf(
  accounts: { readonly admin: Address; readonly guardian: Address },
  adminDelaySeconds: number,
): readonly Member[] {
  return [
    { role: 'GOVERNOR', account: accounts.admin, delaySeconds: adminDelaySeconds },
    { role: 'GUARDIAN', account: accounts.guardian, delaySeconds: 0 },
    { role: 'ADMIN', account: accounts.admin, delaySeconds: adminDelaySeconds },
  ];
}

export const selectorOf = (signature: string): string => id(signature).slice(0, 10);

export interface RolesDeps {
  readonly chain: ChainPort;
  readonly authority: ReadTarget;
}

/** Whether an account is a member of a role now, and with which delay. */
export async function accessOf(
  role: RoleName,
  account: string,
  { chain, authority }: RolesDeps,
): Promise<{ member: boolean; delaySeconds: number }> {
  const [member, delay] = (await readContract(chain, authority, 'hasRole', [ROLES[role], account])) as [
    boolean,
    bigint,
  ];
  return { member, delaySeconds: Number(delay) };
}

export async function roleOfFunction(
  contract: string,
  signature: string,
  { chain, authority }: RolesDeps,
): Promise<bigint> {
  return (await readContract(chain, authority, 'getTargetFunctionRole', [contract, selectorOf(signature)])) as bigint;
}

/** The calls to the AccessManager that are still to be made, encoded for its `multicall`; none when all is done. */
export async function missingRoleCalls(
  at: CoreAddresses,
  members: readonly Member[],
  deps: RolesDeps,
): Promise<`0x${string}`[]> {
  const abi = new Interface(deps.authority.abi as InterfaceAbi);
  const call = (name: string, args: readonly unknown[]): `0x${string}` =>
    abi.encodeFunctionData(name, args) as `0x${string}`;
  const calls: `0x${string}`[] = [];
  for (const [contract, signature, role] of GUARDED) {
    if ((await roleOfFunction(at[contract], signature, deps)) === ROLES[role]) continue;
    calls.push(call('setTargetFunctionRole', [at[contract], [selectorOf(signature)], ROLES[role]]));
  }
  // Labels are events only, so they go out with the first call that can be seen to be missing.
  if (calls.length > 0) {
    calls.unshift(call('labelRole', [ROLES.GOVERNOR, 'GOVERNOR']), call('labelRole', [ROLES.GUARDIAN, 'GUARDIAN']));
  }
  for (const { role, account, delaySeconds } of members) {
    const access = await accessOf(role, account, deps);
    if (access.member && access.delaySeconds === delaySeconds) continue;
    calls.push(call('grantRole', [ROLES[role], account, delaySeconds]));
  }
  return calls;
}
