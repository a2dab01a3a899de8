import type { LogDescription } from 'ethers';
import { parseQuantity, type RawLog } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { ContractName } from '../../workers/chain/deployments.ts';
import { searchLogs } from '../../workers/chain/log-search.ts';
import type { Receipt } from '../../workers/chain/chain-values.ts';
import { addressOf } from './account.ts';
import type { ChainSession } from './chain-session.ts';

/** An event with its decoded arguments. */
export interface ContractLog {
  readonly name: string;
  readonly args: LogDescription['args'];
  readonly log: RawLog;
}

export interface LogSearch {
  readonly contract: ContractName;
  /** Any of these. */
  readonly events: readonly string[];
  /** Indexed arguments in their order; null: any. An address is 32 bytes here. */
  readonly indexed?: readonly (string | null)[];
  /** First block; by default the first of the deployment. */
  readonly from?: number;
  readonly to?: number;
}

/** Events of one of our contracts, oldest first. @throws RemitError `CONTRACT_NOT_DEPLOYED`, `RPC_…` */
export async function findLogs(
  { contract, events, indexed = [], from, to }: LogSearch,
  session: Pick<ChainSession, 'rpc' | 'deployment'>,
  signal: AbortSignal,
): Promise<readonly ContractLog[]> {
  const topics = [events.map((name) => topicOf(contract, name)), ...indexed];
  const head = to ?? (await headOf(session, signal));
  const range = { from: from ?? session.deployment.startBlock, to: head };
  const logs = await searchLogs({ address: addressOf(contract, session), topics, ...range }, session, signal);
  return logs.flatMap((log) => decoded(contract, log));
}

/** Events of one of our contracts in a receipt. */
export function logsIn({ logs }: Pick<Receipt, 'logs'>, contract: ContractName): readonly ContractLog[] {
  return logs.flatMap((log) => decoded(contract, log));
}

/** Number of the newest block. */
export async function headOf({ rpc }: Pick<ChainSession, 'rpc'>, signal: AbortSignal): Promise<number> {
  return parseQuantity(await rpc.call('eth_blockNumber', [], { signal }), 'eth_blockNumber');
}

function decoded(contract: ContractName, log: RawLog): ContractLog[] {
  const found = interfaces[contract].parseLog({ topics: [...log.topics], data: log.data });
  return found ? [{ name: found.name, args: found.args, log }] : [];
}

function topicOf(contract: ContractName, name: string): string {
  const event = interfaces[contract].getEvent(name);
  if (!event) throw new Error(`${contract} has no event ${name}`);
  return event.topicHash;
}
