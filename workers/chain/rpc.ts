import { RemitError } from '../runtime/errors.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Throws for an answer that cannot be right: then another node is asked. */
  readonly accept?: (result: unknown) => void;
}

/** What the readers of the chain need of a pool of nodes. */
export interface Rpc {
  /** The `result` of one JSON-RPC call. @throws RpcRejection when a node answered with an error; RemitError RPC_UNREACHABLE. */
  call(method: string, params: readonly unknown[], options?: CallOptions): Promise<unknown>;
}

/** What one node said to a raw transaction. */
export interface BroadcastAnswer {
  readonly node: string;
  /** Absent when the node took it. */
  readonly error?: unknown;
}

export interface Broadcaster {
  /** Hands a raw signed transaction to every usable node. Never throws for what a node says; see the answers. */
  broadcast(raw: string, options?: CallOptions): Promise<readonly BroadcastAnswer[]>;
}

/** A node that is behind, in the middle of a reorg, or has pruned the state: the next answer may be another one. */
const STATE_AWAY =
  /header not found|(unknown|missing) block|block (is )?(not found|out of range)|BlockOutOfRange|could not find block|missing trie node|state (is )?(not|un)available/i;

/** A node understood the call and answered with an error: asking another node rarely helps. */
export class RpcRejection extends RemitError {
  readonly rpcCode: number;
  readonly data: unknown;

  constructor({
    method,
    node,
    code,
    message,
    data,
  }: {
    method: string;
    node: string;
    code: number;
    message: string;
    data?: unknown;
  }) {
    super({
      code: 'RPC_REJECTED',
      message: `${method}: node ${node} answered ${code}: ${message}`,
      fix: "read the node's message: it names what it did not accept",
      retryable: STATE_AWAY.test(message),
      context: { method, node, rpcCode: code, rpcMessage: message },
    });
    this.rpcCode = code;
    this.data = data;
  }

  /** The node's own words. */
  get reason(): string {
    return String(this.context['rpcMessage']);
  }
}

/** A node's answer contradicts itself, another answer, or the protocol. Asking again later, or another node, may help. */
export function inconsistent(message: string, context: Readonly<Record<string, unknown>> = {}): RemitError {
  return new RemitError({
    code: 'RPC_INCONSISTENT',
    message,
    fix: 'nothing, if it passes; otherwise one of the RPC nodes is broken: remove it from the list',
    retryable: true,
    context,
  });
}

/** How a node is named in messages: RPC addresses carry keys in path, query and user part, so those are not shown. */
export function nodeName(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
