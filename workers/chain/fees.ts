/** EIP-1559 fees, wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface FeePolicy {
  /** Never more than this per gas, wei. */
  readonly maxFeeCap: bigint;
  /** The same for urgent transactions, which must land before a deadline. */
  readonly urgentMaxFeeCap: bigint;
  /** Never less tip than this, wei. */
  readonly minTip: bigint;
  /** Raise of both fields when a transaction is replaced, percent. Nodes demand at least 10. */
  readonly bumpPercent: bigint;
}

const GWEI = 1_000_000_000n;

export const DEFAULT_FEE_POLICY: FeePolicy = {
  maxFeeCap: 200n * GWEI,
  urgentMaxFeeCap: 1000n * GWEI,
  minTip: 1n,
  bumpPercent: 15n,
};

const capOf = (policy: FeePolicy, urgent: boolean): bigint => (urgent ? policy.urgentMaxFeeCap : policy.maxFeeCap);

/**
 * `2 · baseFee + tip`, which stays valid through six full blocks, cut at the cap. `undefined` when even the next block
 * costs more than the cap.
 */
export function suggestFees(baseFee: bigint, tip: bigint, policy: FeePolicy, urgent: boolean): Fees | undefined {
  const cap = capOf(policy, urgent);
  const maxPriorityFeePerGas = tip > policy.minTip ? tip : policy.minTip;
  if (baseFee + policy.minTip > cap) return undefined;
  const wanted = 2n * baseFee + maxPriorityFeePerGas;
  const maxFeePerGas = wanted < cap ? wanted : cap;
  return {
    maxFeePerGas,
    maxPriorityFeePerGas: maxPriorityFeePerGas < maxFeePerGas ? maxPriorityFeePerGas : maxFeePerGas,
  };
}

/**
 * Fees of a replacement: both fields up by `bumpPercent`, rounded up, or to the current suggestion where that is more.
 * `undefined` when the cap leaves no room for a raise that nodes accept.
 */
export function bumpFees(
  previous: Fees,
  suggested: Fees | undefined,
  policy: FeePolicy,
  urgent: boolean,
): Fees | undefined {
  const cap = capOf(policy, urgent);
  const raise = (value: bigint, percent: bigint): bigint => (value * (100n + percent) + 99n) / 100n;
  const pick = (field: keyof Fees): bigint => {
    const raised = raise(previous[field], policy.bumpPercent);
    const now = suggested?.[field] ?? 0n;
    return raised > now ? raised : now;
  };
  const least = raise(previous.maxFeePerGas, 10n);
  const leastTip = raise(previous.maxPriorityFeePerGas, 10n);
  if (least > cap || leastTip > cap) return undefined;
  const clamp = (value: bigint): bigint => (value < cap ? value : cap);
  const maxFeePerGas = clamp(pick('maxFeePerGas'));
  const tip = pick('maxPriorityFeePerGas');
  return { maxFeePerGas, maxPriorityFeePerGas: tip < maxFeePerGas ? tip : maxFeePerGas };
}
