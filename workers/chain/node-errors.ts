import { RpcRejection } from './rpc.ts';

/** What a node means when it does not take a transaction. */
export type PublishVerdict =
  | 'accepted'
  | 'known'
  | 'nonce-too-low'
  | 'nonce-too-high'
  | 'replacement-underpriced'
  | 'fee-too-low'
  | 'insufficient-funds'
  | 'gas-limit'
  | 'pool-full'
  | 'wrong-chain'
  | 'invalid'
  | 'unknown';

interface Rule {
  readonly verdict: PublishVerdict;
  /** Texts of geth, reth, nethermind, anvil, erigon and besu. */
  readonly text: RegExp;
}

/** In this order: the first that fits decides, so `replacement transaction underpriced` stands before `underpriced`. */
const RULES: readonly Rule[] = [
  {
    verdict: 'known',
    text: /already known|alreadyknown|already imported|known transaction|already in (the )?(mem)?pool|same hash|ALREADY_EXISTS|OwnNonceAlreadyUsed/i,
  },
  {
    verdict: 'nonce-too-low',
    text: /nonce (is )?too low|oldnonce|nonce has already been used|invalid nonce; got \d+, expected/i,
  },
  {
    verdict: 'nonce-too-high',
    text: /nonce (is )?too high|noncegap|nonce gap|future nonce|noncetoofarinfuture|too far in the future/i,
  },
  {
    verdict: 'replacement-underpriced',
    text: /replacement.*(underpriced|not ?allowed|fee too low)|replacementnotallowed|could not replace/i,
  },
  {
    verdict: 'insufficient-funds',
    text: /insufficient ?(funds|balance)|upfront cost exceeds|exceeds account balance|overshot|not enough (funds|balance)/i,
  },
  {
    verdict: 'gas-limit',
    text: /exceeds block gas limit|gas ?limit ?(is )?(exceeded|too high)|intrinsic gas|exceeds .*gas.*(cap|limit)|tx\.gas_limit|floor data gas/i,
  },
  {
    verdict: 'fee-too-low',
    text: /underpriced|fee ?too ?low|less than block base fee|below (the )?(configured )?min|lower than the block base fee|tip.*too low|gas price.*too low|feetoolowtocompete/i,
  },
  { verdict: 'pool-full', text: /pool (is )?(full|overflow)|txpool is full|limit reached|too many (pending|queued)/i },
  { verdict: 'wrong-chain', text: /invalid chain ?id|wrong chain|incorrect chain/i },
  {
    verdict: 'invalid',
    text: /decode|rlp|invalid (sender|signature|transaction)|oversized|not supported|higher than max fee|initcode/i,
  },
];

/** Codes whose meaning does not depend on the text. */
const CODES: ReadonlyMap<number, PublishVerdict> = new Map([[-32602, 'invalid']]);

/**
 * Reads an answer to `eth_sendRawTransaction`. Anything that is not certain, from a timeout to a text never seen before,
 * is `unknown`: the transaction may have been sent.
 */
export function verdictOf(error: unknown): PublishVerdict {
  if (error === undefined) return 'accepted';
  if (!(error instanceof RpcRejection)) return 'unknown';
  return RULES.find(({ text }) => text.test(error.reason))?.verdict ?? CODES.get(error.rpcCode) ?? 'unknown';
}

/** One verdict from many nodes: the one that says most about where the transaction is. */
export function overallVerdict(verdicts: readonly PublishVerdict[]): PublishVerdict {
  const telling: readonly PublishVerdict[] = [
    'known',
    'accepted',
    'nonce-too-low',
    'unknown',
    'replacement-underpriced',
    'fee-too-low',
  ];
  return telling.find((verdict) => verdicts.includes(verdict)) ?? verdicts[0] ?? 'unknown';
}
