import type { Hex } from '../protocol/ids.ts';
import { parseBig } from './chain-values.ts';
import { plainReason, revertDataOf, type RevertReason } from './revert-reason.ts';
import type { Rpc } from './rpc.ts';

export interface EstimatedCall {
  readonly to: string;
  readonly data: Hex;
}

export type GasEstimate =
  { readonly ok: true; readonly gas: bigint } | { readonly ok: false; readonly reason: RevertReason };

export interface GasEstimator {
  /** What the call needs at the newest block, with a fifth on top, or why it would be refused. Throws what `rpc` throws. */
  estimate(call: EstimatedCall, signal: AbortSignal): Promise<GasEstimate>;
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

  return {
    async estimate({ to, data }, signal) {
      const call = { from, to, data };
      try {
        const gas = parseBig(await rpc.call('eth_estimateGas', [call, 'latest'], { signal }), 'eth_estimateGas');
        // The state may have changed by the time it is mined. What is not used is not paid.
        return { ok: true, gas: (gas * 6n) / 5n };
      } catch (error) {
        return { ok: false, reason: await reasonOf(error, call, signal) };
      }
    },
  };
}
