import { Interface, type InterfaceAbi } from 'ethers';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CORE, type CoreName } from '../../rocketh/core-contracts.ts';
import { ROLES } from '../../rocketh/roles.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { deployContracts } from '../stack/deploy-contracts.ts';
import { localAccount } from '../stack/accounts.ts';
import { startLocalChain } from '../stack/local-chain.ts';
import { createLogTail } from '../stack/log-tail.ts';

/** What a deployment says of itself. Addresses are given as the names of what lies there. */
export interface LiveDeployment {
  /** Contract → view without arguments that answers an address → whom it names. */
  readonly named: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Contract → selector → role that guards it, for whom AccessManager guards. */
  readonly roles: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Role → who has it. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Contract → bytes of its code. */
  readonly sizes: Readonly<Record<string, number>>;
}

interface Recorded {
  readonly address: string;
  readonly abi: InterfaceAbi;
}

const DEPLOYED = [...CORE, 'AccessManager'] as const;
const PEOPLE = { deployer: 0, admin: 1, guardian: 8, treasury: 9 };
const BURN = '0x000000000000000000000000000000000000dead';
const ZERO = `0x${'00'.repeat(20)}`;

/** Deploys on a private chain as `hardhat deploy` does, and asks. */
export async function readLiveDeployment({
  clock,
  signal,
}: {
  clock: Clock;
  signal: AbortSignal;
}): Promise<LiveDeployment> {
  const folder = await mkdtemp(join(tmpdir(), 'remit-audit-'));
  const deps = { clock, log: createLogTail({ clock }) };
  try {
    const chain = await startLocalChain({ folder, automine: true, signal }, deps);
    try {
      const cacheFolder = resolve(import.meta.dirname, '../../cache/stack');
      const deployed = await deployContracts(chain, { folder, cacheFolder, hardfork: 'prague', signal }, deps);
      const recorded = new Map<string, Recorded>();
      for (const name of DEPLOYED) {
        recorded.set(name, JSON.parse(await readFile(join(deployed.folder, `${name}.json`), 'utf8')) as Recorded);
      }
      return await ask(recorded, deployed.token, chain);
    } finally {
      await chain.process.stop(2_000);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function ask(recorded: ReadonlyMap<string, Recorded>, token: string, rpc: Rpc): Promise<LiveDeployment> {
  const people = Object.entries(PEOPLE).map(([name, index]) => [localAccount(name, index).address, name] as const);
  const names = new Map<string, string>([
    [ZERO, 'nobody'],
    [token.toLowerCase(), 'the token'],
    [BURN, 'the burn address'],
    [BURN, 'the burn address'],
  ]);
  for (const [address, name] of people) names.set(address.toLowerCase(), name);
  for (const [name, { address }] of recorded) names.set(address.toLowerCase(), name);
  const nameOf = (address: string): string => names.get(address.toLowerCase()) ?? 'a contract of its own';
  const read = async (name: string, method: string, args: readonly unknown[] = []): Promise<unknown> => {
    const { address, abi } = recorded.get(name) ?? { address: ZERO, abi: [] };
    const known = new Interface(abi);
    const call = { to: address, data: known.encodeFunctionData(method, args) };
    const values = known.decodeFunctionResult(method, String(await rpc.call('eth_call', [call, 'latest'])));
    return values.length === 1 ? (values[0] as unknown) : values;
  };

  const named: Record<string, Record<string, string>> = {};
  const roles: Record<string, Record<string, string>> = {};
  const sizes: Record<string, number> = {};
  for (const [name, { address, abi }] of recorded) {
    const views: Record<string, string> = {};
    const guarded: Record<string, string> = {};
    for (const fragment of new Interface(abi).fragments) {
      if (fragment.type !== 'function' || !('selector' in fragment)) continue;
      const one = new Interface(abi).getFunction(String(fragment.selector));
      if (!one) continue;
      const isAddress = one.inputs.length === 0 && one.outputs.length === 1 && one.outputs[0]?.type === 'address';
      if (isAddress && one.constant) views[one.name] = nameOf(String(await read(name, one.name)));
      if (!one.constant) {
        const role = await read('AccessManager', 'getTargetFunctionRole', [address, one.selector]);
        guarded[one.selector] = roleName(role);
      }
    }
    named[name] = sorted(views);
    roles[name] = guarded;
    sizes[name] = (String(await rpc.call('eth_getCode', [address, 'latest'])).length - 2) / 2;
  }
  const members: Record<string, string[]> = {};
  for (const [role, id] of Object.entries(ROLES)) {
    members[role] = [];
    for (const [address, name] of people) {
      const [isMember] = (await read('AccessManager', 'hasRole', [id, address])) as [boolean];
      if (isMember) members[role].push(name);
    }
  }
  return { named, roles, members, sizes };
}

function roleName(role: unknown): string {
  return Object.entries(ROLES).find(([, id]) => id === role)?.[0] ?? String(role);
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const deployedNames: readonly CoreName[] = CORE;
