import { contentIdOf } from '../../workers/protocol/content-id.ts';
import { parseAddress, parseHex32 } from '../../workers/protocol/ids.ts';
import { textOf } from '../chain/account.ts';
import type { ChainArguments } from '../chain/chain-options.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { findLogs } from '../chain/contract-logs.ts';
import { showDecimal, showSeconds, showTime } from '../chain/human-units.ts';
import { table } from '../chain/table.ts';
import { openToken } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { feedRegistry, feedStateOf, readFeed, roundView } from './feed-view.ts';
import { feedJson, showFeed } from './show-feed.ts';

export function showCommand(reference: string, given: ChainArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const feed = await readFeed(reference, session, deps.signal);
    return { lines: showFeed(feed, await openToken(session)), json: feedJson(feed) };
  });
}

/** Every feed that was ever created, oldest first. */
export function listCommand(given: ChainArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const registry = feedRegistry(session);
    const created = await findLogs({ contract: 'FeedRegistry', events: ['FeedCreated'] }, session, deps.signal);
    const feeds = await Promise.all(
      created.map(async ({ args }) => {
        const feedId = parseHex32(args['feedId']);
        const state = await feedStateOf(feedId, session);
        const { decimals, seats, heartbeat } = await registry.feedTerms(feedId);
        const latest = state === 'empty' ? undefined : roundView(await registry.latestRound(feedId));
        return {
          feedId,
          name: textOf(String(args['name'])) ?? '',
          state,
          answer: latest && showDecimal(latest.answer, Number(decimals)),
          updatedAt: latest?.updatedAt,
          rounds: latest?.number ?? 0,
          seats: Number(seats),
          heartbeat: Number(heartbeat),
          steward: parseAddress(args['steward']),
          sources: contentIdOf(parseHex32(args['sourcesDigest'])),
        };
      }),
    );
    const rows = feeds.map(({ feedId, name, state, answer, rounds, seats, heartbeat }) => [
      feedId,
      name,
      state,
      answer ?? '-',
      String(rounds),
      String(seats),
      showSeconds(heartbeat),
    ]);
    const head = ['feed', 'name', 'state', 'answer', 'rounds', 'seats', 'heartbeat'];
    return { lines: feeds.length === 0 ? ['no feed was created'] : table([head, ...rows]), json: { feeds } };
  });
}

export interface RoundsArguments extends ChainArguments {
  readonly last: number;
}

/** The last rounds, newest first, as far as they are kept. */
export function roundsCommand(reference: string, given: RoundsArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const { feedId, terms, latest } = await readFeed(reference, session, deps.signal);
    const registry = feedRegistry(session);
    const newest = latest?.number ?? 0;
    const count = Math.min(given.last, newest, Number(await registry.ROUNDS_KEPT()));
    const rounds = await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const round = roundView(await registry.roundOf(feedId, newest - at));
        return { ...round, price: showDecimal(round.answer, terms.decimals) };
      }),
    );
    const rows = rounds.map(({ number, price, reports, observedAt, updatedAt }) => [
      String(number),
      price,
      String(reports),
      showTime(updatedAt),
      showSeconds(updatedAt - observedAt),
    ]);
    return {
      lines: count === 0 ? ['no round yet'] : table([['round', 'answer', 'reports', 'updated', 'after turn'], ...rows]),
      json: { feedId, decimals: terms.decimals, rounds },
    };
  });
}
