import { createChainReader } from '../../workers/chain/chain-reader.ts';
import type { ChainArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, Emit } from '../chain/command-result.ts';
import { type ContractLog, headOf } from '../chain/contract-logs.ts';
import { followLogs } from '../chain/follow-logs.ts';
import { showDecimal, showSeconds, showTime } from '../chain/human-units.ts';
import { withSession } from '../chain/with-session.ts';
import { type FeedView, readFeed } from './feed-view.ts';

const EVENTS = ['FeedReported', 'FeedDisputed', 'SeatSuspended', 'SeatTaken', 'SeatLeft', 'DoubleReportProven'];

/** A line for every round, and for what happens to seats, until `signal` aborts; `count` rounds at most. */
export function watchCommand(
  reference: string,
  given: ChainArguments & { readonly count?: number },
  deps: CommandDeps,
  emit: Emit,
): Promise<void> {
  return withSession(given, deps, async (session) => {
    const feed = await readFeed(reference, session, deps.signal);
    const from = (await headOf(session, deps.signal)) + 1;
    deps.progress?.(`watching ${feed.name} (${feed.state}), Ctrl-C ends`);
    let left = given.count ?? Infinity;
    const search = { contract: 'FeedRegistry', events: EVENTS, indexed: [feed.feedId] } as const;
    await followLogs(
      from,
      () => [search],
      session,
      deps,
      async (log) => {
        await emitLog(log, feed, session, emit, deps.signal);
        if (log.name === 'FeedReported' || log.name === 'FeedDisputed') left -= 1;
        return left > 0;
      },
    );
  });
}

async function emitLog(
  { name, args, log }: ContractLog,
  { terms }: FeedView,
  { rpc }: ChainSession,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const block = await createChainReader({ rpc }).block(log.blockNumber, signal);
  const at = block?.timestamp ?? 0;
  const json = { event: name, ...args.toObject(), at, transaction: log.transactionHash };
  if (name !== 'FeedReported' && name !== 'FeedDisputed') {
    emit(
      `${showTime(at)}  ${name} ${JSON.stringify(args.toObject(), (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v))}`,
      json,
    );
    return;
  }
  const price = showDecimal(args['answer'] as bigint, terms.decimals);
  const seats = seatsIn(Number(args['seats']));
  const after = at - Number(args['turn'] as bigint) * terms.turnSeconds;
  const what = name === 'FeedReported' ? `round ${String(args['round'])}` : 'DISPUTED';
  const unpaid = args['paid'] === true ? '' : ', not paid';
  const leader = String(args['leader']);
  emit(
    `${showTime(at)}  ${what}  ${price}  seats ${seats.join(' ')}, led by ${leader}, ${showSeconds(after)} after its turn began${unpaid}`,
    { ...json, price, seats },
  );
}

/** Seats of the bits of a mask. */
export function seatsIn(mask: number): number[] {
  return Array.from({ length: 32 }, (_, seat) => seat).filter((seat) => (mask >>> seat) & 1);
}
