import { Agent, request } from 'undici';
import { withTimeout } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { nodeName, RpcRejection } from './rpc.ts';

/** One JSON-RPC node over HTTP. One call per request, no caching, no retries, no unbounded wait. */
export interface RpcNode {
  /** Shown in messages; carries no key. */
  readonly name: string;
  call(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
}

/** Calls to one node at once; more wait for their turn. Without a bound a busy worker opens a connection for each. */
const CONNECTIONS_MAX = 64;
const agent = new Agent({ connections: CONNECTIONS_MAX });

export interface RpcNodeOptions {
  readonly url: string;
  /** Milliseconds until a call is given up. */
  readonly timeoutMs: number;
  /** Answers larger than this are cut off, bytes. Defaults to 64 MiB. */
  readonly maxAnswerBytes?: number;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown } | null;
}

/**
 * `call` throws `RpcRejection` for an error answered by the node, and otherwise a retryable RemitError: `TIMEOUT`, or
 * `RPC_NODE_FAILED` with `context.retryAfterMs` when the node asked for patience.
 */
export function createRpcNode(
  { url, timeoutMs, maxAnswerBytes = 64 << 20 }: RpcNodeOptions,
  { clock }: { clock: Clock },
): RpcNode {
  const name = nodeName(url);
  let nextId = 1;

  async function post(body: string, signal: AbortSignal): Promise<string> {
    // Not `fetch`: its streams and headers cost more than the calls themselves. Redirects are not followed.
    const answer = await request(url, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    // Nodes answer JSON-RPC errors with 200 or with 400; the body decides. Everything else is trouble on the way.
    const { statusCode: status } = answer;
    if ((status < 200 || status > 299) && status !== 400) {
      await answer.body.dump();
      throw failed(name, `HTTP ${status}`, { status, ...retryAfter(answer.headers['retry-after']) });
    }
    return readCapped(answer.body, maxAnswerBytes, name);
  }

  return {
    name,
    async call(method, params, signal) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: nextId++, method, params });
      const text = await withTimeout(
        timeoutMs,
        (limit) =>
          post(body, limit).catch((error: unknown) => {
            limit.throwIfAborted();
            throw error instanceof RemitError ? error : failed(name, reasonOf(error), {}, error);
          }),
        { clock, what: `${method} from ${name}`, ...(signal && { signal }) },
      );
      const answer = parse(text, name);
      if (answer.error != null) {
        const { code, message, data } = answer.error;
        throw new RpcRejection({
          method,
          node: name,
          code: typeof code === 'number' ? code : 0,
          message: String(message),
          data,
        });
      }
      if (answer.result === undefined) throw failed(name, 'an answer with neither result nor error');
      return answer.result;
    },
  };
}

async function readCapped(body: AsyncIterable<Uint8Array>, cap: number, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > cap) throw failed(name, `an answer of more than ${cap} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, name: string): Answer {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
  } catch {
    // Reported below, together with JSON that is not an object.
  }
  throw failed(name, `not a JSON-RPC answer: ${text.slice(0, 80)}`);
}

function retryAfter(header: string | string[] | undefined): { retryAfterMs?: number } {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
}

/** The system's own code says more than the message of whoever hit upon it. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
}

function failed(
  name: string,
  what: string,
  context: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): RemitError {
  return new RemitError({
    code: 'RPC_NODE_FAILED',
    message: `node ${name}: ${what}`,
    fix: 'check that the node runs and that its address and key are right',
    retryable: true,
    context: { node: name, ...context },
    cause,
  });
}
