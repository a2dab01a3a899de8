import type { Hex } from '../protocol/ids.ts';
import { parseBig, toQuantity } from './chain-values.ts';
import { plainReason, revertDataOf, type RevertReason } from './revert-reason.ts';
import { type Rpc, RpcRejection } from './rpc.ts';

export interface EstimatedCall {
  readonly to: string;
  readonly data: Hex;
  /** Wei. Defaults to 0. */
  readonly value?: bigint;
  /**
   * Calls of one shape need about the same gas: once one was estimated, the next are only tried out with what it needed,
   * which costs the node one run instead of a search. Not for calls that do less when they get less gas.
   */
  readonly shape?: string;
}

export type GasEstimate =
  { readonly ok: true; readonly gas: bigint } | { readonly ok: false; readonly reason: RevertReason };

export interface GasEstimator {
  /** What the call needs at the newest block, with a margin on top, or why it would be refused. Throws what `rpc` throws. */
  estimate(call: EstimatedCall, signal: AbortSignal): Promise<GasEstimate>;
}

/** Shapes remembered. */
const MAX_SHAPES = 256;
/**
 * Three slots that were written before when it was estimated, and are empty when it is mined: a balance that its owner has
 * taken out, the first entry of an epoch. Each costs 17,100 more (EIP-2929).
 */
const FRESH_SLOTS = 51_300n;

/** Gas limit for an estimate: the state may change until it is mined. What is not used is not paid. */
export function withGasMargin(estimate: bigint): bigint {
  return (estimate * 6n) / 5n + FRESH_SLOTS;
}

/** One call to the node: an estimate also tries the call out. Only a refusal without its data costs a second one. */
export function createGasEstimator(
  { from }: { readonly from: string },
  { rpc, explain = plainReason }: { readonly rpc: Rpc; readonly explain?: (data: Hex) => RevertReason },
): GasEstimator {
  async function reasonOf(error: unknown, call: object, signal: AbortSignal): Promise<RevertReason> {
    const data = revertDataOf(error);
    if (data === undefined) throw error;
    if (data !== '0x') return explain(data);
    try {
      await rpc.call('eth_call', [call, 'latest'], { signal });
      return explain(data);
    } catch (second) {
      return explain(revertDataOf(second) ?? data);
    }
  }

  const needs = new Map<string, bigint>();

  function learn(shape: string, gas: bigint): void {
    if (needs.size >= MAX_SHAPES) needs.clear();
    needs.set(shape, gas);
  }

  /** True when the call works with less than `gas`, so that a margin is left. Whatever goes wrong, an estimate explains. */
  async function suffices(gas: bigint, call: object, signal: AbortSignal): Promise<boolean> {
    try {
      await rpc.call('eth_call', [{ ...call, gas: toQuantity(((gas - FRESH_SLOTS) * 10n) / 11n) }, 'latest'], {
        signal,
      });
      return true;
    } catch (error) {
      if (revertDataOf(error) === undefined && !(error instanceof RpcRejection)) throw error;
      return false;
    }
  }

  return {
    async estimate({ to, data, value = 0n, shape }, signal) {
      const call = { from, to, data, ...(value > 0n && { value: toQuantity(value) }) };
      const known = shape === undefined ? undefined : needs.get(shape);
      if (known !== undefined && (await suffices(known, call, signal))) return { ok: true, gas: known };
      try {
        const gas = parseBig(await rpc.call('eth_estimateGas', [call, 'latest'], { signal }), 'eth_estimateGas');
        const limit = withGasMargin(gas);
        if (shape !== undefined) learn(shape, limit);
        return { ok: true, gas: limit };
      } catch (error) {
        return { ok: false, reason: await reasonOf(error, call, signal) };
      }
    },
  };
}
