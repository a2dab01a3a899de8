import { type AttestationRecord, recordToJson } from '../../protocol/attestation-record.ts';
import { dataTermsToJson } from '../../protocol/data-terms.ts';
import type { Address, FeedId, Hex32 } from '../../protocol/ids.ts';
import { CallbackPhase, Delivery, isOpen, JobStatus, termsToJson } from '../../protocol/job.ts';
import { scheduleTermsToJson, subjectOfSchedule } from '../../protocol/schedule.ts';
import { type JobKey, type MessageInput, phaseOf, type QueueName } from '../../queue/catalog.ts';
import type { BookedJob } from '../../store/job-book.ts';
import type { BookedOrder, BookedQuestion, BookedSchedule } from '../../store/order-book.ts';

type JobEventName =
  'JobRequested' | 'JobAttested' | 'JobOnTrial' | 'JobSettled' | 'JobExpired' | 'JobSlashed' | 'JobVoided';
type QuestionEventName = 'DataRequested' | 'DataAnswered' | 'DataExpired';
type ScheduleEventName = 'ScheduleCreated' | 'ScheduleTriggered' | 'ScheduleCancelled';
type FeedEventName = 'FeedReported' | 'FeedDisputed';

type RouteTable = Readonly<
  Record<JobEventName, readonly Route<BookedJob>[]> &
    Record<QuestionEventName, readonly Route<BookedQuestion>[]> &
    Record<ScheduleEventName, readonly Route<BookedSchedule>[]> &
    Record<FeedEventName, readonly Route<FeedNews>[]>
>;

/**
 * What each event causes. A route is a pure function of the job, question, schedule or feed, as its events tell it so far, and
 * of the context. `retract` takes back messages that nobody has begun: their reason is gone. `wake` only makes a look that is
 * due later be taken at once.
 */
export const routes: RouteTable = {
  JobRequested: [answerIt, expireIt],
  JobAttested: [
    settleIt,
    verifyIt,
    retract('inference', 'infer'),
    retract('attestation', 'attest'),
    retract('settlement', 'expire'),
  ],
  JobOnTrial: [tryIt, retractSettle],
  JobSettled: [retractAll],
  JobExpired: [retractAll],
  JobSlashed: [retractAll],
  JobVoided: [retractAll],
  DataRequested: [askIt, refundIt],
  DataAnswered: [retractQuestion],
  DataExpired: [retractQuestion],
  FeedReported: [wakeRounds, wakeSchedules],
  FeedDisputed: [wakeRounds, wakeSchedules],
  ScheduleCreated: [runIt],
  ScheduleTriggered: [runIt],
  ScheduleCancelled: [retract('schedule', 'schedule')],
};

export type RoutedEvent = JobEventName;
export type OrderEvent = QuestionEventName | ScheduleEventName;
export type FeedEvent = FeedEventName;

/** Every event that has a route. */
export const ROUTED_EVENTS = Object.keys(routes) as readonly (RoutedEvent | OrderEvent | FeedEvent)[];

/** A new answer of a feed, and who waits for one. */
export interface FeedNews {
  readonly feedId: FeedId;
  readonly schedules: readonly BookedSchedule[];
}

/** What the operator of this node wants, and what time it is. Amounts in token units. */
export interface RouteContext {
  readonly chainId: number;
  readonly registry: Address;
  /** The zero address in a deployment without feeds; so the next one. */
  readonly feedRegistry: Address;
  readonly scheduler: Address;
  /** Absent: nothing is answered or settled here. */
  readonly operator: Address | undefined;
  readonly feeMin: bigint;
  readonly stakeAtRiskMax: bigint;
  readonly verify: 'none' | 'others' | 'all';
  /** Requesters whose unanswered jobs and questions are expired here. */
  readonly expireFor: ReadonlySet<string>;
  /** Whether this node sits in committees: then questions go on to its oracle. */
  readonly data: boolean;
  /** Whether this node triggers schedules, and the smallest tip for which it does. */
  readonly schedules: boolean;
  readonly scheduleTipMin: bigint;
  /** Chain time, Unix seconds. */
  readonly now: number;
}

