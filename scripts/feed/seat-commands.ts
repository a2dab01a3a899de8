import { zeroPadValue } from 'ethers';
import { type Address, parseAddress } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { type Account, openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { findLogs } from '../chain/contract-logs.ts';
import { showSeconds, showTime } from '../chain/human-units.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { sentResult } from '../chain/sent-result.ts';
import { openToken, type Token } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { type FeedView, feedRegistry, readFeed, type SeatView } from './feed-view.ts';

export type SeatArguments = ChainArguments & KeyArguments & { readonly seat?: number };

/** What the commands about seats work with. */
interface Desk {
  readonly feed: FeedView;
  readonly account: Account;
  readonly session: ChainSession;
  readonly token: Token;
}

export function joinCommand(
  reference: string,
  given: SeatArguments & { readonly reporter?: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ feed, account, session, token }) => {
    const { seat } = pickSeat(feed, account.address, given.seat, 'invited');
    const { free } = await session.contracts.OperatorStaking.stakeOf(account.address);
    if (free < feed.bond) throw stakeTooLow(token.show(free), token.show(feed.bond));
    const reporter =
      given.reporter === undefined
        ? await onlyAttester(account.address, session, deps.signal)
        : parseAddress(given.reporter);
    const receipt = await account.send('FeedRegistry', 'join', [feed.feedId, seat, reporter], `taking seat ${seat}`);
    return sentResult(
      `seat ${seat} of ${feed.name} is taken; ${reporter} reports, ${token.show(feed.bond)} are locked`,
      { feedId: feed.feedId, seat, reporter, bond: feed.bond },
      receipt,
    );
  });
}

/** Puts another attester key on a seat; what the old one signed stays binding. */
export function replaceCommand(
  reference: string,
  given: SeatArguments & { readonly reporter: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  const reporter = parseAddress(given.reporter);
  return atDesk(reference, given, deps, async ({ feed, account }) => {
    const { seat } = pickSeat(feed, account.address, given.seat, 'seated');
    const values = [feed.feedId, seat, reporter];
    const receipt = await account.send('FeedRegistry', 'replaceReporter', values, `another key on seat ${seat}`);
    return sentResult(
      `${reporter} reports from seat ${seat} of ${feed.name} now`,
      { feedId: feed.feedId, seat, reporter },
      receipt,
    );
  });
}

export function leaveCommand(reference: string, given: SeatArguments, deps: CommandDeps): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ feed, account, session, token }) => {
    const { seat } = pickSeat(feed, account.address, given.seat, 'seated');
    const receipt = await account.send('FeedRegistry', 'leave', [feed.feedId, seat], `leaving seat ${seat}`);
    const { amount, releaseAt } = await feedRegistry(session).bondOf(feed.feedId, account.address);
    return sentResult(
      `seat ${seat} of ${feed.name} is left; its bond of ${token.show(amount)} can be released from ${showTime(releaseAt)}`,
      { feedId: feed.feedId, seat, bond: amount, releaseAt: Number(releaseAt) },
      receipt,
    );
  });
}

/** Anybody may release the bond of an operator that left; by default that of the key's account. */
export function releaseCommand(
  reference: string,
  given: SeatArguments & { readonly operator?: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ feed, account, session, token }) => {
    const operator = given.operator === undefined ? account.address : parseAddress(given.operator);
    const { amount, releaseAt } = await feedRegistry(session).bondOf(feed.feedId, operator);
    if (amount === 0n) throw nothingToRelease(feed.name, operator, 'it has no bond here');
    if (releaseAt === 0n) throw nothingToRelease(feed.name, operator, 'it has its seat; leave it first');
    if (Number(releaseAt) > feed.now) {
      const wait = showSeconds(Number(releaseAt) - feed.now);
      throw nothingToRelease(feed.name, operator, `it is due at ${showTime(releaseAt)}, in ${wait}`);
    }
    const values = [feed.feedId, operator];
    const receipt = await account.send('FeedRegistry', 'releaseBond', values, 'releasing the bond');
    return sentResult(
      `${token.show(amount)} are free stake of ${operator} again`,
      { feedId: feed.feedId, operator, amount },
      receipt,
    );
  });
}

