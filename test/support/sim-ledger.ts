import { keccak256, toUtf8Bytes } from 'ethers';
import type { Random } from '../../models/credit-score/random.ts';
import { bloomOf } from '../../workers/chain/bloom.ts';
import type { RawLog } from '../../workers/chain/chain-values.ts';
import type { ChainEvent, EventType } from '../../workers/chain/events.ts';
import { type Address, type Hex, type Hex32, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import type { Terms } from '../../workers/protocol/job.ts';
import { hash, jobOf, NOW, OPERATOR, OTHER, REGISTRY, REQUESTER, TERMS } from './sample-job.ts';
import { DATA_TERMS, requestOf, SCHEDULE_TERMS } from './sample-orders.ts';

/** What an event says, before it is known where it is said. */
type Said = ChainEvent extends infer E ? (E extends ChainEvent ? Omit<E, 'log'> : never) : never;

/** Where one job, question or schedule stands, and the events that matter for what is due. */
export interface Subject {
  readonly kind: 'job' | 'question' | 'schedule';
  readonly number: number;
  readonly stage: 'open' | 'attested' | 'trial' | 'closed';
  readonly made: ChainEvent;
  readonly attested?: Extract<ChainEvent, { type: 'JobAttested' }>;
  readonly closedAt?: number;
}

export type Subjects = ReadonlyMap<string, Subject>;

export interface LedgerBlock {
  readonly number: number;
  readonly hash: Hex32;
  readonly parentHash: Hex32;
  readonly timestamp: number;
  readonly logsBloom: Hex;
  readonly logs: readonly RawLog[];
  /** After this block. */
  readonly subjects: Subjects;
}

export type LedgerBranch = readonly LedgerBlock[];

export interface LedgerOptions {
  readonly jobs: number;
  readonly orders: number;
  /** No reorg reaches further back than so many blocks below the highest head that there ever was. */
  readonly finality: number;
}

/** One address for all: which contract speaks is the decoder's business. */
const SPEAKER = REGISTRY.toLowerCase() as Address;
const NOISE = '0x00000000000000000000000000000000000000ff' as Address;
const UNLISTED = keccak256(toUtf8Bytes('Unlisted()')) as Hex32;
/** Blocks after a reorg in which some node has not noticed. */
const BELIEVED = 4;

/** The whole history of a few jobs and orders, on a chain that forgets parts of it. */
export class SimLedger {
  readonly #options: LedgerOptions;
  readonly #random: Random;
  /** What a log's data points to. */
  readonly #said: Said[] = [];
  readonly #blooms = new Map<string, bigint>();
  #hashes = 0;
  #former: { readonly branch: LedgerBranch; readonly fork: number; readonly until: number }[] = [];
  branch: LedgerBranch;
  highest = 0;

  constructor(options: LedgerOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.branch = [];
    this.#append(NOW, [], new Map());
  }

  get head(): LedgerBlock {
    return tipOf(this.branch);
  }

  /** Number of the last block that no reorg reaches. */
  get final(): number {
    return Math.max(0, this.highest - this.#options.finality);
  }

  /** Branches that some nodes still believe in. */
  get former(): readonly LedgerBranch[] {
    // A node on a branch that parts below all that is final is on another chain.
    this.#former = this.#former.filter(({ fork, until }) => until >= this.head.number && fork >= this.final);
    return this.#former.map(({ branch }) => branch);
  }

  /** The next block; with up to three things that may happen now, or none. */
  mine(eventful = true, seconds = 1 + this.#random.below(12)): void {
    const { timestamp, subjects } = this.head;
    const time = timestamp + seconds;
    const now = new Map(subjects);
    const logs: RawLog[] = [];
    const place = { number: this.branch.length, hash: this.#nextHash() };
    const wanted = eventful ? this.#random.below(4) : 0;
    for (let n = 0; n < wanted; n++) {
      if (this.#random.uniform() < 0.15) logs.push(this.#log(place, logs.length, NOISE, UNLISTED, '0x'));
      const said = this.#happen(now, time);
      if (!said) continue;
      const log = this.#log(place, logs.length, SPEAKER, topicOf(said.type), this.#dataOf(said));
      logs.push(log);
      const event = eventOf(said, log);
      const id = idOf(said);
      now.set(id, after(now.get(id), event, this.#numberOf(id)));
    }
    this.#append(time, logs, now, place.hash);
  }

  /** Drops up to `depth` blocks; what nodes have seen of them, some remember for a while. */
  drop(depth: number): void {
    const cut = Math.max(this.final, this.head.number - depth) + 1;
    if (cut > this.head.number) return;
    const gone = { branch: this.branch, fork: cut - 1, until: this.head.number + BELIEVED };
    // What had parted higher up parts from the branch that counts no later than here.
    this.#former = [...this.#former, gone].map((one) => ({ ...one, fork: Math.min(one.fork, cut - 1) }));
    this.branch = this.branch.slice(0, cut);
  }

  /** What is behind a log of this chain. */
  readonly decode = (log: RawLog): ChainEvent | undefined => {
    if (log.topics[0] === UNLISTED) return undefined;
    const said = this.#said[Number(log.data)];
    if (!said) throw new Error(`nothing was said in ${log.data}`);
    return eventOf(said, log);
  };

  #numberOf(id: string): number {
    return Number(`0x${id.slice(-4)}`);
  }

  /** Something that the contracts allow now. */
  #happen(subjects: Subjects, time: number): Said | undefined {
    const { jobs, orders } = this.#options;
    const at = this.#random.below(jobs + 2 * orders);
    if (at < jobs) return this.#happenToJob(at, subjects, time);
    const number = (at - jobs) >> 1;
    return (at - jobs) % 2 === 0 ? this.#happenToQuestion(number, subjects) : this.#happenToSchedule(number, subjects);
  }

  #happenToJob(number: number, subjects: Subjects, time: number): Said | undefined {
    const jobId = jobOf(number);
    const terms = termsOf(number);
    const stage = subjects.get(jobId)?.stage;
    const coin = this.#random.uniform();
    switch (stage) {
      case undefined:
        return { type: 'JobRequested', jobId, requester: REQUESTER, terms, input: '0x00000000' };
      case 'open': {
        if (time > Number(terms.attestDeadline)) return { type: 'JobExpired', jobId, refund: 1n, penalty: 0n };
        if (coin < 0.4) return undefined;
        const operator = terms.operator === ZERO_ADDRESS ? (coin < 0.7 ? OPERATOR : OTHER) : terms.operator;
        const outputRoot = hash(0x0a00 + this.#random.below(3));
        const challengeEnd = BigInt(time + terms.challengeWindow);
        return { type: 'JobAttested', jobId, operator, outputRoot, outputContent: ZERO_HEX32, challengeEnd };
      }
      case 'attested':
        if (coin < 0.3) return { type: 'JobOnTrial', jobId };
        if (coin < 0.4) return { type: 'JobSlashed', jobId, operator: OTHER, reason: 1, refund: 1n };
        return coin < 0.7 ? settled(jobId) : undefined;
      case 'trial':
        if (coin < 0.3) return { type: 'JobSlashed', jobId, operator: OTHER, reason: 1, refund: 1n };
        if (coin < 0.5) return { type: 'JobVoided', jobId, operator: OTHER, refund: 1n };
        return coin < 0.8 ? settled(jobId) : undefined;
      case 'closed':
        return undefined;
    }
  }

  #happenToQuestion(number: number, subjects: Subjects): Said | undefined {
    const requestId = requestOf(number);
    switch (subjects.get(requestId)?.stage) {
      case undefined:
        return {
          type: 'DataRequested',
          requestId,
          terms: { ...DATA_TERMS, deadline: BigInt(NOW) * 2n },
          spec: '0x7b7d',
        };
      case 'closed':
        return undefined;
      default:
        return this.#random.uniform() < 0.5
          ? { type: 'DataAnswered', requestId, answer: 5n, turn: 1n, leader: 0 }
          : { type: 'DataExpired', requestId, refund: 9n };
    }
  }

  #happenToSchedule(number: number, subjects: Subjects): Said | undefined {
    const schedule = scheduleOf(number);
    const about = { schedule };
    switch (subjects.get(subjectOf(schedule))?.stage) {
      case undefined:
        return { type: 'ScheduleCreated', ...about, owner: REQUESTER, terms: SCHEDULE_TERMS, input: '0x' };
      case 'closed':
        return undefined;
      default:
        return this.#random.uniform() < 0.6
          ? { type: 'ScheduleTriggered', ...about, jobId: jobOf(0xffff), run: 1n, triggeredBy: OTHER, tip: 5n }
          : { type: 'ScheduleCancelled', ...about, refund: 9n };
    }
  }

  #dataOf(said: Said): Hex {
    this.#said.push(said);
    return `0x${(this.#said.length - 1).toString(16).padStart(8, '0')}`;
  }

  #log(at: Pick<LedgerBlock, 'number' | 'hash'>, logIndex: number, address: Address, topic: Hex32, data: Hex): RawLog {
    const { number: blockNumber, hash: blockHash } = at;
    return { address, topics: [topic], data, blockNumber, blockHash, transactionHash: this.#nextHash(), logIndex };
  }

  #append(timestamp: number, logs: readonly RawLog[], subjects: Subjects, given = this.#nextHash()): void {
    const number = this.branch.length;
    const parentHash = this.branch.at(-1)?.hash ?? ZERO_HEX32;
    const block = { number, hash: given, parentHash, timestamp, logsBloom: this.#bloom(logs), logs, subjects };
    this.branch = [...this.branch, block];
    this.highest = Math.max(this.highest, number);
  }

  #bloom(logs: readonly RawLog[]): Hex {
    let bits = 0n;
    for (const log of logs) {
      const key = `${log.address}${log.topics[0] ?? ''}`;
      let bloom = this.#blooms.get(key);
      if (bloom === undefined) this.#blooms.set(key, (bloom = BigInt(bloomOf([log]))));
      bits |= bloom;
    }
    return `0x${bits.toString(16).padStart(512, '0')}`;
  }

  #nextHash(): Hex32 {
    this.#hashes += 1;
    return `0xc${this.#hashes.toString(16).padStart(63, '0')}` as Hex32;
  }
}

