import type { FeedStanding } from '../../chain/feed-reads.ts';
import { answerCall, reportCall } from '../../chain/feed-calls.ts';
import { turnAt, turnStart } from '../../protocol/feed.ts';
import type { Address, FeedId, Hex } from '../../protocol/ids.ts';
import { type Report, reportOf } from '../../protocol/observation.ts';
import type { Producer } from '../../queue/producer.ts';
import { codeOf, messageOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Committee, Committees } from './committee.ts';
import type { Gatherer } from './gather.ts';
import type { OracleMetrics } from './metrics.ts';
import { isDue, nextStep, type RoundFacts, type WaitReason } from './next-step.ts';
import type { Asked } from './observation-server.ts';
import type { OracleChain, Sightings } from './ports.ts';
import type { Reporter } from './reporter.ts';
import { type Subject, subjectKey } from './subject.ts';

export interface DeskOptions {
  readonly chainId: number;
  readonly registry: Address;
  /** Whether rounds are reported that the fund does not cover. */
  readonly unpaid: boolean;
}

export interface DeskDeps {
  readonly chain: OracleChain;
  readonly committees: Committees;
  readonly sightings: Sightings;
  readonly reporter: Reporter;
  readonly gatherer: Gatherer;
  readonly transactions: Pick<Producer, 'enqueue'>;
  readonly metrics: OracleMetrics;
}

/** Why there is nothing to do now, and the chain time from which that may change. */
export interface Pause {
  readonly why: WaitReason | 'unpaid' | 'gathering';
  readonly until?: number;
  /** Chain time of the look. */
  readonly now: number;
}

/** Looks at a feed or a question and does what follows: sign, gather, hand over. */
export interface Desk {
  work(subject: Subject, signal: AbortSignal, logger: Logger): Promise<Pause>;
  /** What we sign for this turn because its leader asks. */
  asked(subject: Subject, turn: bigint, signal: AbortSignal, logger: Logger): Promise<Asked>;
}

interface Look {
  readonly facts: RoundFacts;
  readonly committee: Committee;
  readonly turn: number;
  readonly fund: bigint;
}

/** What of a subject's newest turn is in memory; all of it can be made again. */
interface TurnNotes {
  turn: number;
  reports: readonly Report[];
  sent: boolean;
  /** Whether it was said that sources give no value. */
  warned: boolean;
}

/** Subjects whose newest turn is in memory: questions come and go without end. */
const SUBJECTS_MAX = 1_024;
/** Milliseconds per second of a turn: a peer that never answers must not use up the turn. */
const GATHER_SHARE_MS = 200;

const NO_SEAT_FIX =
  'look at `./dev feed show`: where your seat has another key, start the node with that one; without a seat, take it with `./dev feed join`';

