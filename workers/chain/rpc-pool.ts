import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { throttledWarn } from '../runtime/log-throttle.ts';
import type { Logger } from '../runtime/logger.ts';
import { backoffMs } from '../runtime/retry.ts';
import { parseQuantity } from './chain-values.ts';
import { createRpcNode } from './json-rpc.ts';
import { isNodeTrouble, type NodeState, PoolNode } from './pool-node.ts';
import { type BroadcastAnswer, type Broadcaster, type CallOptions, type Rpc, RpcRejection } from './rpc.ts';

export interface RpcPoolOptions {
  /** HTTP addresses, best first. At least one. */
  readonly urls: readonly string[];
  /** The chain every node must be on. */
  readonly chainId: number;
  /** Milliseconds for one call to one node. Defaults to 8,000. */
  readonly timeoutMs?: number;
  /** Rounds over all nodes before a call fails. Defaults to 4. */
  readonly rounds?: number;
  /** First wait between rounds, milliseconds; doubles. Defaults to 125. */
  readonly backoffMs?: number;
  /** A node this many blocks behind the best leaves the pool. Defaults to 5. */
  readonly maxLagBlocks?: number;
  /** Failures in a row after which a node leaves the pool. Defaults to 3. */
  readonly failureThreshold?: number;
  /** Milliseconds between probes of chain id and head. Defaults to 10,000. */
  readonly probeMs?: number;
}

export interface RpcPoolDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface NodeHealth {
  readonly node: string;
  readonly state: NodeState;
  readonly head: number | undefined;
  readonly lastError: string | undefined;
}

/** Several nodes as one. See `Rpc` and `Broadcaster` for calls. */
export interface RpcPool extends Rpc, Broadcaster {
  /**
   * Checks every node, then keeps probing until `stop`.
   * @throws RemitError CHAIN_ID_MISMATCH when any node is on another chain; RPC_UNREACHABLE when none answers.
   */
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  health(): readonly NodeHealth[];
}

