import type { EventFragment } from 'ethers';
import { type AbiCodec, abiCodec } from '../protocol/abi-codec.ts';
import {
  type Address,
  type DataRequestId,
  type FeedId,
  type Hex,
  type Hex32,
  type JobId,
  type ModelId,
  parseAddress,
  parseHex32,
  parseJobId,
  parseModelId,
  ZERO_ADDRESS,
} from '../protocol/ids.ts';
import { type DataTerms, parseDataTerms } from '../protocol/data-terms.ts';
import { type JobReason, type Terms, termsOfChain } from '../protocol/job.ts';
import { parseScheduleTerms, type ScheduleTerms } from '../protocol/schedule.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { LogFilter } from './chain-reader.ts';
import type { RawLog } from './chain-values.ts';
import { interfaces } from './contracts.ts';
import type { Addresses, ContractName } from './deployments.ts';

/** Where on the chain it was said. Unique: (blockHash, logIndex). */
export interface LogRef {
  readonly blockNumber: number;
  readonly blockHash: Hex32;
  readonly transactionHash: Hex32;
  readonly logIndex: number;
}

interface EventFields {
  JobRequested: { jobId: JobId; requester: Address; terms: Terms; input: Hex };
  JobAttested: { jobId: JobId; operator: Address; outputRoot: Hex32; outputContent: Hex32; challengeEnd: bigint };
  JobSettled: {
    jobId: JobId;
    operator: Address;
    operatorAmount: bigint;
    publisherAmount: bigint;
    treasuryAmount: bigint;
  };
  JobExpired: { jobId: JobId; refund: bigint; penalty: bigint };
  JobOnTrial: { jobId: JobId };
  JobAcquitted: { jobId: JobId; operator: Address };
  JobSlashed: { jobId: JobId; operator: Address; reason: JobReason; refund: bigint };
  JobVoided: { jobId: JobId; operator: Address; refund: bigint };
  CallbackFailed: { jobId: JobId };
  CallbackRetried: { jobId: JobId };
  SettleSkipped: { jobId: JobId; reason: Hex };
  ModelRegistered: { modelId: ModelId; publisher: Address; triable: boolean };
  ModelRetired: { modelId: ModelId; bondReleaseAt: bigint };
  OperatorSlashed: { jobId: JobId; operator: Address; offence: number; amount: bigint };
  EquivocationProven: { jobId: JobId; operator: Address; reporter: Address };
  AttesterAppointed: { operator: Address; attester: Address };
  AttesterRevoked: { operator: Address; attester: Address; revokedAt: bigint };
  FeedCreated: { feedId: FeedId; steward: Address; sourcesDigest: Hex32 };
  FeedReported: { feedId: FeedId; round: number; answer: bigint; turn: bigint; leader: number; paid: boolean };
  FeedDisputed: { feedId: FeedId; answer: bigint; turn: bigint; leader: number; paid: boolean };
  DataRequested: { requestId: DataRequestId; terms: DataTerms; spec: Hex };
  DataAnswered: { requestId: DataRequestId; answer: bigint; turn: bigint; leader: number };
  DataExpired: { requestId: DataRequestId; refund: bigint };
  ScheduleCreated: { schedule: Address; owner: Address; terms: ScheduleTerms; input: Hex };
  ScheduleTriggered: { schedule: Address; jobId: JobId; run: bigint; triggeredBy: Address; tip: bigint };
  ScheduleCancelled: { schedule: Address; refund: bigint };
}

export type EventType = keyof EventFields;

/** One thing that our contracts said; times in Unix seconds, amounts in token units. */
export type ChainEvent = {
  [T in EventType]: { readonly type: T; readonly log: LogRef } & Readonly<EventFields[T]>;
}[EventType];

/** By their names in the ABI. */
type Arguments = Readonly<Record<string, unknown>>;

const job = (args: Arguments): { jobId: JobId } => ({ jobId: parseJobId(args['jobId']) });
const big = (args: Arguments, field: string): bigint => args[field] as bigint;
const account = (args: Arguments, field: string): Address => parseAddress(args[field]);
const jobAndOperator = (args: Arguments): { jobId: JobId; operator: Address } => ({
  ...job(args),
  operator: account(args, 'operator'),
});
const feed = (args: Arguments): { feedId: FeedId } => ({ feedId: parseHex32(args['feedId']) as FeedId });
const request = (args: Arguments): { requestId: DataRequestId } => ({
  requestId: parseHex32(args['requestId']) as DataRequestId,
});
const round = (args: Arguments): { answer: bigint; turn: bigint; leader: number } => ({
  answer: big(args, 'answer'),
  turn: big(args, 'turn'),
  leader: Number(args['leader']),
});
const reasonOf = (args: Arguments): JobReason => Number(args['reason']) as JobReason;

