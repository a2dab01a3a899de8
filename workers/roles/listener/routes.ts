import { recordToJson } from '../../protocol/attestation-record.ts';
import type { Address } from '../../protocol/ids.ts';
import { CallbackPhase, Delivery, isOpen, JobStatus, termsToJson } from '../../protocol/job.ts';
import type { MessageInput, QueueName } from '../../queue/catalog.ts';
import type { BookedJob } from '../../store/job-book.ts';

/**
 * What each event causes. A route is a pure function of the job, as its events tell it so far, and of the context.
 * `retract` takes back messages that nobody has begun: their reason is gone.
 */
export const routes = {
  JobRequested: [answerIt, expireIt],
  JobAttested: [
    settleIt,
    verifyIt,
    retract('inference', 'infer'),
    retract('attestation', 'attest'),
    retract('settlement', 'expire'),
  ],
  JobOnTrial: [tryIt, retract('settlement', 'settle')],
  JobSettled: retractAll(),
  JobExpired: retractAll(),
  JobSlashed: retractAll(),
  JobVoided: retractAll(),
} as const satisfies Record<string, readonly Route[]>;

export type RoutedEvent = keyof typeof routes;
export const ROUTED_EVENTS = Object.keys(routes) as readonly RoutedEvent[];

/** What the operator of this node wants, and what time it is. Amounts in token units. */
export interface RouteContext {
  readonly chainId: number;
  readonly registry: Address;
  /** Absent: nothing is answered or settled here. */
  readonly operator: Address | undefined;
  readonly feeMin: bigint;
  readonly stakeAtRiskMax: bigint;
  readonly verify: 'none' | 'others' | 'all';
  /** Requesters whose unanswered jobs are expired here. */
  readonly expireFor: ReadonlySet<string>;
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
    /** It has to be done as long as the job stands here, so a message that ended without effect is made again. */
    readonly until: JobStatus;
  };
}[QueueName];

export type Work =
  | Enqueue
  | { readonly kind: 'retract'; readonly queue: QueueName; readonly phase: string }
  | { readonly kind: 'decline'; readonly reason: DeclineReason };

export type DeclineReason = 'not-ours' | 'deadline-passed' | 'fee-too-low' | 'stake-too-high';

type Route = (job: BookedJob, context: RouteContext) => Work | undefined;

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
  return { kind: 'enqueue', queue: 'inference', message, until: JobStatus.Requested };
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

function retract(queue: QueueName, phase: string): Route {
  return () => ({ kind: 'retract', queue, phase });
}

function retractAll(): readonly Route[] {
  return messagesOfJob().map(({ queue, phase }) => retract(queue, phase));
}

/** Every message that can exist about a job, but that of its trial, which sees for itself when it is over. */
export function messagesOfJob(): readonly { readonly queue: QueueName; readonly phase: string }[] {
  return [
    { queue: 'inference', phase: 'infer' },
    { queue: 'attestation', phase: 'attest' },
    { queue: 'settlement', phase: 'expire' },
    { queue: 'settlement', phase: 'settle' },
    { queue: 'verification', phase: 'verify' },
  ];
}

/** Those of them that have a reason only once the job is attested. */
export function messagesAfterAttestation(): ReturnType<typeof messagesOfJob> {
  return messagesOfJob().filter(({ phase }) => phase === 'settle' || phase === 'verify');
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
  const table: readonly Route[] = routes[event];
  return table.map((one) => one(job, context)).filter((work) => work !== undefined);
}

function about({ jobId, terms }: BookedJob, { chainId, registry }: RouteContext) {
  // The three enums once more, because JSON's type for them is any number.
  const { availability, delivery, callbackPhase } = terms;
  return { chainId, registry, jobId, terms: { ...termsToJson(terms), availability, delivery, callbackPhase } };
}
