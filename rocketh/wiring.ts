import { Interface, type InterfaceAbi, parseUnits } from 'ethers';
import type { Address } from '../workers/protocol/ids.ts';
import { messageOf, RemitError } from '../workers/runtime/errors.ts';
import { type ChainPort, hasCode, readContract, type ReadTarget } from './chain-port.ts';
import {
  chainCourtSettings,
  chainParameters,
  chainShares,
  CORE,
  type CoreName,
  type Surroundings,
} from './core-contracts.ts';
import { NEIGHBOURS } from './core-plan.ts';
import { accessOf, GUARDED, type Member, roleOfFunction, ROLES } from './roles.ts';

export interface WiringFacts extends Surroundings {
  readonly core: Readonly<Record<CoreName, ReadTarget>>;
  readonly accessManager: ReadTarget;
  readonly members: readonly Member[];
  readonly deployer: Address;
  /** False before the deployer has renounced: then it must still be able to. */
  readonly handedOver: boolean;
  /** First block of the deployment, for the role events. */
  readonly fromBlock: number;
}

/** One thing that was read back from the chain. */
export interface Wiring {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
  /** Why it could not be read; then it counts neither way. */
  readonly unread?: string;
}

/** Reads everything back: who names whom, which numbers, who may do what. Sends nothing. */
export async function readWirings(facts: WiringFacts, { chain }: { readonly chain: ChainPort }): Promise<Wiring[]> {
  const { core, accessManager, deployer } = facts;
  const found: Wiring[] = [];
  const note = (what: string, expected: unknown, seen: unknown): void => {
    found.push({ what, expected: text(expected), seen: text(seen) });
  };
  const view = async (
    name: CoreName,
    getter: string,
    expected: unknown,
    args: readonly unknown[] = [],
  ): Promise<void> => note(`${name}.${getter}`, expected, await readContract(chain, core[name], getter, args));

  for (const name of CORE) {
    const there = await hasCode(chain, core[name].address);
    note(`${name} has code`, true, there);
    if (!there) return found;
    for (const [getter, neighbour] of Object.entries(NEIGHBOURS[name]))
      await view(name, getter, core[neighbour].address);
  }
  await readNumbers(facts, view, chain, note);

  const deps = { chain, authority: accessManager };
  for (const name of ['JobRegistry', 'ModelRegistry'] as const) await view(name, 'authority', accessManager.address);
  for (const [contract, signature, role] of GUARDED) {
    const name = signature.slice(0, signature.indexOf('('));
    note(`role of ${contract}.${name}`, ROLES[role], await roleOfFunction(core[contract].address, signature, deps));
  }
  for (const name of ['JobRegistry', 'ModelRegistry'] as const) {
    note(`${name} is closed`, false, await readContract(chain, accessManager, 'isTargetClosed', [core[name].address]));
  }
  for (const { role, account, delaySeconds } of facts.members) {
    const { member, delaySeconds: seen } = await accessOf(role, account, deps);
    note(`${role} ${account}`, `member, delay ${delaySeconds} s`, member ? `member, delay ${seen} s` : 'no member');
  }
  found.push(...(await wiringsByEvents(facts, chain)));
  for (const role of ['ADMIN', 'GOVERNOR', 'GUARDIAN'] as const) {
    const expected = role === 'ADMIN' && !facts.handedOver;
    note(`deployer holds ${role}`, expected, (await accessOf(role, deployer, deps)).member);
  }
  for (const role of ['GOVERNOR', 'GUARDIAN'] as const) {
    note(`admin of ${role}`, ROLES.ADMIN, await readContract(chain, accessManager, 'getRoleAdmin', [ROLES[role]]));
    note(
      `guardian of ${role}`,
      ROLES.ADMIN,
      await readContract(chain, accessManager, 'getRoleGuardian', [ROLES[role]]),
    );
  }
  return found;
}