const TABLE: {
  readonly [T in EventType]: { readonly from: ContractName; readonly read: (args: Arguments) => EventFields[T] };
} = {
  JobRequested: {
    from: 'JobRegistry',
    read: (args) => ({
      ...job(args),
      requester: account(args, 'requester'),
      terms: termsOfChain(args['terms']),
      input: args['input'] as Hex,
    }),
  },
  JobAttested: {
    from: 'JobRegistry',
    read: (args) => ({
      ...jobAndOperator(args),
      outputRoot: parseHex32(args['outputRoot']),
      outputContent: parseHex32(args['outputContent']),
      challengeEnd: big(args, 'challengeEnd'),
    }),
  },
  JobSettled: {
    from: 'JobRegistry',
    read: (args) => ({
      ...jobAndOperator(args),
      operatorAmount: big(args, 'operatorAmount'),
      publisherAmount: big(args, 'publisherAmount'),
      treasuryAmount: big(args, 'treasuryAmount'),
    }),
  },
  JobExpired: {
    from: 'JobRegistry',
    read: (args) => ({ ...job(args), refund: big(args, 'refund'), penalty: big(args, 'penalty') }),
  },
  JobOnTrial: { from: 'JobRegistry', read: job },
  JobAcquitted: { from: 'JobRegistry', read: jobAndOperator },
  JobSlashed: {
    from: 'JobRegistry',
    read: (args) => ({ ...jobAndOperator(args), reason: reasonOf(args), refund: big(args, 'refund') }),
  },
  JobVoided: { from: 'JobRegistry', read: (args) => ({ ...jobAndOperator(args), refund: big(args, 'refund') }) },
  CallbackFailed: { from: 'JobRegistry', read: job },
  CallbackRetried: { from: 'JobRegistry', read: job },
  SettleSkipped: { from: 'JobRegistry', read: (args) => ({ ...job(args), reason: args['reason'] as Hex }) },
  ModelRegistered: {
    from: 'ModelRegistry',
    read: (args) => ({
      modelId: parseModelId(args['modelId']),
      publisher: account(args, 'publisher'),
      triable: Boolean(args['triable']),
    }),
  },
  ModelRetired: {
    from: 'ModelRegistry',
    read: (args) => ({ modelId: parseModelId(args['modelId']), bondReleaseAt: big(args, 'bondReleaseAt') }),
  },
  OperatorSlashed: {
    from: 'Slasher',
    read: (args) => ({ ...jobAndOperator(args), offence: Number(args['offence']), amount: big(args, 'amount') }),
  },
  EquivocationProven: {
    from: 'EquivocationCourt',
    read: (args) => ({ ...jobAndOperator(args), reporter: account(args, 'reporter') }),
  },
  AttesterAppointed: {
    from: 'OperatorStaking',
    read: (args) => ({ operator: account(args, 'operator'), attester: account(args, 'attester') }),
  },
  AttesterRevoked: {
    from: 'OperatorStaking',
    read: (args) => ({
      operator: account(args, 'operator'),
      attester: account(args, 'attester'),
      revokedAt: big(args, 'revokedAt'),
    }),
  },
  FeedCreated: {
    from: 'FeedRegistry',
    read: (args) => ({
      ...feed(args),
      steward: account(args, 'steward'),
      sourcesDigest: parseHex32(args['sourcesDigest']),
    }),
  },
  FeedReported: {
    from: 'FeedRegistry',
    read: (args) => ({ ...feed(args), round: Number(args['round']), ...round(args), paid: Boolean(args['paid']) }),
  },
  FeedDisputed: {
    from: 'FeedRegistry',
    read: (args) => ({ ...feed(args), ...round(args), paid: Boolean(args['paid']) }),
  },
  DataRequested: {
    from: 'FeedRegistry',
    read: (args) => ({
      ...request(args),
      terms: parseDataTerms(args['terms']),
      spec: args['spec'] as Hex,
    }),
  },
  DataAnswered: { from: 'FeedRegistry', read: (args) => ({ ...request(args), ...round(args) }) },
  DataExpired: { from: 'FeedRegistry', read: (args) => ({ ...request(args), refund: big(args, 'refund') }) },
  ScheduleCreated: {
    from: 'Scheduler',
    read: (args) => ({
      schedule: account(args, 'schedule'),
      owner: account(args, 'owner'),
      terms: parseScheduleTerms(args['terms']),
      input: args['input'] as Hex,
    }),
  },
  ScheduleTriggered: {
    from: 'Scheduler',
    read: (args) => ({
      ...job(args),
      schedule: account(args, 'schedule'),
      run: big(args, 'run'),
      triggeredBy: account(args, 'triggeredBy'),
      tip: big(args, 'tip'),
    }),
  },
  ScheduleCancelled: {
    from: 'Scheduler',
    read: (args) => ({ schedule: account(args, 'schedule'), refund: big(args, 'refund') }),
  },
};

