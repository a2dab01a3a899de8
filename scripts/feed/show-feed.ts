import { contentIdOf } from '../../workers/protocol/content-id.ts';
import { ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { showDecimal, showSeconds, showShare, showTime } from '../chain/human-units.ts';
import { type Row, table } from '../chain/table.ts';
import type { Token } from '../chain/token.ts';
import type { FeedView, RoundView, SeatView } from './feed-view.ts';

/** A feed for people. */
export function showFeed(feed: FeedView, token: Token): string[] {
  const { terms, latest, parked, now } = feed;
  const answer = (round: RoundView): string => showDecimal(round.answer, terms.decimals);
  return [
    `${feed.name} is ${feed.state}${latest ? `: ${answer(latest)}, ${showSeconds(now - latest.updatedAt)} old` : ''}`,
    ...table([
      ['feed', feed.feedId],
      ['sources', contentIdOf(feed.sourcesDigest)],
      ['steward', feed.steward ?? 'nobody'],
      ...(latest ? [['last answer', `${answer(latest)} in round ${latest.number}, ${facts(latest)}`]] : []),
      ...(parked
        ? [['parked', `${answer(parked)} led by seat ${parked.leader}, ${facts(parked)}; another leader decides`]]
        : []),
      ['decimals', String(terms.decimals)],
      ['heartbeat', `${showSeconds(terms.heartbeat)}, turns of ${showSeconds(terms.turnSeconds)}`],
      ['moves', `${showShare(terms.deviationBps)} makes a round due, ${showShare(terms.clampBps)} is disputed`],
      [
        'outliers',
        `${showShare(terms.outlierBps)} is a strike, ${terms.strikesMax} in a row suspend for ${showSeconds(terms.suspensionSeconds)}`,
      ],
      ['quorum', `${2 * terms.faults + 1} of ${terms.seats}, ${terms.faults} may fail`],
      ['bond', `${token.show(feed.bond)} a seat`],
      ['payment', `${token.show(terms.reportPayment)} a report, ${terms.leaderCredits} more for the leader`],
      ['fund', `${token.show(feed.fund)}${lasts(feed)}`],
      ['turn', `${feed.turn}, led by seat ${feed.leader}; then seat ${(feed.leader + 1) % terms.seats}`],
    ]),
    ...seatTable(feed, token),
  ];
}

/** The same as one object. */
export function feedJson(feed: FeedView): Readonly<Record<string, unknown>> {
  const { latest, terms } = feed;
  return {
    ...feed,
    sources: contentIdOf(feed.sourcesDigest),
    quorum: 2 * terms.faults + 1,
    nextLeader: (feed.leader + 1) % terms.seats,
    ...(latest && { price: showDecimal(latest.answer, terms.decimals), age: feed.now - latest.updatedAt }),
  };
}

function facts({ reports, updatedAt }: RoundView): string {
  return `${reports} reports, ${showTime(updatedAt)}`;
}

/** How many full rounds the fund still pays. */
function lasts({ fund, terms }: FeedView): string {
  const round = terms.reportPayment * BigInt(terms.seats + terms.leaderCredits);
  return round === 0n ? '' : `, pays ${fund / round} rounds of all seats`;
}

function seatTable({ seats, terms, leader, now }: FeedView, token: Token): string[] {
  const row = (seat: SeatView): Row => [
    `${seat.seat}${seat.seat === leader ? ' *' : ''}`,
    seat.suspendedUntil > now ? `suspended ${showSeconds(seat.suspendedUntil - now)}` : seat.status,
    seat.operator,
    seat.reporter === ZERO_ADDRESS ? '-' : seat.reporter,
    String(seat.strikes),
    token.show(seat.credits * terms.reportPayment),
  ];
  return table([['seat', 'status', 'operator', 'reporter', 'strikes', 'earned'], ...seats.map(row)]);
}
