import { keccak256, toUtf8Bytes } from 'ethers';
import type { FeedStanding, SeatView } from '../../workers/chain/feed-reads.ts';
import {
  dueAt,
  type FeedTerms,
  isBeyond,
  isMoved,
  leaderOf,
  medianOf,
  quorumOf,
  type Round,
  SeatStatus,
  turnAt,
  turnStart,
} from '../../workers/protocol/feed.ts';
import type { Address, Hex32 } from '../../workers/protocol/ids.ts';
import type { Report } from '../../workers/protocol/observation.ts';

type Parked = Round & { readonly leader: number };

/** What became of a transaction with a round: a state, or the name of the contract's error. */
export type RoundOutcome =
  'accepted' | 'parked' | 'WrongTurn' | 'NotLeader' | 'NoQuorum' | 'Unsigned' | 'TurnUsed' | 'SameLeader' | 'NotDue';

/** The chain as one block shows it. */
export interface SimBlock {
  /** Unix seconds. */
  readonly time: number;
  readonly standing: FeedStanding;
  readonly seats: readonly SeatView[];
}

export interface FeedSnapshot {
  readonly rounds: SimFeed['rounds'];
  readonly outcomes: ReadonlyMap<RoundOutcome, number>;
  readonly suspensions: number;
  readonly seats: readonly { readonly strikes: number; readonly suspendedUntil: number }[];
  readonly latest: Round | undefined;
  readonly parked: Parked | undefined;
}

/** Stands for a signature: everybody can check it, and nobody makes it for another value. */
export function simSignature(seat: number, turn: number, value: bigint): string {
  const r = keccak256(toUtf8Bytes(`${seat}/${turn}/${value}`));
  return `${r}${'11'.repeat(32)}1b`;
}

export function simReporter(seat: number): Address {
  return `0x${(seat + 1).toString(16).padStart(40, '0')}` as Address;
}

/** `FeedRegistry.report` without money: turns, leaders, quorums, due, clamp and dispute, outliers and suspension. */
export class SimFeed {
  time: number;
  readonly rounds: (Round & { readonly turn: number; readonly seats: readonly number[] })[] = [];
  readonly outcomes = new Map<RoundOutcome, number>();
  suspensions = 0;
  readonly #terms: FeedTerms;
  readonly #seats: { strikes: number; suspendedUntil: number }[];
  #latest: Round | undefined;
  #parked: Parked | undefined;

  constructor(terms: FeedTerms, time: number) {
    this.#terms = terms;
    this.time = time;
    this.#seats = Array.from({ length: terms.seats }, () => ({ strikes: 0, suspendedUntil: 0 }));
  }

  get latest(): Round | undefined {
    return this.#latest;
  }

  /** Everything but the time, for `restore`: what a reorg brings back. */
  snapshot(): FeedSnapshot {
    return {
      ...{ rounds: [...this.rounds], outcomes: new Map(this.outcomes), suspensions: this.suspensions },
      ...{ seats: this.#seats.map((seat) => ({ ...seat })), latest: this.#latest, parked: this.#parked },
    };
  }

  restore({ rounds, outcomes, suspensions, seats, latest, parked }: FeedSnapshot): void {
    this.rounds.splice(0, this.rounds.length, ...rounds);
    this.outcomes.clear();
    for (const [outcome, count] of outcomes) this.outcomes.set(outcome, count);
    this.#seats.splice(0, this.#seats.length, ...seats.map((seat) => ({ ...seat })));
    [this.suspensions, this.#latest, this.#parked] = [suspensions, latest, parked];
  }

  show(): SimBlock {
    return {
      time: this.time,
      standing: { latest: this.#latest, parked: this.#parked, fund: 0n },
      seats: this.#seats.map(({ suspendedUntil }, seat) => ({
        status: SeatStatus.Seated,
        reporter: simReporter(seat),
        operator: simReporter(seat),
        suspendedUntil,
      })),
    };
  }

  /** Does what a transaction in the block of now would do. */
  report(from: Address, turn: number, reports: readonly Report[]): RoundOutcome {
    const outcome = this.#report(from, turn, reports);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    return outcome;
  }

  #report(from: Address, turn: number, reports: readonly Report[]): RoundOutcome {
    const terms = this.#terms;
    const behind = turnAt(this.time, terms) - turn;
    if (behind < 0 || behind > 1) return 'WrongTurn';
    const leader = leaderOf(turn, terms);
    if (simReporter(leader) !== from) return 'NotLeader';
    if (reports.length < quorumOf(terms) || reports.length > terms.seats) return 'NoQuorum';
    if (!reports.every((report, i) => this.#counts(report, turn, reports[i - 1]))) return 'Unsigned';
    const answer = medianOf(reports.map(({ value }) => value));
    const accepted = this.#isAccepted(answer, turn, leader);
    if (typeof accepted === 'string') return accepted;
    const round: Round = {
      number: (this.#latest?.number ?? 0) + 1,
      answer,
      observedAt: turnStart(turn, terms),
      updatedAt: this.time,
      reports: reports.length,
    };
    if (!accepted) {
      this.#parked = { ...round, leader };
      return 'parked';
    }
    this.#latest = round;
    this.#parked = undefined;
    this.rounds.push({ ...round, turn, seats: reports.map(({ seat }) => seat) });
    // Who reported in this round is known to be there: so many can be spared.
    let spare = reports.length - quorumOf(terms);
    for (const { seat, value } of reports) {
      if (this.#judge(seat, isBeyond(value, answer, terms.outlierBps), spare)) spare -= 1;
    }
    return 'accepted';
  }

  #counts({ seat, value, r }: Report, turn: number, before: Report | undefined): boolean {
    const place = this.#seats[seat];
    if (!place || place.suspendedUntil > this.time || (before && seat <= before.seat)) return false;
    return simSignature(seat, turn, value).startsWith(r);
  }

  #isAccepted(answer: bigint, turn: number, leader: number): boolean | RoundOutcome {
    const [terms, latest, parked] = [this.#terms, this.#latest, this.#parked];
    if (!latest) return true;
    if (turnStart(turn, terms) <= (parked ?? latest).observedAt) return 'TurnUsed';
    if (parked) {
      if (parked.leader === leader) return 'SameLeader';
      if (!isBeyond(answer, parked.answer, terms.clampBps)) return true;
    } else {
      const moved = isMoved(answer, latest.answer, terms.deviationBps);
      if (this.time <= latest.updatedAt || (this.time < dueAt(latest, terms) && !moved)) return 'NotDue';
    }
    return !isBeyond(answer, latest.answer, terms.clampBps);
  }

  /** Whether the seat is suspended. */
  #judge(seat: number, isOutlier: boolean, spare: number): boolean {
    const place = this.#seats[seat];
    if (!place) return false;
    const { strikesMax, suspensionSeconds } = this.#terms;
    place.strikes = isOutlier ? place.strikes + 1 : 0;
    if (place.strikes < strikesMax) return false;
    place.strikes = spare > 0 ? 0 : strikesMax - 1;
    if (spare === 0) return false;
    place.suspendedUntil = this.time + suspensionSeconds;
    this.suspensions += 1;
    return true;
  }
}

/** A digest that tells two runs apart. */
export function digestOfRounds(rounds: SimFeed['rounds']): Hex32 {
  const said = rounds.map(({ number, answer, updatedAt }) => `${number}:${answer}:${updatedAt}`).join();
  return keccak256(toUtf8Bytes(said)) as Hex32;
}
