import { randomBytes } from 'node:crypto';
import { type Hex32, parseAddress, parseHex32, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { type Account, openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { logsIn } from '../chain/contract-logs.ts';
import { showDecimal, showSeconds } from '../chain/human-units.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { table } from '../chain/table.ts';
import { openToken, type Token, topUpBalance } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { type FeedView, feedRegistry, readFeed } from './feed-view.ts';
import { readSourcesFile, type SourcesFile } from './sources-file.ts';

export interface AskArguments extends ChainArguments, KeyArguments {
  /** The feed whose committee is asked. */
  readonly feed: string;
  readonly fee: string;
  /** Seconds until nobody may answer any more. */
  readonly within: number;
  readonly callback?: string;
  readonly callbackGas: number;
  /** False: do not wait for the answer. */
  readonly wait?: boolean;
}

interface Asked {
  readonly requestId: Hex32;
  /** As the registry completed and announced them. */
  readonly terms: unknown;
  readonly deadline: number;
}

const ANSWERED = 2;
const LOOK_MS = 1_000;

/** Asks a committee once and waits; the fee comes back when nobody answers in time. */
export function askCommand(file: string, given: AskArguments, deps: CommandDeps): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const from = await openAccount(source, session, deps);
    const token = await openToken(session);
    const feed = await readFeed(given.feed, session, deps.signal);
    const question = await readSourcesFile(file);
    await checkQuestion(question, feed, session);
    const fee = token.units(given.fee);
    await topUpBalance(fee, { session, from, token });
    const asked = await ask(question, { ...given, fee }, feed, from);
    const { requestId, deadline } = asked;
    const json = { requestId, feedId: feed.feedId, fee, deadline, callback: given.callback };
    if (given.wait === false) return { lines: [`question ${asked.requestId} is asked`], json };
    deps.progress?.(
      `question ${asked.requestId} is asked; waiting for an answer, ${showSeconds(given.within)} at most`,
    );
    return answerOf(asked, { json, feed, from, session, token }, deps);
  });
}

async function ask(
  { bytes }: SourcesFile,
  {
    fee,
    within,
    callback,
    callbackGas,
  }: Pick<AskArguments, 'within' | 'callback' | 'callbackGas'> & { readonly fee: bigint },
  { feedId, name, now }: FeedView,
  from: Account,
): Promise<Asked> {
  const terms = {
    committee: feedId,
    requester: from.address,
    specDigest: ZERO_HEX32,
    fee,
    deadline: now + within,
    callbackTarget: callback === undefined ? ZERO_ADDRESS : parseAddress(callback),
    callbackGas: callback === undefined ? 0 : callbackGas,
    salt: BigInt(`0x${randomBytes(12).toString('hex')}`),
  };
  const receipt = await from.send('FeedRegistry', 'requestData', [terms, bytes], `asking the committee of ${name}`);
  const log = logsIn(receipt, 'FeedRegistry').find((one) => one.name === 'DataRequested');
  return { requestId: parseHex32(log?.args['requestId']), terms: log?.args['terms'], deadline: terms.deadline };
}

async function answerOf(
  { requestId, terms, deadline }: Asked,
  {
    json,
    feed,
    from,
    session,
    token,
  }: { json: Readonly<Record<string, unknown>>; feed: FeedView; from: Account; session: ChainSession; token: Token },
  { clock, signal }: CommandDeps,
): Promise<CommandResult> {
  const reader = createChainReader({ rpc: session.rpc });
  for (;;) {
    const state = await feedRegistry(session).dataState(requestId);
    if (Number(state.status) === ANSWERED) {
      const price = showDecimal(state.answer, feed.terms.decimals);
      return {
        lines: [
          price,
          ...table([
            ['question', requestId],
            ['reports', String(state.reports)],
            [
              'callback',
              state.delivered ? 'delivered' : json['callback'] === undefined ? 'none' : 'failed; anybody may retry it',
            ],
          ]),
        ],
        json: { ...json, answer: state.answer, price, reports: Number(state.reports), delivered: state.delivered },
      };
    }
    if ((await reader.head(signal)).timestamp > deadline) break;
    await clock.sleep(LOOK_MS, signal);
  }
  await from.send('FeedRegistry', 'expireData', [terms], 'taking the fee back');
  return { lines: [], json, failure: notAnswered(requestId, feed.name, token.show(json['fee'] as bigint)) };
}

/** @throws RemitError `FEED_QUESTION_INVALID` */
async function checkQuestion({ bytes, document }: SourcesFile, feed: FeedView, session: ChainSession): Promise<void> {
  const max = Number(await feedRegistry(session).SPEC_MAX());
  if (bytes.length > max) throw invalid(`the document has ${bytes.length} bytes, and ${max} are allowed`);
  if (document.decimals !== feed.terms.decimals) {
    throw invalid(
      `the document has ${document.decimals} decimals, and the committee answers with ${feed.terms.decimals}`,
    );
  }
}

function invalid(message: string): RemitError {
  return new RemitError({
    code: 'FEED_QUESTION_INVALID',
    message,
    fix: 'change the sources document, or ask the committee of another feed',
  });
}

function notAnswered(requestId: Hex32, name: string, fee: string): RemitError {
  return new RemitError({
    code: 'FEED_NOT_ANSWERED',
    message: `the committee of ${name} did not answer ${requestId} in time; ${fee} are back in the balance`,
    fix: 'look at `./dev feed show` whether its seats report; give more time with --within, or a higher --fee',
    retryable: true,
    context: { requestId },
  });
}
