import {
  type Address,
  type Hex32,
  type ModelId,
  parseAddress,
  parseHex32,
  parseModelId,
  ZERO_ADDRESS,
  ZERO_HEX32,
} from '../../workers/protocol/ids.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { addressOf } from '../chain/account.ts';
import type { ChainSession } from '../chain/chain-session.ts';

const STATES = ['none', 'waiting', 'due', 'unfunded', 'feed not live', 'cancelled'] as const;
export const PHASES = ['none', 'attested', 'final'] as const;
export const DELIVERIES = ['none', 'inline', 'blob'] as const;

/** What is requested, how often, and what for. Amounts in token units, times in seconds, shares in 1/10,000. */
export interface ScheduleTerms {
  readonly modelId: ModelId;
  /** Undefined: the input is fixed. */
  readonly feedId: Hex32 | undefined;
  readonly fee: bigint;
  readonly stakeAtRisk: bigint;
  readonly operator: Address | undefined;
  readonly callbackTarget: Address | undefined;
  readonly callbackPhase: (typeof PHASES)[number];
  readonly delivery: (typeof DELIVERIES)[number];
  readonly callbackGas: number;
  readonly challengeWindow: number;
  readonly attestTime: number;
  readonly interval: number;
  readonly deviationBps: number;
  readonly gap: number;
  readonly tip: bigint;
}

/** A schedule as the chain has it now. */
export interface ScheduleView {
  readonly schedule: Address;
  readonly owner: Address;
  readonly state: (typeof STATES)[number];
  /** first second in which it can be due by the clock, Unix seconds */
  readonly notBefore: number;
  /** runs so far */
  readonly runs: number;
  /** Unix seconds; 0: never */
  readonly lastAt: number;
  /** what it can spend, token units */
  readonly balance: bigint;
  readonly terms: ScheduleTerms;
  /** time of the newest block, Unix seconds */
  readonly now: number;
}

type Scheduler = ChainSession['contracts']['Scheduler'];

/** @throws RemitError `SCHEDULE_UNKNOWN`, `CONTRACT_NOT_DEPLOYED`, `RPC_…`; MalformedError */
export async function readSchedule(
  reference: string,
  session: ChainSession,
  signal: AbortSignal,
): Promise<ScheduleView> {
  const schedule = parseAddress(reference);
  const scheduler = schedulerOf(session);
  const owner = parseAddress(await scheduler.ownerOf(schedule));
  if (owner === ZERO_ADDRESS) throw unknown(schedule, session.chainId);
  const [{ state, notBefore }, [run, at], terms, balance, { timestamp }] = await Promise.all([
    scheduler.stateOf(schedule),
    scheduler.lastRun(schedule),
    scheduler.termsOf(schedule),
    session.contracts.Settlement.balanceOf(schedule),
    createChainReader({ rpc: session.rpc }).head(signal),
  ]);
  return {
    schedule,
    owner,
    state: STATES[Number(state)] ?? 'none',
    notBefore: Number(notBefore),
    runs: Number(run),
    lastAt: Number(at),
    balance,
    terms: termsView(terms),
    now: timestamp,
  };
}

/** @throws RemitError `CONTRACT_NOT_DEPLOYED` */
export function schedulerOf(session: ChainSession): Scheduler {
  addressOf('Scheduler', session);
  return session.contracts.Scheduler;
}

function termsView(terms: Awaited<ReturnType<Scheduler['termsOf']>>): ScheduleTerms {
  const addressOrNone = (value: string): Address | undefined =>
    value === ZERO_ADDRESS ? undefined : parseAddress(value);
  return {
    modelId: parseModelId(terms.modelId),
    feedId: terms.feedId === ZERO_HEX32 ? undefined : parseHex32(terms.feedId),
    fee: terms.fee,
    stakeAtRisk: terms.stakeAtRisk,
    operator: addressOrNone(terms.operator),
    callbackTarget: addressOrNone(terms.callbackTarget),
    callbackPhase: PHASES[Number(terms.callbackPhase)] ?? 'none',
    delivery: DELIVERIES[Number(terms.delivery)] ?? 'none',
    callbackGas: Number(terms.callbackGas),
    challengeWindow: Number(terms.challengeWindow),
    attestTime: Number(terms.attestTime),
    interval: Number(terms.interval),
    deviationBps: Number(terms.deviationBps),
    gap: Number(terms.gap),
    tip: terms.tip,
  };
}

function unknown(schedule: Address, chainId: number): RemitError {
  return new RemitError({
    code: 'SCHEDULE_UNKNOWN',
    message: `there is no schedule ${schedule} on chain ${chainId}`,
    fix: 'look at `./dev schedule list` for the schedules of this deployment',
    context: { schedule, chainId },
  });
}
