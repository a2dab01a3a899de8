import { Wallet } from 'ethers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RpcRejection } from '../../../workers/chain/rpc.ts';
import { createRpcPool, type RpcPool, type RpcPoolOptions } from '../../../workers/chain/rpc-pool.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { type RpcProxy, startRpcProxy } from '../../support/rpc-proxy.ts';
import { until } from '../../support/until.ts';

let anvil: Anvil;
let good: RpcProxy;
let bad: RpcProxy;
const pools: RpcPool[] = [];

beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());
beforeEach(async () => {
  good = await startRpcProxy(anvil.url);
  bad = await startRpcProxy(anvil.url);
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
  await Promise.all([good.stop(), bad.stop()]);
});

function open(options: Partial<RpcPoolOptions> = {}): RpcPool {
  const pool = createRpcPool(
    // Only a node that hangs may run into the limit: a good one that is slow for a moment would be passed over.
    { urls: [bad.url, good.url], chainId: 31337, timeoutMs: 10_000, rounds: 2, backoffMs: 5, probeMs: 30, ...options },
    { clock: systemClock, logger: silentLogger },
  );
  pools.push(pool);
  return pool;
}

const stateOf = (pool: RpcPool, proxy: RpcProxy): string | undefined =>
  pool.health().find(({ node }) => proxy.url.startsWith(node))?.state;

describe('failing over', () => {
  it.each([
    { kind: 'status', status: 429, headers: { 'retry-after': '1' } } as const,
    { kind: 'status', status: 503 } as const,
    { kind: 'status', status: 200, body: '<html>' } as const,
    { kind: 'status', status: 200, body: '[]' } as const,
    { kind: 'status', status: 200, body: '{}' } as const,
    { kind: 'drop' } as const,
    { kind: 'hang' } as const,
    { kind: 'error', code: -32005, message: 'rate limit reached' } as const,
    { kind: 'error', code: -32601, message: 'Method not found' } as const,
    { kind: 'error', code: -32603, message: 'internal error' } as const,
  ])('asks the next node after $kind $status $code $body', async (fault) => {
    bad.fault('eth_blockNumber', () => fault);
    const pool = open(fault.kind === 'hang' ? { timeoutMs: 2_000 } : {});
    expect(await pool.call('eth_blockNumber', [])).toBe('0x0');
  });

  it('asks a node that failed often only when no other is left', async () => {
    bad.fault('eth_gasPrice', () => ({ kind: 'drop' }));
    const pool = open({ failureThreshold: 2, probeMs: 60_000 });
    for (let i = 0; i < 6; i++) await pool.call('eth_gasPrice', []);
    expect(bad.calls.get('eth_gasPrice')).toBe(2);
    expect(stateOf(pool, bad)).toBe('failing');
    good.fault('eth_gasPrice', () => ({ kind: 'drop' }));
    bad.fault('eth_gasPrice', undefined);
    expect(await pool.call('eth_gasPrice', [])).toMatch(/^0x/);
    expect(stateOf(pool, bad)).toBe('alive');
  });

  it('leaves a node alone for as long as it asked', async () => {
    bad.fault('eth_gasPrice', () => ({ kind: 'status', status: 429, headers: { 'retry-after': '30' } }));
    const pool = open();
    for (let i = 0; i < 5; i++) await pool.call('eth_gasPrice', []);
    expect(bad.calls.get('eth_gasPrice')).toBe(1);
  });

  it('does not ask again what a node has refused', async () => {
    const pool = open();
    const refused = await pool
      .call('eth_getLogs', [{ blockHash: `0x${'11'.repeat(32)}` }])
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RpcRejection);
    expect(refused).toMatchObject({ code: 'RPC_REJECTED', rpcCode: -32000, reason: 'unknown block', retryable: true });
    expect(good.calls.get('eth_getLogs')).toBeUndefined();
  });

  it('says which node failed how, without its key, when all of them do', async () => {
    for (const proxy of [good, bad]) proxy.fault('*', () => ({ kind: 'status', status: 500 }));
    const failed = await open({ urls: [`${bad.url}/v2/secret-key`, good.url] })
      .call('eth_blockNumber', [])
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'RPC_UNREACHABLE', retryable: true });
    expect(JSON.stringify(failed)).not.toContain('secret-key');
    expect(String(failed)).toContain('HTTP 500');
  });

  it('reports an unsupported method of the only node as what it is', async () => {
    bad.fault('eth_x', () => ({ kind: 'error', code: -32601, message: 'Method not found' }));
    await expect(open({ urls: [bad.url] }).call('eth_x', [])).rejects.toMatchObject({ code: 'RPC_REJECTED' });
  });

  it('ends a call when its signal aborts', async () => {
    for (const proxy of [good, bad]) proxy.fault('*', () => ({ kind: 'hang' }));
    const stop = new AbortController();
    const call = open({ timeoutMs: 20_000 }).call('eth_blockNumber', [], { signal: stop.signal });
    await until(() => bad.calls.get('eth_blockNumber') === 1);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });
});

