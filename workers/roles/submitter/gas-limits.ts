import type { Hex } from '../../protocol/ids.ts';
import { CallbackPhase, type Terms } from '../../protocol/job.ts';

type CallbackTerms = Pick<Terms, 'callbackPhase' | 'callbackGas'>;

/**
 * On top of a callback's own gas: what the registry keeps back before it calls, and what it does afterwards. A callback
 * that runs out of gas does not revert, so an estimate can end up too low; what is not used is not paid.
 */
const CALLBACK_RESERVE = 100_000n;
/** What settling one job costs at most without its callback. */
const SETTLE_GAS = 90_000n;

/** EIP-150 keeps back one part in 64. */
function callbackGas(terms: CallbackTerms, phase: CallbackPhase): bigint {
  return terms.callbackPhase === phase ? (BigInt(terms.callbackGas) * 64n) / 63n + CALLBACK_RESERVE : 0n;
}

/** Gas limit of an attestation whose estimate is `estimate`. */
export function attestGasLimit(terms: CallbackTerms, estimate: bigint): bigint {
  return estimate + callbackGas(terms, CallbackPhase.OnAttested);
}

/**
 * Attestations that need about the same gas. A job that calls back at once has no shape: with too little gas its callback
 * would fail and the attestation succeed.
 */
export function attestShape(
  terms: Pick<Terms, 'callbackPhase' | 'operator' | 'delivery' | 'policy'>,
  data: Hex,
): string | undefined {
  if (terms.callbackPhase === CallbackPhase.OnAttested) return undefined;
  return `attest-${terms.operator}-${terms.policy}-${terms.delivery}-${data.length}`;
}

/**
 * Gas limit of a settlement. `settleMany` skips a job for whose callback the gas does not suffice instead of reverting, so
 * the estimate of a batch may be that of skipping: jobs with a callback bring their full cost.
 */
export function settleGasLimit(jobs: readonly CallbackTerms[], estimate: bigint): bigint {
  const called = jobs.map((terms) => callbackGas(terms, CallbackPhase.OnFinal)).filter((gas) => gas > 0n);
  return called.reduce((sum, gas) => sum + gas + SETTLE_GAS, estimate);
}

/**
 * The least gas that a transaction with this calldata needs since Prague, whatever it does (EIP-7623): 10 per zero byte, 40
 * per other byte. Some nodes leave it out of their estimates.
 */
export function calldataFloor(data: Hex): bigint {
  const bytes = Buffer.from(data.slice(2), 'hex');
  const tokens = bytes.reduce((sum, byte) => sum + (byte === 0 ? 1 : 4), 0);
  return 21_000n + 10n * BigInt(tokens);
}

/** What a job adds to its batch at most: batches are cut by it, because a transaction has a gas limit too. */
export function settleWeight(terms: CallbackTerms): bigint {
  return SETTLE_GAS + callbackGas(terms, CallbackPhase.OnFinal);
}
