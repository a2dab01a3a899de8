import { encodeBytes32String, keccak256, toUtf8Bytes } from 'ethers';
import type { FeedTerms } from '../../workers/protocol/feed.ts';
import { type Address, parseAddress, parseHex32, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { createArtifactStore } from '../../workers/store/artifact-store.ts';
import { inWords, openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { logsIn } from '../chain/contract-logs.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { callRefused } from '../chain/send-call.ts';
import { table } from '../chain/table.ts';
import { openToken } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { readFeed } from './feed-view.ts';
import { feedJson, showFeed } from './show-feed.ts';
import { readSourcesFile } from './sources-file.ts';

/** Times in seconds, shares in 1/10,000, amounts as tokens. */
export interface CreateArguments extends ChainArguments, KeyArguments {
  readonly operators: readonly string[];
  /** Default: as many as the seats allow. */
  readonly faults?: number;
  readonly heartbeat: number;
  readonly turn: number;
  readonly deviation: number;
  readonly clamp: number;
  readonly outlier: number;
  readonly strikes: number;
  readonly suspension: number;
  readonly leaderCredits: number;
  readonly payment: string;
  readonly bond: string;
  /** An address, or `none`. Default: the account that creates. */
  readonly steward?: string;
  /** Default: the document's. */
  readonly name?: string;
  readonly salt?: string;
  readonly store: string;
}

/** What a feed is created with unless told otherwise. */
export const FEED_DEFAULTS = {
  heartbeat: 3_600,
  turn: 30,
  deviation: 50,
  clamp: 2_000,
  outlier: 300,
  strikes: 5,
  suspension: 86_400,
  leaderCredits: 2,
  payment: '0',
  bond: '100',
};

/** The option of each field that the registry may refuse. */
const OPTIONS: Readonly<Record<string, string>> = {
  name: '--name',
  sourcesDigest: 'the sources document',
  decimals: 'decimals of the sources document',
  seats: '--operators',
  operators: '--operators',
  faults: '--faults',
  heartbeat: '--heartbeat',
  turnSeconds: '--turn',
  deviationBps: '--deviation',
  clampBps: '--clamp',
  outlierBps: '--outlier',
  strikesMax: '--strikes',
  suspensionSeconds: '--suspension',
  bond: '--bond',
};

/** Creates the feed of a sources document, once: the same again sends nothing. Keeps the document in the store. */
export function createCommand(file: string, given: CreateArguments, deps: CommandDeps): Promise<CommandResult> {
  const source = requiredSigner(given);
  const operators = given.operators.map(parseAddress);
  return withSession(given, deps, async (session) => {
    const { bytes, digest, document } = await readSourcesFile(file);
    const account = await openAccount(source, session, deps);
    const token = await openToken(session);
    const terms: FeedTerms = {
      decimals: document.decimals,
      seats: operators.length,
      faults: given.faults ?? Math.max(0, Math.floor((operators.length - 1) / 3)),
      heartbeat: given.heartbeat,
      turnSeconds: given.turn,
      deviationBps: given.deviation,
      clampBps: given.clamp,
      outlierBps: given.outlier,
      strikesMax: given.strikes,
      suspensionSeconds: given.suspension,
      leaderCredits: given.leaderCredits,
      reportPayment: token.units(given.payment),
    };
    checkTerms(terms, operators);
    const values = [
      nameWord(given.name ?? document.name),
      digest,
      terms,
      token.units(given.bond),
      stewardOf(given.steward, account.address),
      operators,
      given.salt === undefined ? ZERO_HEX32 : keccak256(toUtf8Bytes(given.salt)),
    ];
    const store = await createArtifactStore({ folder: given.store }, deps);
    const { contentId } = await store.put(bytes);
    const sent = await account.attempt('FeedRegistry', 'createFeed', values);
    const reason = sent.ok ? undefined : inWords(sent.reason);
    if (reason?.name === 'FeedRegistryInvalidTerms') throw invalid(OPTIONS[reason.args['field'] ?? ''], reason.message);
    const known = reason?.name === 'FeedRegistryAlreadyCreated' ? reason.args['feedId'] : undefined;
    if (reason && known === undefined) throw callRefused(`creating ${document.name}`, reason);
    const made = sent.ok ? logsIn(sent.receipt, 'FeedRegistry').find(({ name }) => name === 'FeedCreated') : undefined;
    const feedId = parseHex32(made ? made.args['feedId'] : known);
    const feed = await readFeed(feedId, session, deps.signal);
    return {
      lines: [
        sent.ok ? `feed ${feedId} is created` : `feed ${feedId} is already created; nothing was sent`,
        ...showFeed(feed, token),
        ...table([
          ['stored', store.path(contentId)],
          ...(sent.ok
            ? [
                ['transaction', sent.receipt.transactionHash],
                ['gas', String(sent.receipt.gasUsed)],
              ]
            : []),
        ]),
        '  next: each operator takes its seat with `./dev feed join`',
      ],
      json: {
        ...feedJson(feed),
        alreadyCreated: !sent.ok,
        contentId,
        stored: store.path(contentId),
        ...(sent.ok && { transaction: sent.receipt.transactionHash, gasUsed: Number(sent.receipt.gasUsed) }),
      },
    };
  });
}

/** What the registry would refuse without saying which option it was. @throws RemitError `FEED_TERMS_INVALID` */
export function checkTerms({ seats, faults, heartbeat, turnSeconds }: FeedTerms, operators: readonly Address[]): void {
  const needed = Math.max(2, 3 * faults + 1);
  if (seats < needed) throw invalid('--operators', `${seats} seats, and ${faults} faults need ${needed}`);
  if (new Set(operators).size < seats) throw invalid('--operators', 'an operator is named twice');
  if (heartbeat < 8 * turnSeconds) {
    throw invalid('--heartbeat', `${heartbeat} s, and it takes 8 turns of ${turnSeconds} s at least`);
  }
}

function stewardOf(steward: string | undefined, creator: Address): Address {
  if (steward === undefined) return creator;
  return steward === 'none' ? ZERO_ADDRESS : parseAddress(steward);
}

function nameWord(name: string): string {
  try {
    return encodeBytes32String(name);
  } catch {
    throw invalid('--name', `${JSON.stringify(name)} has more than 31 bytes`);
  }
}

function invalid(option = 'an option', why: string): RemitError {
  return new RemitError({
    code: 'FEED_TERMS_INVALID',
    message: `${option} cannot work: ${why}`,
    fix: `change ${option}; ./dev feed create --help lists what is expected`,
    context: { option, why },
  });
}
