import type { DataTerms } from '../../workers/protocol/data-terms.ts';
import { type Address, type DataRequestId, type FeedId, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import type { ScheduleTerms } from '../../workers/protocol/schedule.ts';
import { hash, NOW, OPERATOR, REQUESTER, TERMS } from './sample-job.ts';

export const FEED_REGISTRY = '0xa513E6E4b8f2a923D98304ec87F64353C4D5C853' as Address;
export const SCHEDULER = '0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6' as Address;
export const SCHEDULE = '0x8A791620dd6260079BF849Dc5567aDC3F2FdC318' as Address;

export const feedOf = (n: number): FeedId => hash(0xfeed_00 + n) as FeedId;
export const requestOf = (n: number): DataRequestId => hash(0xda7a_00 + n) as DataRequestId;

/** A question that may be answered for ten minutes. */
export const DATA_TERMS: DataTerms = {
  committee: feedOf(1),
  requester: REQUESTER,
  specDigest: hash(3),
  fee: 9n,
  deadline: BigInt(NOW + 600),
  callbackTarget: ZERO_ADDRESS,
  callbackGas: 0,
  salt: 1n,
};

/** Every hour, or when the first feed has moved by 1 %, but never twice within five minutes. */
export const SCHEDULE_TERMS: ScheduleTerms = {
  modelId: TERMS.modelId,
  feedId: feedOf(1),
  inputHash: ZERO_HEX32,
  fee: 10n,
  stakeAtRisk: 100n,
  operator: OPERATOR,
  callbackTarget: ZERO_ADDRESS,
  callbackPhase: 0,
  delivery: 1,
  callbackGas: 0,
  challengeWindow: 60,
  attestTime: 600,
  interval: 3_600,
  deviationBps: 100,
  gap: 300,
  tip: 5n,
};
