import type { ChainEvent } from '../../workers/chain/events.ts';
import { ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import type { Place } from '../../workers/store/job-book.ts';
import { messageId, phaseOf } from '../../workers/queue/catalog.ts';
import { recordOf } from '../../workers/roles/listener/fold.ts';
import { isVerified } from '../../workers/roles/listener/routes.ts';
import { OPERATOR } from './sample-job.ts';
import { type ListenerSimEnd, outputOf } from './sim-listener.ts';
import type { Subject } from './sim-ledger.ts';
import type { SimMessage } from './sim-queues.ts';

/** A message as it has to be. */
interface Due {
  /** Whether one that has run to its end will do. */
  readonly once: boolean;
  /** Parts of it, as JSON. */
  readonly says: readonly string[];
}

/**
 * What must not be, in words: messages that are missing, say something that is not true any more, or have no reason, and
 * books that tell another story than the chain does from its first block on. Empty when all is well.
 */
export function auditListeners(end: ListenerSimEnd): readonly string[] {
  const { ledger, queues, disks, ended } = end;
  const { subjects } = ledger.head;
  const found: string[] = ended.map((why) => `a listener ended: ${why}`);
  const known = new Map<string, { readonly due: Map<string, Due>; readonly harmless: ReadonlySet<string> }>();
  for (const [id, subject] of subjects) known.set(id, expectationOf(id, subject, end));
  for (const [id, { due }] of known)
    for (const [message, { once, says }] of due) {
      const there = queues.messages.get(message);
      if (!there) found.push(`gap: ${describe(subjects.get(id))} lacks ${message}`);
      else if (there.state !== 'waiting' && !once) found.push(`gap: ${message} has ended and nobody made it again`);
      else
        found.push(
          ...says.filter((part) => !textOf(there).includes(part)).map((part) => `stale: ${message} lacks ${part}`),
        );
    }
  const may = new Set([...known.values()].flatMap(({ due, harmless }) => [...due.keys(), ...harmless]));
  for (const { id, state } of queues.messages.values())
    // A trial sees for itself when it is over.
    if (state === 'waiting' && !may.has(id) && !id.includes('-trial-')) found.push(`phantom: ${id}`);
  for (const [at, { book, orders }] of disks.entries()) {
    const open = [...subjects].filter(([, { stage }]) => stage !== 'closed');
    const jobs = open.filter(([, subject]) => subject.kind === 'job' && isBooked(subject, end));
    const told = jobs.map(([id, subject]) => storyOf(id, subject)).sort();
    const booked = book
      .open()
      .map(({ jobId, request, attestation, triedAt }) =>
        JSON.stringify([
          jobId,
          request.blockHash,
          attestation?.place.blockHash,
          attestation?.record.outputRoot,
          triedAt !== undefined && attestation !== undefined,
        ]),
      )
      .sort();
    if (told.join() !== booked.join()) found.push(`book ${at}: tells ${booked.join()} and not ${told.join()}`);
    const ordered = open
      .filter(([, { kind }]) => kind !== 'job')
      .map(([id]) => id)
      .sort();
    const inBook = orders
      .open()
      .map(({ id }) => id)
      .sort();
    if (ordered.join() !== inBook.join()) found.push(`orders ${at}: ${inBook.join()} and not ${ordered.join()}`);
  }
  return found;
}

function expectationOf(id: string, subject: Subject, { ledger, context }: ListenerSimEnd) {
  const due = new Map<string, Due>();
  const harmless = new Set<string>();
  const { stage, made, attested } = subject;
  const { chainId, registry, feedRegistry, scheduler } = context;
  const name = (phase: string, at = registry): string => messageId({ chainId, registry: at, jobId: id }, phase);
  if (stage === 'closed') return { due, harmless };
  if (subject.kind !== 'job') {
    const isQuestion = subject.kind === 'question';
    const [phase, at] = [isQuestion ? 'request' : 'schedule', isQuestion ? feedRegistry : scheduler];
    due.set(name(phase, at), { once: false, says: [] });
    if (isQuestion && context.expireFor.size > 0) due.set(name('expire-question', at), { once: false, says: [] });
    return { due, harmless };
  }
  if (made.type !== 'JobRequested') throw new Error(`${made.type} makes no job`);
  const request = placeOf(made);
  if (stage === 'open') {
    const { operator, attestDeadline } = made.terms;
    const isOurs = operator === OPERATOR || operator === ZERO_ADDRESS;
    // Nobody takes it back when its time is over: whoever reads it sees that.
    if (isOurs && BigInt(ledger.head.timestamp) > attestDeadline) harmless.add(name('infer'));
    else if (isOurs) due.set(name('infer'), { once: false, says: [request] });
    if (context.expireFor.size > 0) due.set(name('expire'), { once: false, says: [] });
    return { due, harmless };
  }
  if (!attested) throw new Error(`${id} is ${stage} and was never attested`);
  const { operator, outputRoot, log } = attested;
  const record = recordOf(attested);
  const verified = isVerified(operator, context);
  const claim = `"outputRoot":"${outputRoot}"`;
  const output = `"output":"${outputOf(log.transactionHash)}"`;
  const look: Due = { once: true, says: [request, placeOf(attested), claim] };
  if (stage === 'attested') {
    if (operator === OPERATOR) due.set(name(phaseOf('settle', record)), { once: false, says: [claim, output] });
    if (verified) due.set(name(phaseOf('verify', record)), look);
  } else {
    if (verified) harmless.add(name(phaseOf('verify', record)));
    if (verified || operator === OPERATOR) due.set(name(phaseOf('trial', record)), { ...look, once: false });
  }
  return { due, harmless };
}

/** Whether the book keeps this job. */
function isBooked({ made }: Subject, { context }: ListenerSimEnd): boolean {
  const operator = made.type === 'JobRequested' ? made.terms.operator : undefined;
  return operator === OPERATOR || operator === ZERO_ADDRESS || context.verify !== 'none' || context.expireFor.size > 0;
}

function storyOf(id: string, { stage, made, attested }: Subject): string {
  return JSON.stringify([id, made.log.blockHash, attested?.log.blockHash, attested?.outputRoot, stage === 'trial']);
}

function placeOf({ log }: ChainEvent): string {
  const { blockHash, logIndex } = log satisfies Pick<Place, 'blockHash' | 'logIndex'>;
  return `"blockHash":"${blockHash}","txHash":"${log.transactionHash}","logIndex":${logIndex}`;
}

function textOf({ message }: SimMessage): string {
  return JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

function describe(subject: Subject | undefined): string {
  return `${subject?.kind} ${subject?.number} (${subject?.stage})`;
}
