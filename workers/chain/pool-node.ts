import type { Clock } from '../runtime/clock.ts';
import { RemitError } from '../runtime/errors.ts';
import type { RpcNode } from './json-rpc.ts';
import { RpcRejection } from './rpc.ts';

/** `alive` nodes are asked first, `lagging` and `failing` ones only when no other is left, `wrong-chain` ones never. */
export type NodeState = 'alive' | 'lagging' | 'failing' | 'wrong-chain';

/** A node of the pool and what is known about its health. Failures push it back; a good probe brings it forward. */
export class PoolNode {
  readonly node: RpcNode;
  readonly #failureThreshold: number;
  readonly #clock: Clock;
  #failures = 0;
  #restUntil = 0;
  /** Last head seen; `undefined` until a probe succeeded. */
  head: number | undefined;
  chainId: number | undefined;
  lagging = false;
  wrongChain = false;
  lastError: unknown;

  constructor(node: RpcNode, failureThreshold: number, clock: Clock) {
    this.node = node;
    this.#failureThreshold = failureThreshold;
    this.#clock = clock;
  }

  get state(): NodeState {
    if (this.wrongChain) return 'wrong-chain';
    if (this.#failures >= this.#failureThreshold) return 'failing';
    return this.lagging ? 'lagging' : 'alive';
  }

  /** True while the node asked to be left alone (`Retry-After`). */
  get resting(): boolean {
    return this.#clock.now() < this.#restUntil;
  }

  /** One call, with the outcome counted. An answer for which `accept` throws is a failure. */
  async call(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    accept?: (result: unknown) => void,
  ): Promise<unknown> {
    try {
      const result = await this.node.call(method, params, signal);
      accept?.(result);
      this.#failures = 0;
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      if (isNodeTrouble(error)) this.#failed(error);
      else this.#failures = 0;
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    this.lastError = error;
    const wait = error instanceof RemitError ? error.context['retryAfterMs'] : undefined;
    if (typeof wait === 'number') this.#restUntil = this.#clock.now() + Math.min(wait, 60_000);
  }
}

const RATE_LIMIT = /rate.?limit|too many requests|exceeded.*(quota|capacity|compute units)|request limit/i;

/** True when another node may well do better: transport, HTTP status, rate limit, unsupported or internal failure. */
export function isNodeTrouble(error: unknown): boolean {
  if (!(error instanceof RpcRejection)) return true;
  return [429, -32005, -32601, -32603].includes(error.rpcCode) ? !isRevert(error) : RATE_LIMIT.test(error.reason);
}

/** Some nodes answer reverted calls with the code of internal errors. */
function isRevert(error: RpcRejection): boolean {
  return (
    /revert|out of gas|invalid opcode/i.test(error.reason) ||
    (error.rpcCode === -32005 && /range|results|block/i.test(error.reason))
  );
}