type Enqueue = {
  [N in QueueName]: {
    readonly kind: 'enqueue';
    readonly queue: N;
    readonly message: MessageInput<N>;
    /** First second of chain time in which it can be done; at once when absent. */
    readonly notBefore?: number;
    /** Last second of chain time in which it is of use: what ends first runs first. */
    readonly deadline?: number;
    /**
     * It has to be done as long as the job stands here, so a message that ended without effect is made again. Absent for
     * questions and schedules: as long as they are open.
     */
    readonly until?: JobStatus;
  };
}[QueueName];

export type Work =
  | Enqueue
  | { readonly kind: 'retract'; readonly queue: QueueName; readonly phase: string }
  | { readonly kind: 'wake'; readonly queue: QueueName; readonly key: JobKey; readonly phase: string }
  | { readonly kind: 'decline'; readonly reason: DeclineReason };

export type DeclineReason = 'not-ours' | 'deadline-passed' | 'fee-too-low' | 'stake-too-high';

type Route<T> = (about: T, context: RouteContext) => Work | readonly Work[] | undefined;

/** JobRequested → executor. */
function answerIt(job: BookedJob, context: RouteContext): Work {
  const { terms, input, request } = job;
  const { operator, feeMin, stakeAtRiskMax, now } = context;
  const decline = (reason: DeclineReason): Work => ({ kind: 'decline', reason });
  if (operator === undefined || !(isOpen(terms) || terms.operator === operator)) return decline('not-ours');
  if (BigInt(now) > terms.attestDeadline) return decline('deadline-passed');
  if (terms.fee < feeMin) return decline('fee-too-low');
  if (terms.stakeAtRisk > stakeAtRiskMax) return decline('stake-too-high');
  const message = { ...about(job, context), input, request };
  return {
    kind: 'enqueue',
    queue: 'inference',
    message,
    deadline: Number(terms.attestDeadline),
    until: JobStatus.Requested,
  };
}

/** JobRequested → submitter, after the deadline, for requesters that are looked after here. */
function expireIt(job: BookedJob, context: RouteContext): Work | undefined {
  const { requester, attestDeadline } = job.terms;
  if (!context.expireFor.has(requester)) return undefined;
  const message = { ...about(job, context), action: 'expire' } as const;
  return {
    kind: 'enqueue',
    queue: 'settlement',
    message,
    notBefore: Number(attestDeadline) + 1,
    until: JobStatus.Requested,
  };
}

/** JobAttested by us → submitter, after the challenge window. */
function settleIt(job: BookedJob, context: RouteContext): Work | undefined {
  const { attestation } = job;
  if (!attestation || attestation.record.operator !== context.operator) return undefined;
  const { record } = attestation;
  const output = carriesOutput(job) ? attestation.output : '0x';
  const message = { ...about(job, context), action: 'settle', record: recordToJson(record), output } as const;
  return {
    kind: 'enqueue',
    queue: 'settlement',
    message,
    notBefore: Number(record.challengeEnd) + 1,
    until: JobStatus.Attested,
  };
}

/** JobAttested → watchtower. */
function verifyIt(job: BookedJob, context: RouteContext): Work | undefined {
  const { attestation, input, request } = job;
  if (!attestation || !isVerified(attestation.record.operator, context)) return undefined;
  const { record, output, place } = attestation;
  const message = { ...about(job, context), input, record: recordToJson(record), output, request, attest: place };
  return { kind: 'enqueue', queue: 'verification', message, until: JobStatus.Attested };
}

/** JobOnTrial → trial, where we answer for the claim or watch it. */
function tryIt(job: BookedJob, context: RouteContext): Work | undefined {
  const { attestation, input, request } = job;
  if (!attestation) return undefined;
  const { record, output, place } = attestation;
  if (record.operator !== context.operator && !isVerified(record.operator, context)) return undefined;
  const message = { ...about(job, context), input, record: recordToJson(record), output, request, attest: place };
  return { kind: 'enqueue', queue: 'trial', message, until: JobStatus.OnTrial };
}

