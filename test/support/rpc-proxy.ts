import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { keccak256 } from 'ethers';

export interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What happens to one call instead of (or after) forwarding it. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly data?: unknown }
  | { readonly kind: 'result'; readonly result: unknown }
  /** Forwards the call with other parameters. */
  | { readonly kind: 'instead'; readonly params: () => Promise<readonly unknown[]> }
  /** Forwards the call this much later, milliseconds. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'rewrite'; readonly rewrite: (result: unknown) => unknown }
  /** Forwards the call; whatever the node says of a transaction, its hash is answered as if it were new. */
  | { readonly kind: 'accept' }
  /** Forwards the call, then answers with an error: the node did it, the caller does not know. */
  | { readonly kind: 'lost-answer'; readonly code: number; readonly message: string };

export type FaultRule = (request: RpcRequest, seen: number) => Fault | undefined;

export interface RpcProxy {
  readonly url: string;
  /** Calls seen, by method. */
  readonly calls: ReadonlyMap<string, number>;
  /** Sets the rule for a method (`*` for all); `undefined` removes it. */
  fault(method: string, rule: FaultRule | undefined): void;
  stop(): Promise<void>;
}

/** Uniform in [0, 1), the same for the same seed and call: a seed replays. */
export function seededChance(seed: number, nth: number): number {
  let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(nth + 1, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** A JSON-RPC proxy in front of `target` that misbehaves as told, method by method. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const rules = new Map<string, FaultRule>();
  const calls = new Map<string, number>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const call = JSON.parse(body) as RpcRequest;
    const seen = calls.get(call.method) ?? 0;
    calls.set(call.method, seen + 1);
    const fault = (rules.get(call.method) ?? rules.get('*'))?.(call, seen);
    const answer = (fields: object): void => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...fields }));
    };
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'drop') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    if (fault?.kind === 'error') {
      answer({ error: { code: fault.code, message: fault.message, data: fault.data } });
      return;
    }
    if (fault?.kind === 'result') {
      answer({ result: fault.result });
      return;
    }
    if (fault?.kind === 'delay') await later(fault.ms);
    const forwarded = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: fault?.kind === 'instead' ? JSON.stringify({ ...call, params: await fault.params() }) : body,
    });
    const reply = (await forwarded.json()) as { result?: unknown; error?: unknown };
    if (fault?.kind === 'lost-answer') answer({ error: { code: fault.code, message: fault.message } });
    else if (fault?.kind === 'accept') answer({ result: keccak256(String(call.params[0])) });
    else if (reply.error !== undefined) answer({ error: reply.error });
    else answer({ result: fault?.kind === 'rewrite' ? fault.rewrite(reply.result) : reply.result });
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fault(method, rule) {
      if (rule) rules.set(method, rule);
      else rules.delete(method);
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
