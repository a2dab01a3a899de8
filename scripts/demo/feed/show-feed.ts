import { relative } from 'node:path';
import type { Paper } from '../paper.ts';
import { count, short } from '../wording.ts';
import type { FeedReport } from './run-feed.ts';

/** From venues to a fee: rounds, what the model made of them, and what swaps paid. */
export function showFeed(paper: Paper, report: FeedReport): void {
  const { feedId, rounds, updates, killed, calm, storm, roundSeconds, gasPerRound, schedule, pool, chart } = report;
  const leaders = new Set(rounds.map(({ leader }) => leader)).size;
  paper.title('data nodes: a price, a model, a fee');
  paper.row('feed id', short(feedId));
  paper.row(
    'rounds',
    `${rounds.length}, one every ${roundSeconds} s, led by ${leaders} seats; gas ${count(gasPerRound)} each`,
  );
  paper.row(
    'on the way',
    `seat ${killed.seat} was killed (${killed.roundsAfter} rounds after it), one venue lied, one failed`,
  );
  paper.row(
    'schedule',
    `${short(schedule)}: ${updates.length} answers, each from the last 32 rounds, taken by the chain itself`,
  );
  paper.row('pool', short(pool));
  paper.row('calm market', `volatility ${percent(calm.volatility)} per round → swap fee ${percent(calm.fee / 1e6)}`);
  paper.row(
    'lively market',
    `volatility ${percent(storm.volatility)} per round → swap fee ${percent(storm.fee / 1e6)}`,
  );
  paper.row('picture', relative(process.cwd(), chart));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
