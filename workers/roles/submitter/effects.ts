import type { Receipt } from '../../chain/chain-values.ts';
import type { GasEstimator } from '../../chain/gas-estimate.ts';
import type { RevertReason } from '../../chain/revert-reason.ts';
import type { TransactionRecord } from '../../chain/transaction-journal.ts';
import type { SendOutcome, TxManager } from '../../chain/tx-manager.ts';
import type { Address, Hex } from '../../protocol/ids.ts';

export interface EffectRequest {
  /** Names the effect for ever. */
  readonly key: string;
  readonly to: Address;
  readonly data: Hex;
  /** Wei. Defaults to 0. */
  readonly value?: bigint;
  /** The gas limit for an estimate; the estimate has its margin already. */
  readonly gasLimit: (estimate: bigint) => bigint;
  /** See `EstimatedCall.shape`. */
  readonly shape?: string;
  /** Last second of chain time in which it is of use. */
  readonly deadline?: number;
  readonly urgent?: boolean;
  /** Second of chain time from which on it is urgent. */
  readonly urgentFrom?: number;
  /** Whether a transaction that was mined and not refused has had the effect. Without it, every one has. */
  readonly hasHappened?: (receipt: Receipt) => boolean;
}

export interface EffectsDeps {
  readonly tx: Pick<TxManager, 'send'>;
  readonly estimate: GasEstimator['estimate'];
  readonly find: (key: string) => TransactionRecord | undefined;
}

export interface EffectResult {
  readonly outcome: SendOutcome;
  /** When the transaction was first signed and given to the nodes, local milliseconds; undefined when it never was. */
  readonly sentAtMs: number | undefined;
}

/** Sends calls to contracts, each effect once. */
export interface Effects {
  /** Throws what `TxManager.send` throws. */
  send(request: EffectRequest, signal: AbortSignal): Promise<EffectResult>;
  /** Waits for what was signed under this key before, and signs nothing; undefined when nothing was. */
  resume(key: string, signal: AbortSignal): Promise<EffectResult | undefined>;
}

/** Transactions that one effect may need: each one before was mined and refused, or without effect, because of a reorg for example. */
const TRIES = 8;

/**
 * A transaction manager gives a key one transaction for ever. An effect whose transaction was mined and refused, or mined
 * without effect, may be due again after a reorg, so it then gets the next key: `<key>`, `<key>-2`, …
 */
export function createEffects({ tx, estimate, find }: EffectsDeps): Effects {
  const keyOf = (key: string, n: number): string => (n === 1 ? key : `${key}-${n}`);

  async function attempt(request: EffectRequest, key: string, signal: AbortSignal): Promise<EffectResult> {
    const { to, data, value = 0n, gasLimit, deadline, shape, urgent = false, urgentFrom } = request;
    const trial = await estimate({ to, data, value, ...(shape !== undefined && { shape }) }, signal);
    if (!trial.ok) return { outcome: wouldRevert(trial.reason), sentAtMs: undefined };
    const limits = {
      gasLimit: gasLimit(trial.gas),
      simulate: 'none',
      ...(deadline !== undefined && { deadline }),
      ...(urgentFrom !== undefined && { urgentFrom }),
    } as const;
    const outcome = await tx.send({ to, data, value, key, urgent, ...limits }, signal);
    return { outcome, sentAtMs: find(key)?.attempts[0]?.signedAt };
  }

  async function again({ key, intent, attempts }: TransactionRecord, signal: AbortSignal): Promise<EffectResult> {
    const { to, data, value } = intent;
    return { outcome: await tx.send({ to, data, value, key }, signal), sentAtMs: attempts[0]?.signedAt };
  }

  return {
    async send(request, signal) {
      for (let n = 1; ; n++) {
        const key = keyOf(request.key, n);
        const before = find(key);
        if (!before) return attempt(request, key, signal);
        const result = await again(before, signal);
        const { outcome } = result;
        // Whoever had to wait for it looks at the chain again before there is another.
        const isOver =
          outcome.status === 'mined' &&
          (before.status === 'pending' || (request.hasHappened?.(outcome.receipt) ?? true));
        if (isOver || n >= TRIES) return result;
      }
    },
    async resume(key, signal) {
      let result: EffectResult | undefined;
      for (let n = 1; n <= TRIES && result?.outcome.status !== 'mined'; n++) {
        const before = find(keyOf(key, n));
        if (!before) break;
        result = await again(before, signal);
      }
      return result;
    },
  };
}

function wouldRevert(reason: RevertReason): SendOutcome {
  return { status: 'abandoned', why: 'would-revert', reason };
}
