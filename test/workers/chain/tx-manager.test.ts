import { Wallet } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Anvil, AnvilOptions } from '../../support/anvil.ts';
import { canonicalValues } from '../../support/emitter.ts';
import type { RpcProxy } from '../../support/rpc-proxy.ts';
import type { TxBench } from '../../support/tx-bench.ts';
import { emission, inPool, nonceOf, openTxStage, type TxStage } from '../../support/tx-stage.ts';
import { until } from '../../support/until.ts';

let stage: TxStage;
let anvil: Anvil;
let proxy: RpcProxy;
let bench: TxBench;

async function begin(options: AnvilOptions = {}): Promise<void> {
  stage = await openTxStage(options);
  ({ anvil, proxy, bench } = stage);
}

afterEach(() => stage.stop());

describe('sending', () => {
  beforeEach(() => begin());

  it('mines a transaction and returns its receipt and the fee', async () => {
    const life = await bench.open();
    const outcome = await life.manager.send(emission(1));
    expect(outcome).toMatchObject({ status: 'mined', receipt: { succeeded: true } });
    expect(await canonicalValues(anvil)).toEqual([1]);
    expect(life.seen.feesPaid).toBeGreaterThan(0n);
    expect(life.manager.pending()).toBe(0);
    expect(await life.manager.balance()).toBeGreaterThan(0n);
  });

  it('sends one transaction for one key, however often and in whatever life it is asked', async () => {
    const first = await bench.open();
    const [a, b] = await Promise.all([first.manager.send(emission(1)), first.manager.send(emission(1))]);
    const c = await first.manager.send(emission(1));
    await first.stop();
    const second = await bench.open();
    const d = await second.manager.send(emission(1));
    for (const outcome of [b, c, d]) expect(outcome).toEqual(a);
    expect(await canonicalValues(anvil)).toEqual([1]);
    expect(await nonceOf(anvil, first.address)).toBe(1);
  });

  it('refuses a key that belongs to another transaction', async () => {
    const life = await bench.open();
    await life.manager.send(emission(1));
    await expect(life.manager.send(emission(2, { key: 'emit-1' }))).rejects.toMatchObject({ code: 'TX_KEY_CONFLICT' });
  });

  it('keeps many transactions under way with consecutive nonces', async () => {
    const life = await bench.open({ manager: { maxInFlight: 4 } });
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => life.manager.send(emission(i))));
    expect(outcomes.every(({ status }) => status === 'mined')).toBe(true);
    expect((await canonicalValues(anvil)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await nonceOf(anvil, life.address)).toBe(20);
  });

  it('asks once per block for what many transactions need to know', async () => {
    await anvil.rpc('evm_setAutomine', [false]);
    const life = await bench.open({ urls: [proxy.url], manager: { maxInFlight: 32 } });
    const asked = (method: string): number => proxy.calls.get(method) ?? 0;
    const before = { balance: asked('eth_getBalance'), tip: asked('eth_maxPriorityFeePerGas') };
    const outcomes = Promise.all(Array.from({ length: 20 }, (_, i) => life.manager.send(emission(i))));
    await inPool(anvil, life, 20);
    await anvil.mine();
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(20).fill('mined'));
    expect(asked('eth_getBalance') - before.balance).toBeLessThanOrEqual(2);
    expect(asked('eth_maxPriorityFeePerGas') - before.tip).toBeLessThanOrEqual(2);
    // What a block's receipts leave out while the node still writes it is asked for one by one.
    expect(asked('eth_getBlockReceipts')).toBeGreaterThan(0);
    expect(asked('eth_getTransactionReceipt')).toBeLessThanOrEqual(20);
  });

  it('finds a refusal before gas is spent, and names it', async () => {
    const life = await bench.open();
    const error = `0x08c379a0${'20'.padStart(64, '0')}${'2'.padStart(64, '0')}${Buffer.from('no').toString('hex').padEnd(64, '0')}`;
    proxy.fault('eth_call', () => ({ kind: 'error', code: 3, message: 'execution reverted', data: error }));
    const through = await bench.open({ urls: [proxy.url], account: 1 });
    expect(await through.manager.send(emission(1))).toMatchObject({
      status: 'abandoned',
      why: 'would-revert',
      reason: { name: 'Error', message: 'no' },
    });
    expect(await nonceOf(anvil, through.address)).toBe(0);
    expect(await life.manager.send(emission(2, { simulate: 'none', gasLimit: 100_000n }))).toMatchObject({
      status: 'mined',
    });
    proxy.fault('eth_call', undefined);
    expect(await through.manager.send(emission(1))).toMatchObject({ status: 'mined' });
  });

  it('refuses without gas money, uses no nonce, and goes on when money arrives', async () => {
    const wallet = Wallet.createRandom();
    const life = await bench.open({ signer: wallet });
    await expect(life.manager.send(emission(1))).rejects.toMatchObject({ code: 'SIGNER_NO_GAS', retryable: true });
    await expect(life.manager.send(emission(2, { value: 5n, key: 'with value' }))).rejects.toMatchObject({
      code: 'SIGNER_NO_GAS',
    });
    expect(life.journal.nextNonce()).toBe(0);
    await anvil.rpc('anvil_setBalance', [wallet.address, '0xde0b6b3a7640000']);
    expect(await life.manager.send(emission(1))).toMatchObject({ status: 'mined' });
    expect(await nonceOf(anvil, wallet.address)).toBe(1);
  });

  it('never waits longer than it was told', async () => {
    await anvil.rpc('evm_setAutomine', [false]);
    const life = await bench.open({ manager: { waitMs: 150 } });
    await expect(life.manager.send(emission(1))).rejects.toMatchObject({ code: 'TX_TIMEOUT', retryable: true });
    const impatient = new AbortController();
    const wait = life.manager.send(emission(1), impatient.signal);
    impatient.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
    // The transaction goes on, and what was found out meanwhile needs no wait.
    await inPool(anvil, life, 1);
    await anvil.mine();
    await until(() => life.journal.find('emit-1')?.status === 'mined');
    expect(await life.manager.send(emission(1))).toMatchObject({ status: 'mined' });
  });

  it('refuses more than it may queue, and turns the queue away when it stops', async () => {
    await anvil.rpc('evm_setAutomine', [false]);
    const life = await bench.open({ manager: { maxInFlight: 1, maxQueued: 1 } });
    const first = life.manager.send(emission(1)).catch((error: unknown) => error);
    await inPool(anvil, life, 1);
    const second = life.manager.send(emission(2)).catch((error: unknown) => error);
    await expect(life.manager.send(emission(3))).rejects.toMatchObject({ code: 'TX_QUEUE_FULL', retryable: true });
    await life.stop();
    expect(await first).toMatchObject({ code: 'STOPPED' });
    expect(await second).toMatchObject({ code: 'STOPPED' });
    await expect(life.manager.send(emission(4))).rejects.toMatchObject({ code: 'STOPPED' });
  });
});