describe('start', () => {
  it('refuses a node of another chain', async () => {
    bad.fault('eth_chainId', () => ({ kind: 'result', result: '0x5' }));
    await expect(open().start()).rejects.toMatchObject({
      code: 'CHAIN_ID_MISMATCH',
      message: expect.stringContaining('is on chain 5') as string,
    });
  });

  it('refuses when no node answers, and starts when one of two does', async () => {
    bad.fault('*', () => ({ kind: 'drop' }));
    await expect(open({ urls: [bad.url] }).start()).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    const pool = open();
    await pool.start();
    expect(stateOf(pool, good)).toBe('alive');
  });
});

describe('while running', () => {
  it('never asks a node again that moved to another chain, until it is back', async () => {
    const pool = open();
    await pool.start();
    bad.fault('eth_chainId', () => ({ kind: 'result', result: '0x5' }));
    await until(() => stateOf(pool, bad) === 'wrong-chain');
    const asked = bad.calls.get('eth_gasPrice') ?? 0;
    await pool.call('eth_gasPrice', []);
    expect(bad.calls.get('eth_gasPrice') ?? 0).toBe(asked);
    good.fault('eth_chainId', () => ({ kind: 'result', result: '0x5' }));
    await until(() => stateOf(pool, good) === 'wrong-chain');
    await expect(pool.call('eth_gasPrice', [])).rejects.toMatchObject({ code: 'CHAIN_ID_MISMATCH' });
    await expect(pool.broadcast('0x00')).rejects.toMatchObject({ code: 'CHAIN_ID_MISMATCH' });
    bad.fault('eth_chainId', undefined);
    await until(() => stateOf(pool, bad) === 'alive');
  });

  it('puts a lagging node last', async () => {
    await anvil.mine(20);
    bad.fault('eth_blockNumber', () => ({ kind: 'result', result: '0x1' }));
    const pool = open();
    await pool.start();
    expect(stateOf(pool, bad)).toBe('lagging');
    await pool.call('eth_gasPrice', []);
    expect(bad.calls.get('eth_gasPrice')).toBeUndefined();
    bad.fault('eth_blockNumber', undefined);
    await until(() => stateOf(pool, bad) === 'alive');
  });
});

describe('broadcast', () => {
  const raw = (nonce: number): Promise<string> =>
    new Wallet(anvil.accounts[7]?.privateKey ?? '').signTransaction({
      type: 2,
      chainId: 31337,
      nonce,
      to: anvil.accounts[7]!.address,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
    });

  it('reaches every node, and does not wait for one that hangs', async () => {
    bad.fault('eth_sendRawTransaction', () => ({ kind: 'hang' }));
    const pool = open({ timeoutMs: 20_000 });
    const answers = await pool.broadcast(await raw(0));
    expect(answers.some(({ error }) => error === undefined)).toBe(true);
    await until(() => bad.calls.get('eth_sendRawTransaction') === 1);
  });

  it('collects what all nodes say when none takes it', async () => {
    const answers = await open().broadcast('0x1234');
    expect(answers).toHaveLength(2);
    for (const { error } of answers) expect(error).toBeInstanceOf(RpcRejection);
  });
});