/** A pool that fails over, drops lagging nodes, refuses nodes of another chain, and never waits without a bound. */
export function createRpcPool(options: RpcPoolOptions, { clock, logger }: RpcPoolDeps): RpcPool {
  const {
    urls,
    chainId,
    timeoutMs = 8000,
    rounds = 4,
    maxLagBlocks = 5,
    failureThreshold = 3,
    probeMs = 10_000,
  } = options;
  const backoff = { attempts: rounds, baseMs: options.backoffMs ?? 125, maxMs: 5000 };
  const nodes = urls.map((url) => new PoolNode(createRpcNode({ url, timeoutMs }, { clock }), failureThreshold, clock));
  const warn = throttledWarn(logger, clock, 10_000);
  const lifetime = new AbortController();
  /** By the signals of callers: a message asks several times with the same one. */
  const stops = new WeakMap<AbortSignal, AbortSignal>();
  let probing: Promise<void> = Promise.resolve();

  function stopOf(signal: AbortSignal | undefined): AbortSignal {
    if (!signal) return lifetime.signal;
    const stop = stops.get(signal) ?? AbortSignal.any([signal, lifetime.signal]);
    stops.set(signal, stop);
    return stop;
  }

  function candidates(): PoolNode[] {
    const rank = { alive: 0, lagging: 2, failing: 4, 'wrong-chain': 9 };
    const usable = nodes.filter((node) => !node.wrongChain);
    if (usable.length === 0) throw mismatch(chainId, nodes);
    return usable.toSorted((a, b) => rank[a.state] + Number(a.resting) - rank[b.state] - Number(b.resting));
  }

  async function call(
    method: string,
    params: readonly unknown[],
    { signal, accept }: CallOptions = {},
  ): Promise<unknown> {
    const stop = stopOf(signal);
    const failures = new Map<string, string>();
    let doubt: RemitError | undefined;
    for (let round = 1; ; round++) {
      const asked = candidates();
      let unsupported: RpcRejection | undefined;
      for (const node of asked) {
        stop.throwIfAborted();
        try {
          return await node.call(method, params, stop, accept);
        } catch (error) {
          stop.throwIfAborted();
          if (!isNodeTrouble(error)) throw error;
          if (error instanceof RemitError && error.code === 'RPC_INCONSISTENT') {
            doubt = error;
            warn(
              { node: node.node.name, method, reason: messageOf(error) },
              'node gave an answer that cannot be right',
            );
          }
          if (error instanceof RpcRejection && error.rpcCode === -32601) unsupported = error;
          failures.set(node.node.name, messageOf(error));
        }
      }
      if (unsupported && asked.length === 1) throw unsupported;
      if (round >= rounds) throw doubt ?? unreachable(method, failures);
      await clock.sleep(backoffMs(round, backoff, Math.random()), stop);
    }
  }

  async function probe(node: PoolNode, signal: AbortSignal): Promise<void> {
    try {
      const seen = parseQuantity(await node.call('eth_chainId', [], signal), 'eth_chainId');
      const wrong = seen !== chainId;
      if (wrong && !node.wrongChain)
        logger.error({ node: node.node.name, expected: chainId, seen }, 'node is on another chain');
      node.chainId = seen;
      node.wrongChain = wrong;
      if (!wrong) node.head = parseQuantity(await node.call('eth_blockNumber', [], signal), 'eth_blockNumber');
    } catch (error) {
      signal.throwIfAborted();
      node.lastError = error;
      logger.debug({ node: node.node.name, error }, 'node did not pass its probe');
    }
  }

  async function probeAll(signal: AbortSignal): Promise<void> {
    await Promise.all(nodes.map((node) => probe(node, signal)));
    const best = Math.max(...nodes.map((node) => (node.wrongChain ? 0 : (node.head ?? 0))));
    for (const node of nodes) {
      const lagging = node.head !== undefined && best - node.head > maxLagBlocks;
      if (lagging && !node.lagging)
        logger.warn({ node: node.node.name, head: node.head, best }, 'node lags behind and leaves the pool');
      node.lagging = lagging;
    }
  }

  async function probeForever(): Promise<void> {
    while (!lifetime.signal.aborted) {
      try {
        await clock.sleep(probeMs, lifetime.signal);
        await probeAll(lifetime.signal);
      } catch {
        // Only the end of the pool's lifetime throws here; the loop's condition sees it.
      }
    }
  }

  /** Resolves as soon as one node took it; the others go on in the background, each bounded by its own timeout. */
  function broadcast(raw: string, { signal }: CallOptions = {}): Promise<readonly BroadcastAnswer[]> {
    const stop = stopOf(signal);
    const answers: BroadcastAnswer[] = [];
    const usable = nodes.filter((node) => !node.wrongChain);
    if (usable.length === 0) return Promise.reject(mismatch(chainId, nodes));
    return new Promise((resolve) => {
      for (const node of usable) {
        node.call('eth_sendRawTransaction', [raw], stop).then(
          () => {
            answers.push({ node: node.node.name });
            resolve(answers);
          },
          (error: unknown) => {
            answers.push({ node: node.node.name, error });
            if (answers.length === usable.length) resolve(answers);
          },
        );
      }
    });
  }

  return {
    call,
    broadcast,
    async start(signal) {
      const stop = stopOf(signal);
      await probeAll(stop);
      if (nodes.some((node) => node.wrongChain)) throw mismatch(chainId, nodes);
      if (nodes.every((node) => node.head === undefined)) {
        throw unreachable('eth_chainId', new Map(nodes.map((node) => [node.node.name, messageOf(node.lastError)])));
      }
      probing = probeForever();
    },
    async stop() {
      lifetime.abort(
        new RemitError({
          code: 'STOPPED',
          message: 'the RPC pool was stopped',
          fix: 'nothing: the message runs again after the next start',
          retryable: true,
        }),
      );
      await probing;
    },
    health: () =>
      nodes.map((node) => ({
        node: node.node.name,
        state: node.state,
        head: node.head,
        lastError: node.lastError === undefined ? undefined : messageOf(node.lastError),
      })),
  };
}

function mismatch(expected: number, nodes: readonly PoolNode[]): RemitError {
  const wrong = nodes
    .filter((node) => node.wrongChain)
    .map((node) => `${node.node.name} is on chain ${node.chainId ?? 'unknown'}`);
  return new RemitError({
    code: 'CHAIN_ID_MISMATCH',
    message: `expected chain ${expected}, but ${wrong.join(', ')}`,
    fix: `give RPC addresses of chain ${expected}, or set the chain id to the chain you mean`,
    context: { expected, wrong },
  });
}

function unreachable(method: string, failures: ReadonlyMap<string, string>): RemitError {
  return new RemitError({
    code: 'RPC_UNREACHABLE',
    message: `${method}: no RPC node answered (${[...failures.values()].join('; ')})`,
    fix: 'check that the RPC nodes run and can be reached from this machine; add a second one',
    retryable: true,
    context: { method, failures: Object.fromEntries(failures) },
  });
}