export function tipOf(branch: LedgerBranch): LedgerBlock {
  const block = branch.at(-1);
  if (!block) throw new Error('a branch has no block');
  return block;
}

/** Jobs for us, for anybody, and for somebody else; with much and with little time. */
export function termsOf(number: number): Terms {
  const operator = [OPERATOR, ZERO_ADDRESS, OTHER][number % 3] ?? OPERATOR;
  return { ...TERMS, operator, attestDeadline: BigInt(NOW + (number % 2 === 0 ? 90 : 6_000)) };
}

const TOPICS = new Map<EventType, Hex32>();

export function topicOf(type: EventType): Hex32 {
  const topic = TOPICS.get(type) ?? (keccak256(toUtf8Bytes(type)) as Hex32);
  TOPICS.set(type, topic);
  return topic;
}

function scheduleOf(number: number): Address {
  return `0x5c00${number.toString(16).padStart(36, '0')}` as Address;
}

function subjectOf(schedule: string): string {
  return `0x${schedule.slice(2).padStart(64, '0')}`;
}

function settled(jobId: ReturnType<typeof jobOf>): Said {
  const amounts = { operatorAmount: 9n, publisherAmount: 1n, treasuryAmount: 0n };
  return { type: 'JobSettled', jobId, operator: OPERATOR, ...amounts };
}

function eventOf(said: Said, { blockNumber, blockHash, transactionHash, logIndex }: RawLog): ChainEvent {
  return { ...said, log: { blockNumber, blockHash, transactionHash, logIndex } };
}

function idOf(said: Said): string {
  if ('requestId' in said) return said.requestId;
  if ('schedule' in said) return subjectOf(said.schedule);
  if ('jobId' in said) return said.jobId;
  throw new Error(`${said.type} is about nothing`);
}

function after(before: Subject | undefined, event: ChainEvent, number: number): Subject {
  const closed = { stage: 'closed', closedAt: event.log.blockNumber } as const;
  switch (event.type) {
    case 'JobRequested':
      return { kind: 'job', number, stage: 'open', made: event };
    case 'DataRequested':
      return { kind: 'question', number, stage: 'open', made: event };
    case 'ScheduleCreated':
      return { kind: 'schedule', number, stage: 'open', made: event };
    default:
      if (!before) throw new Error(`${event.type} about nothing`);
      if (event.type === 'JobAttested') return { ...before, stage: 'attested', attested: event };
      if (event.type === 'JobOnTrial') return { ...before, stage: 'trial' };
      return event.type === 'ScheduleTriggered' ? before : { ...before, ...closed };
  }
}