async function readNumbers(
  facts: WiringFacts,
  view: (name: CoreName, getter: string, expected: unknown, args?: readonly unknown[]) => Promise<void>,
  chain: ChainPort,
  note: (what: string, expected: unknown, seen: unknown) => void,
): Promise<void> {
  const { parameters: p, core } = facts;
  const shares = chainShares(p);
  await view('Settlement', 'token', facts.token);
  await view('OperatorStaking', 'token', facts.token);
  await view('OperatorStaking', 'unbondingDelay', p.unbondingDelaySeconds);
  await view('OperatorStaking', 'revocationDelay', p.revocationDelaySeconds);
  await view('OperatorStaking', 'epochLength', p.epochLengthSeconds);
  await view('Slasher', 'equivocationShares', Object.values(ordered(shares.equivocation)));
  await view('Slasher', 'convictionShares', Object.values(ordered(shares.conviction)));
  await view('ModelRegistry', 'bondReleaseDelay', p.bondReleaseDelaySeconds);
  await view('ModelRegistry', 'publisherBondMax', parseUnits(p.publisherBondMaxTokens, facts.tokenDecimals));
  await view('TrialCourt', 'settings', Object.values(chainCourtSettings(facts)));
  await view('FeedRegistry', 'leaveDelay', p.leaveDelaySeconds);
  // Governance may have moved on; what was deployed is version 1 for ever.
  const version = (await readContract(chain, core.JobRegistry, 'currentVersion')) as bigint;
  note('JobRegistry has parameters', true, version >= 1n);
  await view('JobRegistry', 'parametersOf', Object.values(chainParameters(facts)), [1n]);
}

const ordered = ({
  openerBps,
  proverBps,
  requesterBps,
}: {
  openerBps: number;
  proverBps: number;
  requesterBps: number;
}) => ({
  openerBps,
  proverBps,
  requesterBps,
});

/**
 * Members and labels of every role as the events tell them: a member that nobody thought of cannot hide. Nodes that refuse
 * logs of so many blocks are not argued with; it was read when the deployment was new.
 */
async function wiringsByEvents(facts: WiringFacts, chain: ChainPort): Promise<Wiring[]> {
  const { accessManager, fromBlock, members, deployer, handedOver } = facts;
  const what = ['members of all roles', 'labels of roles'] as const;
  const filter = { address: accessManager.address, fromBlock: `0x${fromBlock.toString(16)}`, toBlock: 'latest' };
  const holders = members.map(({ role, account }) => memberText(ROLES[role], account));
  const expected = [
    listed(handedOver ? holders : [...holders, memberText(ROLES.ADMIN, deployer)]),
    listed([`${ROLES.GOVERNOR}:GOVERNOR`, `${ROLES.GUARDIAN}:GUARDIAN`]),
  ] as const;
  try {
    const logs = (await chain.request({ method: 'eth_getLogs', params: [filter] })) as RawEvent[];
    const seen = foldRoleEvents(logs, new Interface(accessManager.abi as InterfaceAbi));
    return [
      { what: what[0], expected: expected[0], seen: listed(seen.members) },
      { what: what[1], expected: expected[1], seen: listed(seen.labels) },
    ];
  } catch (error) {
    return what.map((title, index) => ({
      what: title,
      expected: expected[index] ?? '',
      seen: '',
      unread: messageOf(error),
    }));
  }
}

interface RawEvent {
  readonly topics: string[];
  readonly data: string;
}

function foldRoleEvents(logs: readonly RawEvent[], abi: Interface): { members: Set<string>; labels: Set<string> } {
  const members = new Set<string>();
  const labels = new Set<string>();
  for (const log of logs) {
    const event = abi.parseLog(log);
    if (!event) continue;
    const [role, second] = event.args as unknown as [bigint, unknown];
    if (event.name === 'RoleGranted') members.add(memberText(role, String(second)));
    if (event.name === 'RoleRevoked') members.delete(memberText(role, String(second)));
    if (event.name === 'RoleLabel') labels.add(memberText(role, String(second)));
  }
  return { members, labels };
}

const listed = (items: Iterable<string>): string => [...items].sort().join(', ');
const memberText = (role: bigint, account: string): string => `${role}:${account}`;

/** @throws RemitError `WIRING_WRONG`, naming everything that is not as it must be */
export function requireWired(wirings: readonly Wiring[]): void {
  const wrong = wirings.filter(
    ({ expected, seen, unread }) => unread === undefined && expected.toLowerCase() !== seen.toLowerCase(),
  );
  if (wrong.length === 0) return;
  const list = wrong.map(({ what, expected, seen }) => `  ${what}: expected ${expected}, is ${seen}`);
  throw new RemitError({
    code: 'WIRING_WRONG',
    message: `${wrong.length} of ${wirings.length} wirings are not as they must be:\n${list.join('\n')}`,
    fix: 'let the admin put it right, or move the deployments folder away and deploy anew; do not use this deployment as it is',
    context: { wrong },
  });
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (typeof value === 'object' && value !== null && 'toArray' in value)
    return text((value as { toArray(): unknown[] }).toArray());
  return String(value);
}