/** DataRequested → oracle, until its deadline. */
function askIt({ id, terms, spec }: BookedQuestion, context: RouteContext): Work | undefined {
  const { chainId, feedRegistry, data, now } = context;
  if (!data || BigInt(now) > terms.deadline) return undefined;
  const message = { chainId, registry: feedRegistry, requestId: id, terms: dataTermsToJson(terms), spec };
  return { kind: 'enqueue', queue: 'data', message: { kind: 'request', ...message } };
}

/** DataRequested → submitter, after the deadline, for requesters that are looked after here. A question without a fee has nothing to give back. */
function refundIt({ id, terms }: BookedQuestion, { chainId, feedRegistry, expireFor }: RouteContext): Work | undefined {
  if (!expireFor.has(terms.requester) || terms.fee === 0n) return undefined;
  const message = { chainId, registry: feedRegistry, requestId: id, terms: dataTermsToJson(terms) };
  return {
    kind: 'enqueue',
    queue: 'settlement',
    message: { ...message, action: 'expire-question' },
    notBefore: Number(terms.deadline) + 1,
  };
}

/** ScheduleCreated → scheduler, which sees for itself when it is due. */
function runIt({ schedule, terms, input }: BookedSchedule, context: RouteContext): Work | undefined {
  const { chainId, scheduler, schedules, scheduleTipMin } = context;
  if (!schedules || terms.tip < scheduleTipMin) return undefined;
  const { callbackPhase, delivery } = terms;
  const message = { chainId, registry: scheduler, schedule, input };
  return {
    kind: 'enqueue',
    queue: 'schedule',
    message: { ...message, terms: { ...scheduleTermsToJson(terms), callbackPhase, delivery } },
  };
}

/** FeedReported, FeedDisputed → oracle: its next look at the feed is due now. */
function wakeRounds({ feedId }: FeedNews, { chainId, feedRegistry, data }: RouteContext): Work | undefined {
  if (!data) return undefined;
  return { kind: 'wake', queue: 'data', key: { chainId, registry: feedRegistry, jobId: feedId }, phase: 'feed' };
}

/** FeedReported, FeedDisputed → scheduler: what waits for an answer of this feed is looked at now. */
function wakeSchedules({ schedules }: FeedNews, context: RouteContext): readonly Work[] {
  return schedules
    .filter((one) => runIt(one, context) !== undefined)
    .map((one) => ({ kind: 'wake', queue: 'schedule', key: keyOfOrder(one, context), phase: 'schedule' }));
}

/** What the message about an order is called by. */
export function keyOfOrder(
  order: Pick<BookedOrder, 'kind' | 'id'>,
  { chainId, feedRegistry, scheduler }: Pick<RouteContext, 'chainId' | 'feedRegistry' | 'scheduler'>,
): JobKey {
  return { chainId, registry: order.kind === 'question' ? feedRegistry : scheduler, jobId: order.id };
}

/** Every message that can exist about an order. */
export const MESSAGES_OF_ORDER: Readonly<Record<BookedOrder['kind'], readonly MessageName[]>> = {
  question: [
    { queue: 'data', phase: 'request' },
    { queue: 'settlement', phase: 'expire-question' },
  ],
  schedule: [{ queue: 'schedule', phase: 'schedule' }],
};

/** The order that an event is about, as it is called in the book. */
export function orderIdOf(event: { readonly requestId: Hex32 } | { readonly schedule: Address }): Hex32 {
  return 'requestId' in event ? event.requestId : subjectOfSchedule(event.schedule);
}

function retract(queue: QueueName, phase: string): Route<unknown> {
  return () => ({ kind: 'retract', queue, phase });
}