export function createDesk({ chainId, registry, unpaid }: DeskOptions, deps: DeskDeps): Desk {
  const { chain, committees, sightings, reporter, gatherer, transactions, metrics } = deps;
  const notes = new Map<string, TurnNotes>();
  const asking = new Map<string, Promise<Asked>>();
  /** Whether our key had a seat when we last looked. */
  const seated = new Map<FeedId, boolean>();

  function notesOf(subject: Subject, turn: number): TurnNotes {
    const key = subjectKey(subject);
    const known = notes.get(key);
    if (known?.turn === turn) return known;
    const fresh: TurnNotes = { turn, reports: [], sent: false, warned: false };
    // The subject of now goes to the end: what is dropped has not been looked at for the longest time.
    notes.delete(key);
    notes.set(key, fresh);
    for (const oldest of notes.keys()) {
      if (notes.size <= SUBJECTS_MAX) break;
      notes.delete(oldest);
    }
    return fresh;
  }

  /** Says it once: who replaced the key, or never took the seat, would else only see rounds without us. */
  function noteSeat(feedId: FeedId, isSeated: boolean, logger: Logger): void {
    metrics.seated(feedId, isSeated);
    if (seated.get(feedId) === isSeated) return;
    seated.set(feedId, isSeated);
    if (isSeated) logger.info({ feedId }, 'our key has a seat');
    else logger.warn({ feedId, code: 'NO_SEAT', fix: NO_SEAT_FIX }, 'our key has no seat: nothing is signed');
  }

  async function look(subject: Subject, signal: AbortSignal, logger: Logger): Promise<Look> {
    const now = await chain.now(signal);
    const committee = await committees(subject.feedId, now, signal);
    const { terms } = committee.facts;
    const turn = turnAt(now, terms);
    const standing = await standingOf(subject, signal);
    const key = { ...subject, turn: BigInt(turn) };
    const signed = await reporter.find(key);
    const { reports, sent } = notesOf(subject, turn);
    const { ours } = committee;
    if (subject.kind === 'feed') noteSeat(subject.feedId, ours !== undefined, logger);
    const facts: RoundFacts = {
      terms,
      now,
      seat: ours?.seat,
      counts: ours?.counts ?? false,
      latest: standing.latest,
      parked: standing.parked,
      own: !ours || signed ? undefined : await valueOf(subject, committee, turn, signal, logger.child({ turn })),
      signed: signed?.observation.value,
      reports:
        signed && ours?.counts
          ? [reportOf(ours.seat, signed.observation.value, signed.signature), ...reports]
          : reports,
      counting: committee.others.size + (ours?.counts ? 1 : 0),
      sent,
    };
    if (subject.kind === 'feed' && standing.latest) metrics.age(subject.feedId, now - standing.latest.updatedAt);
    return { facts, committee, turn, fund: standing.fund };
  }

  /** A question is always due: it has no last answer. */
  async function standingOf(
    subject: Subject,
    signal: AbortSignal,
  ): Promise<Pick<FeedStanding, 'latest' | 'parked' | 'fund'>> {
    if (subject.kind === 'feed') return chain.standing(subject.feedId, signal);
    return { latest: undefined, parked: undefined, fund: 0n };
  }

  /** What the sources say; nothing when they do not: the next look asks again. */
  async function valueOf(
    subject: Subject,
    { facts }: Committee,
    turn: number,
    signal: AbortSignal,
    logger: Logger,
  ): Promise<bigint | undefined> {
    logger.debug({}, 'sources asked');
    try {
      const { value, sources: all } =
        subject.kind === 'feed'
          ? await sightings.ofFeed(facts.sourcesDigest, signal)
          : await sightings.ofSpec(subject.spec, facts.terms.decimals, signal);
      for (const one of all) metrics.source(one.reason === undefined ? 'value' : 'refused');
      return value;
    } catch (error) {
      signal.throwIfAborted();
      metrics.source('refused');
      const notesNow = notesOf(subject, turn);
      // Once per turn: looks are many.
      if (!notesNow.warned) logger.warn({ code: codeOf(error), reason: messageOf(error) }, 'sources give no value');
      notesNow.warned = true;
      return undefined;
    }
  }

  async function sign(subject: Subject, turn: number, value: bigint, logger: Logger) {
    const { feedId, requestId } = subject;
    const signed = await reporter.sign({ feedId, requestId, turn: BigInt(turn), value });
    logger.debug({ turn, value: signed.observation.value.toString() }, 'observation signed');
    return signed;
  }

  async function submit(subject: Subject, turn: number, reports: readonly Report[], look: Look, logger: Logger) {
    const data: Hex =
      subject.kind === 'feed' ? reportCall(subject.feedId, turn, reports) : answerCall(subject.terms, turn, reports);
    const jobId = subject.kind === 'feed' ? subject.feedId : subject.requestId;
    const { outcome } = await transactions.enqueue('transaction', {
      chainId,
      registry,
      jobId,
      step: `report-${turn}`,
      to: registry,
      data,
      value: '0',
      // Reports count in their turn and in the next one.
      deadline: turnStart(turn + 2, look.facts.terms) - 1,
    });
    notesOf(subject, turn).sent = true;
    metrics.handedOver(subject.kind, reports.length);
    logger.info({ turn, reports: reports.length, outcome }, 'round handed over');
  }

  /** Whether the fund covers a round of all who count. */
  function isPaid({ facts: { terms, counting }, fund }: Look): boolean {
    return fund >= BigInt(counting + terms.leaderCredits) * terms.reportPayment;
  }

  return {
    async work(subject, signal, logger) {
      for (;;) {
        const seen = await look(subject, signal, logger);
        const { facts, turn, committee } = seen;
        const step = nextStep(facts);
        metrics.stepped(step.kind === 'wait' ? step.why.replaceAll(' ', '_') : step.kind);
        if (step.kind === 'wait') return { ...step, now: facts.now };
        if (subject.kind === 'feed' && !unpaid && !isPaid(seen)) return { why: 'unpaid', now: facts.now };
        if (step.kind === 'sign') {
          await sign(subject, turn, step.value, logger);
        } else if (step.kind === 'gather') {
          const mine = notesOf(subject, turn);
          const reports = await gatherer.gather(
            { ...subject, turn: BigInt(turn) },
            committee.others,
            facts.terms.turnSeconds * GATHER_SHARE_MS,
            signal,
          );
          if (reports.length <= mine.reports.length) return { why: 'gathering', now: facts.now };
          mine.reports = reports;
        } else {
          await submit(subject, turn, step.reports, seen, logger);
        }
      }
    },

    async asked(subject, turn, signal, logger) {
      const { feedId, requestId } = subject;
      const made = await reporter.find({ feedId, requestId, turn });
      if (made) return made;
      // One look for all who ask at the same time: asking must not be a way to make us fetch.
      const key = `${subjectKey(subject)}/${turn}`;
      const running = asking.get(key) ?? answerNow(subject, turn, signal, logger).finally(() => asking.delete(key));
      asking.set(key, running);
      return running;
    },
  };

  async function answerNow(subject: Subject, turn: bigint, signal: AbortSignal, logger: Logger): Promise<Asked> {
    // Any turn may be named; only the one of now is worth a look at the sources.
    const time = await chain.now(signal);
    const { facts: known } = await committees(subject.feedId, time, signal);
    const current = BigInt(turnAt(time, known.terms));
    if (current !== turn) return current > turn ? 'none' : 'early';
    const seen = await look(subject, signal, logger);
    const { facts } = seen;
    if (BigInt(seen.turn) !== turn) return 'none';
    if (!facts.counts) return 'none';
    // Our own look may have signed meanwhile.
    if (facts.signed !== undefined) return sign(subject, seen.turn, facts.signed, logger);
    if (facts.own === undefined || !isDue(facts, facts.own, true)) return 'early';
    if (subject.kind === 'feed' && !unpaid && !isPaid(seen)) return 'early';
    const used = facts.parked ?? facts.latest;
    if (used && seen.turn <= turnAt(used.observedAt, facts.terms)) return 'none';
    return sign(subject, seen.turn, facts.own, logger);
  }
}
