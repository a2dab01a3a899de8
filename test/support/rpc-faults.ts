import type { Anvil } from './anvil.ts';
import { type Fault, type RpcProxy, seededChance } from './rpc-proxy.ts';

/** How often calls of a method go wrong, and how. */
export interface FaultRate {
  /** Part of the calls, 0 to 1. */
  readonly rate: number;
  readonly faults: readonly Fault[];
}

/** Faults by method, `*` for all others; which call fails how follows from seed, method and the number of the call alone. */
export function seedFaults(proxy: RpcProxy, seed: number, rates: Readonly<Record<string, FaultRate>>): void {
  for (const [method, { rate, faults }] of Object.entries(rates)) {
    proxy.fault(method, (request, seen) => {
      const own = Array.from(request.method).reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed);
      if (seededChance(own, 2 * seen) >= rate) return undefined;
      return faults[Math.floor(seededChance(own, 2 * seen + 1) * faults.length)];
    });
  }
}

/** Every trouble that a node on the way may make, besides answering something false. */
export const TROUBLES: readonly Fault[] = [
  { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  { kind: 'status', status: 502, body: '<html>' },
  { kind: 'drop' },
  { kind: 'hang' },
  { kind: 'result', result: { hash: '0x1' } },
  { kind: 'result', result: 'nonsense' },
  { kind: 'error', code: -32000, message: 'header not found' },
  { kind: 'error', code: -32603, message: 'internal error' },
];

/** The node stays `blocks` behind the chain, and knows nothing of what came later. */
export function lagBehind(proxy: RpcProxy, anvil: Anvil, blocks: number): void {
  const head = async (): Promise<number> => Math.max(0, (await anvil.blockNumber()) - blocks);
  const hex = (value: number): string => `0x${value.toString(16)}`;
  proxy.fault('eth_blockNumber', () => ({
    kind: 'rewrite',
    rewrite: (number) => hex(Math.max(0, Number(number) - blocks)),
  }));
  proxy.fault('eth_getBlockByNumber', ({ params }) =>
    params[0] === 'latest' ? { kind: 'instead', params: async () => [hex(await head()), false] } : undefined,
  );
}

/** Flips one bit in the last byte of every log's data, in logs and in receipts. */
export function alterData(proxy: RpcProxy): void {
  const flip = (data: string): string => {
    if (data.length < 4) return data;
    const last = Number.parseInt(data.slice(-2), 16) ^ 1;
    return `${data.slice(0, -2)}${last.toString(16).padStart(2, '0')}`;
  };
  alterLogs(proxy, (logs) => logs.map((log) => ({ ...log, data: flip(log.data) })));
}

export interface JsonLog {
  readonly data: string;
  readonly logIndex: string;
}

/** Answers about logs, by filter and by receipts, as `alter` makes them. */
export function alterLogs(proxy: RpcProxy, alter: (logs: readonly JsonLog[]) => readonly JsonLog[]): void {
  proxy.fault('eth_getLogs', () => ({ kind: 'rewrite', rewrite: (logs) => alter(logs as readonly JsonLog[]) }));
  proxy.fault('eth_getBlockReceipts', () => ({
    kind: 'rewrite',
    rewrite: (receipts) =>
      (receipts as readonly { readonly logs: readonly JsonLog[] }[]).map((receipt) => ({
        ...receipt,
        logs: alter(receipt.logs),
      })),
  }));
}