function retractQuestion(): readonly Work[] {
  return MESSAGES_OF_ORDER.question.map((message) => ({ kind: 'retract', ...message }));
}

/** On trial, a job is settled by its end. */
function retractSettle({ attestation }: BookedJob): readonly Work[] {
  if (!attestation) return [];
  return [{ kind: 'retract', queue: 'settlement', phase: phaseOf('settle', attestation.record) }];
}

function retractAll({ attestation }: BookedJob): readonly Work[] {
  const messages = [...MESSAGES_OF_JOB, ...(attestation ? messagesOfAttestation(attestation.record) : [])];
  return messages.map((message) => ({ kind: 'retract', ...message }));
}

/** What a message is called by, beside its job. */
export interface MessageName {
  readonly queue: QueueName;
  readonly phase: string;
}

/** Every message that can exist about a job whatever its answer is. */
export const MESSAGES_OF_JOB: readonly MessageName[] = [
  { queue: 'inference', phase: 'infer' },
  { queue: 'attestation', phase: 'attest' },
  { queue: 'settlement', phase: 'expire' },
];

/** Every message that can exist about an answer, but that of its trial, which sees for itself when it is over. */
export function messagesOfAttestation(record: AttestationRecord): readonly MessageName[] {
  return [
    { queue: 'settlement', phase: phaseOf('settle', record) },
    { queue: 'verification', phase: phaseOf('verify', record) },
  ];
}

/** Whether this node re-runs the answers of `operator`. */
export function isVerified(operator: Address, { verify, operator: us }: RouteContext): boolean {
  return verify === 'all' || (verify === 'others' && operator !== us);
}

/** Whether settling this job hands its output to a callback, so that the vector must be at hand. */
export function carriesOutput({ terms }: Pick<BookedJob, 'terms'>): boolean {
  return terms.delivery === Delivery.Inline && terms.callbackPhase === CallbackPhase.OnFinal;
}

/** Whether anything about this job can ever become work of this node. */
export function concerns({ terms }: Pick<BookedJob, 'terms'>, context: RouteContext): boolean {
  const { operator, verify, expireFor } = context;
  const ours = operator !== undefined && (isOpen(terms) || terms.operator === operator);
  return ours || verify !== 'none' || expireFor.has(terms.requester);
}

/** The event that brought the job where it stands: its routes say what is due now. */
export function standingEvent({
  attestation,
  triedAt,
  closedAt,
}: BookedJob): 'JobRequested' | 'JobAttested' | 'JobOnTrial' | undefined {
  if (closedAt !== undefined) return undefined;
  if (attestation && triedAt !== undefined) return 'JobOnTrial';
  return attestation ? 'JobAttested' : 'JobRequested';
}

/** What `event` causes for `job`. */
export function route(event: RoutedEvent, job: BookedJob, context: RouteContext): readonly Work[] {
  return run(routes[event], job, context);
}

/** What `event` causes for `order`; `stands` is what is due as long as it is open. */
export function routeOrder(event: OrderEvent | 'stands', order: BookedOrder, context: RouteContext): readonly Work[] {
  if (order.kind === 'question')
    return run(routes[event === 'stands' ? 'DataRequested' : (event as QuestionEventName)], order, context);
  return run(routes[event === 'stands' ? 'ScheduleCreated' : (event as ScheduleEventName)], order, context);
}

/** What a new answer of a feed causes. */
export function routeFeed(event: FeedEvent, news: FeedNews, context: RouteContext): readonly Work[] {
  return run(routes[event], news, context);
}

function run<T>(table: readonly Route<T>[], about: T, context: RouteContext): readonly Work[] {
  return table.flatMap((one) => one(about, context) ?? []);
}

function about({ jobId, terms }: BookedJob, { chainId, registry }: RouteContext) {
  // The three enums once more, because JSON's type for them is any number.
  const { availability, delivery, callbackPhase } = terms;
  return { chainId, registry, jobId, terms: { ...termsToJson(terms), availability, delivery, callbackPhase } };
}
