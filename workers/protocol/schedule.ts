import { FieldReader } from './fields.ts';
import type { Address, FeedId, Hex32, ModelId } from './ids.ts';
import { CallbackPhase, Delivery } from './job.ts';

/** What a schedule asks for, how often, and for how much; twin of `Schedule` in `contracts/interfaces/IScheduler.sol`. */
export interface ScheduleTerms {
  readonly modelId: ModelId;
  /** Zero: the input is fixed. */
  readonly feedId: FeedId;
  /** keccak256 of the fixed input vector; zero for a feed. */
  readonly inputHash: Hex32;
  /** Price of one answer, token units. */
  readonly fee: bigint;
  readonly stakeAtRisk: bigint;
  /** The zero address: the sortition ladder. */
  readonly operator: Address;
  readonly callbackTarget: Address;
  readonly callbackPhase: CallbackPhase;
  readonly delivery: Delivery;
  readonly callbackGas: number;
  /** Seconds. */
  readonly challengeWindow: number;
  /** Seconds between request and attest deadline. */
  readonly attestTime: number;
  /** Due when this much time has passed since the last run, seconds. */
  readonly interval: number;
  /** Due when the feed has moved this far since the last run, in 1/10,000; 0: by interval only. */
  readonly deviationBps: number;
  /** Never sooner than this after the last run, seconds. */
  readonly gap: number;
  /** For whoever triggers, token units. */
  readonly tip: bigint;
}

/** What a schedule waits for; twin of `ScheduleState` in `contracts/interfaces/IScheduler.sol`. */
export const ScheduleState = {
  None: 0,
  Waiting: 1,
  Due: 2,
  Unfunded: 3,
  FeedNotLive: 4,
  Cancelled: 5,
  Refused: 6,
} as const;
export type ScheduleState = (typeof ScheduleState)[keyof typeof ScheduleState];

/** A schedule's name among subjects of 32 bytes: its address, padded on the left. */
export function subjectOfSchedule(schedule: string): Hex32 {
  return `0x${schedule.slice(2).toLowerCase().padStart(64, '0')}` as Hex32;
}

/** Terms of a schedule in JSON: bigints as decimal strings, enums as their numbers. */
export type ScheduleTermsJson = {
  readonly [K in keyof ScheduleTerms]: ScheduleTerms[K] extends bigint ? string : ScheduleTerms[K];
};

export function scheduleTermsToJson({ fee, stakeAtRisk, tip, ...rest }: ScheduleTerms): ScheduleTermsJson {
  return { ...rest, fee: fee.toString(), stakeAtRisk: stakeAtRisk.toString(), tip: tip.toString() };
}

/** Terms out of JSON, or out of a decoded event. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseScheduleTerms(value: unknown): ScheduleTerms {
  const terms = new FieldReader('schedule', value);
  return {
    modelId: terms.hex32('modelId') as ModelId,
    feedId: terms.hex32('feedId') as FeedId,
    inputHash: terms.hex32('inputHash'),
    fee: terms.big('fee', 128),
    stakeAtRisk: terms.big('stakeAtRisk', 128),
    operator: terms.address('operator'),
    callbackTarget: terms.address('callbackTarget'),
    callbackPhase: terms.member('callbackPhase', CallbackPhase),
    delivery: terms.member('delivery', Delivery),
    callbackGas: terms.number('callbackGas', 32),
    challengeWindow: terms.number('challengeWindow', 32),
    attestTime: terms.number('attestTime', 32),
    interval: terms.number('interval', 32),
    deviationBps: terms.number('deviationBps', 16),
    gap: terms.number('gap', 32),
    tip: terms.big('tip', 128),
  };
}
