import type { Hex } from '../protocol/ids.ts';
import { RemitError } from '../runtime/errors.ts';
import { type BlockHeader, parseBig, toQuantity } from './chain-values.ts';
import { type FeePolicy, type Fees, suggestFees } from './fees.ts';
import { withGasMargin } from './gas-estimate.ts';
import { plainReason, revertDataOf, type RevertReason } from './revert-reason.ts';
import type { Rpc } from './rpc.ts';
import { newest, type TransactionIntent, type TransactionRecord } from './transaction-journal.ts';

export interface TxPreparerOptions {
  readonly from: string;
  readonly fees: FeePolicy;
}

export interface TxPreparerDeps {
  readonly rpc: Rpc;
  /** Names a contract's error. Defaults to what every contract can throw. */
  readonly explain?: (data: Hex) => RevertReason;
}

export type Simulation =
  { readonly ok: true; readonly gasLimit: bigint } | { readonly ok: false; readonly reason: RevertReason };

/** Everything that is asked before a transaction is signed, and why it failed afterwards. */
export interface TxPreparer {
  /** Runs the call without sending it, so that a refusal costs no gas; finds the gas limit when none is given. */
  simulate(
    call: Omit<TransactionIntent, 'gasLimit'>,
    gasLimit: bigint | undefined,
    block: 'latest' | 'pending',
    signal: AbortSignal,
  ): Promise<Simulation>;
  /** @throws RemitError FEE_ABOVE_CAP */
  fees(head: BlockHeader, urgent: boolean, signal: AbortSignal): Promise<Fees>;
  /** @throws RemitError SIGNER_NO_GAS when `needed` and everything under way may cost more than the `has` wei there are. */
  checkFunds(has: bigint, needed: bigint, open: readonly TransactionRecord[]): void;
  /** Whether `has` wei pay for `needed` and everything under way. */
  covers(has: bigint, needed: bigint, open: readonly TransactionRecord[]): boolean;
  balance(signal: AbortSignal): Promise<bigint>;
  /** The balance as first read after `head` was seen: what is sent between two blocks shares one call. */
  balanceAt(head: BlockHeader, signal: AbortSignal): Promise<bigint>;
  /** Why a mined transaction was refused: the call again, on the block it was mined in and the one before. */
  postMortem(intent: TransactionIntent, block: number, signal: AbortSignal): Promise<RevertReason>;
}

export function createTxPreparer(
  { from, fees: policy }: TxPreparerOptions,
  { rpc, explain = plainReason }: TxPreparerDeps,
): TxPreparer {
  const asCall = ({ to, data, value }: Omit<TransactionIntent, 'gasLimit'>, gasLimit?: bigint): object => ({
    from,
    to,
    data,
    value: toQuantity(value),
    ...(gasLimit !== undefined && { gas: toQuantity(gasLimit) }),
  });

  async function balance(signal: AbortSignal): Promise<bigint> {
    return parseBig(await rpc.call('eth_getBalance', [from, 'latest'], { signal }), 'eth_getBalance');
  }

  const tip = oncePerBlock((signal) =>
    rpc
      .call('eth_maxPriorityFeePerGas', [], { signal })
      .then((value) => parseBig(value, 'eth_maxPriorityFeePerGas'))
      .catch(() => {
        signal.throwIfAborted();
        return policy.minTip;
      }),
  );

  return {
    balance,
    balanceAt: oncePerBlock(balance),
    async simulate(intent, gasLimit, block, signal) {
      try {
        const call = asCall(intent, gasLimit);
        await rpc.call('eth_call', [call, block], { signal });
        if (gasLimit !== undefined) return { ok: true, gasLimit };
        const estimate = parseBig(await rpc.call('eth_estimateGas', [call, block], { signal }), 'eth_estimateGas');
        return { ok: true, gasLimit: withGasMargin(estimate) };
      } catch (error) {
        const data = revertDataOf(error);
        if (data === undefined) throw error;
        return { ok: false, reason: explain(data) };
      }
    },
    async fees(head, urgent, signal) {
      const suggested = suggestFees(head.baseFeePerGas, await tip(head, signal), policy, urgent);
      if (!suggested) throw aboveCap(head, urgent ? policy.urgentMaxFeeCap : policy.maxFeeCap);
      return suggested;
    },
    covers: (has, needed, open) => has >= needed + reservedBy(open),
    checkFunds(has, needed, open) {
      const reserved = reservedBy(open);
      if (has < needed + reserved) throw noGas(from, has, needed, reserved);
    },
    async postMortem(intent, block, signal) {
      for (const at of [block, block - 1]) {
        try {
          await rpc.call('eth_call', [asCall(intent, intent.gasLimit), toQuantity(at)], { signal });
        } catch (error) {
          signal.throwIfAborted();
          const data = revertDataOf(error);
          if (data !== undefined) return explain(data);
        }
      }
      return {
        data: '0x',
        name: undefined,
        args: {},
        message: 'refused when it was mined, and not when tried again on the same block',
      };
    },
  };
}

/** Asks once for each block; a failure is not remembered. */
function oncePerBlock<T>(
  ask: (signal: AbortSignal) => Promise<T>,
): (head: BlockHeader, signal: AbortSignal) => Promise<T> {
  let known: { readonly hash: string; readonly value: Promise<T> } | undefined;
  return ({ hash }, signal) => {
    if (known?.hash === hash) return known.value;
    const asked = { hash, value: ask(signal) };
    asked.value.catch(() => {
      if (known === asked) known = undefined;
    });
    known = asked;
    return asked.value;
  };
}

/** The most that a transaction can cost, wei. */
function costOf(record: TransactionRecord): bigint {
  return record.intent.gasLimit * newest(record).maxFeePerGas + record.intent.value;
}

/** The most that everything under way can cost, wei. */
export function reservedBy(open: readonly TransactionRecord[]): bigint {
  return open.reduce((sum, record) => (record.status === 'pending' ? sum + costOf(record) : sum), 0n);
}

function aboveCap(head: BlockHeader, cap: bigint): RemitError {
  return new RemitError({
    code: 'FEE_ABOVE_CAP',
    message: `gas costs ${head.baseFeePerGas} wei, more than the cap of ${cap}`,
    fix: 'wait for cheaper gas, or raise the fee cap; nothing was sent and no nonce was used',
    retryable: true,
    context: { baseFee: String(head.baseFeePerGas), cap: String(cap) },
  });
}

function noGas(address: string, has: bigint, needed: bigint, reserved: bigint): RemitError {
  return new RemitError({
    code: 'SIGNER_NO_GAS',
    message: `${address} has ${has} wei; this transaction may need ${needed}, those under way ${reserved}`,
    fix: `send at least ${needed + reserved - has} wei of the chain's currency to ${address}; nothing was sent and no nonce was used`,
    retryable: true,
    context: { address, has: String(has), needed: String(needed), reserved: String(reserved) },
  });
}