export function inviteCommand(
  reference: string,
  given: SeatArguments & { readonly seat: number; readonly operator: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  const operator = parseAddress(given.operator);
  return atDesk(reference, given, deps, async ({ feed, account }) => {
    const { seat } = given;
    const receipt = await account.send(
      'FeedRegistry',
      'invite',
      [feed.feedId, seat, operator],
      `inviting to seat ${seat}`,
    );
    return sentResult(
      `${operator} is invited to seat ${seat} of ${feed.name}`,
      { feedId: feed.feedId, seat, operator },
      receipt,
    );
  });
}

function atDesk(
  reference: string,
  given: ChainArguments & KeyArguments,
  deps: CommandDeps,
  work: (desk: Desk) => Promise<CommandResult>,
): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const account = await openAccount(source, session, deps);
    const feed = await readFeed(reference, session, deps.signal);
    return work({ feed, account, session, token: await openToken(session) });
  });
}

/** The seat that was named, or the operator's only one of this status. @throws RemitError `FEED_SEAT_UNKNOWN` */
export function pickSeat(
  { name, seats }: Pick<FeedView, 'name' | 'seats'>,
  operator: Address,
  wanted: number | undefined,
  status: SeatView['status'],
): SeatView {
  const seat = seats.find((one) =>
    wanted === undefined ? one.operator === operator && one.status === status : one.seat === wanted,
  );
  if (seat) return seat;
  throw new RemitError({
    code: 'FEED_SEAT_UNKNOWN',
    message:
      wanted === undefined
        ? `${operator} is ${status} on no seat of ${name}`
        : `${name} has the seats 0 to ${seats.length - 1}, not ${wanted}`,
    fix: 'look at `./dev feed show` for the seats; a key of another account may be meant',
    context: { operator, wanted, status },
  });
}

/** @throws RemitError `FEED_REPORTER_UNCLEAR` when the operator has no attester key, or several */
async function onlyAttester(operator: Address, session: ChainSession, signal: AbortSignal): Promise<Address> {
  const indexed = [zeroPadValue(operator, 32)];
  const search = { contract: 'OperatorStaking', events: ['AttesterAppointed'], indexed } as const;
  const appointed = await findLogs(search, session, signal);
  const keys = [...new Set(appointed.map(({ args }) => parseAddress(args['attester'])))];
  const owners = await Promise.all(keys.map((key) => session.contracts.OperatorStaking.operatorOf(key)));
  const [key, ...others] = keys.filter((_, at) => owners[at] === operator);
  if (key !== undefined && others.length === 0) return key;
  throw new RemitError({
    code: 'FEED_REPORTER_UNCLEAR',
    message:
      key === undefined ? `${operator} has no attester key` : `${operator} has ${others.length + 1} attester keys`,
    fix:
      key === undefined
        ? 'appoint the key of the data node first: docs/OPERATIONS.md, "Become an operator"'
        : 'name the key of the data node with --reporter',
    context: { operator, keys },
  });
}

function stakeTooLow(free: string, bond: string): RemitError {
  return new RemitError({
    code: 'FEED_STAKE_TOO_LOW',
    message: `the seat locks ${bond}, and the free stake is ${free}`,
    fix: 'bring stake with OperatorStaking.deposit: docs/OPERATIONS.md, "Become an operator"',
    context: { free, bond },
  });
}

function nothingToRelease(feed: string, operator: Address, why: string): RemitError {
  return new RemitError({
    code: 'FEED_BOND_NOT_DUE',
    message: `no bond of ${operator} in ${feed} can be released: ${why}`,
    fix: 'run it again when the bond is due; `./dev feed leave` says when',
    context: { operator, why },
  });
}