export interface EventDecoder {
  /** What to ask nodes for. */
  readonly filter: LogFilter;
  /** `undefined` for events nobody here needs. @throws RemitError ABI_MISMATCH */
  decode(log: RawLog): ChainEvent | undefined;
}

/** Reads the logs of one deployment, of those contracts that it has. `only` narrows what is asked for. */
export function createEventDecoder(
  addresses: Addresses,
  only: readonly EventType[] = Object.keys(TABLE) as EventType[],
): EventDecoder {
  const there = only.filter((type) => addresses[TABLE[type].from] !== ZERO_ADDRESS);
  const byTopic = new Map(there.map((type) => [topicOf(type), type]));
  return {
    filter: { addresses: [...new Set(there.map((type) => addresses[TABLE[type].from]))], topics: [...byTopic.keys()] },
    decode(raw) {
      const type = byTopic.get(raw.topics[0] ?? '');
      if (type === undefined || addresses[TABLE[type].from] !== raw.address) return undefined;
      try {
        const args = argumentsOf(type, raw);
        const { blockNumber, blockHash, transactionHash, logIndex } = raw;
        return {
          type,
          log: { blockNumber, blockHash, transactionHash, logIndex },
          ...TABLE[type].read(args),
        } as ChainEvent;
      } catch (error) {
        throw mismatch(type, raw, error);
      }
    },
  };
}

function eventOf(type: EventType): EventFragment {
  const event = interfaces[TABLE[type].from].getEvent(type);
  if (!event) throw new Error(`${TABLE[type].from} has no event ${type}`);
  return event;
}

const topicOf = (type: EventType): string => eventOf(type).topicHash;

/** How the arguments of an event are read: first those in its topics, then those in its data. */
interface Layout {
  readonly names: readonly string[];
  readonly topics: AbiCodec;
  readonly data: AbiCodec;
}

const layouts = new Map<EventType, Layout>();

function layoutOf(type: EventType): Layout {
  const known = layouts.get(type);
  if (known) return known;
  const { inputs } = eventOf(type);
  const topics = inputs.filter(({ indexed }) => indexed === true);
  const data = inputs.filter(({ indexed }) => indexed !== true);
  const layout = {
    names: [...topics, ...data].map(({ name }) => name),
    topics: abiCodec(topics),
    data: abiCodec(data),
  };
  layouts.set(type, layout);
  return layout;
}

function argumentsOf(type: EventType, { topics, data }: RawLog): Arguments {
  const layout = layoutOf(type);
  const indexed = topics.slice(1).map((topic) => topic.slice(2));
  const values = [...layout.topics.decode(indexed.join('')), ...layout.data.decode(data.slice(2))];
  return Object.fromEntries(layout.names.map((name, at) => [name, values[at]]));
}

function mismatch(type: EventType, raw: RawLog, cause: unknown): RemitError {
  return new RemitError({
    code: 'ABI_MISMATCH',
    message: `${type} in transaction ${raw.transactionHash} cannot be read: ${messageOf(cause)}`,
    fix: 'run the worker version that belongs to these contracts, or point it at the deployment it was built for',
    context: { type, contract: raw.address, blockNumber: raw.blockNumber, logIndex: raw.logIndex },
    cause,
  });
}
