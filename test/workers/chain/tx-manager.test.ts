import { Wallet } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Anvil, AnvilOptions } from '../../support/anvil.ts';
import { canonicalValues } from '../../support/emitter.ts';
import type { RpcProxy } from '../../support/rpc-proxy.ts';
import type { TxBench } from '../../support/tx-bench.ts';
import { emission, gwei, inPool, nonceOf, openTxStage, pooled, type TxStage } from '../../support/tx-stage.ts';
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

  it('reports a transaction that was refused when it was mined, with the reason', async () => {
    // PUSH1 0 MSTORE of Panic(0x11) is not needed: an empty revert shows the path.
    const reverter = '0x00000000000000000000000000000000000e0bad';
    await anvil.rpc('anvil_setCode', [reverter, '0x5f5ffd']);
    const life = await bench.open();
    const outcome = await life.manager.send({
      to: reverter,
      data: '0x',
      key: 'bad',
      gasLimit: 50_000n,
      simulate: 'none',
    });
    expect(outcome).toMatchObject({
      status: 'reverted',
      receipt: { succeeded: false },
      reason: { message: 'the contract refused without a reason' },
    });
    expect(await life.manager.send({ to: reverter, data: '0x', key: 'bad' })).toEqual(outcome);
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

  it('waits for cheaper gas instead of paying more than the cap', async () => {
    const life = await bench.open({ manager: { fees: { maxFeeCap: 1000n } } });
    await expect(life.manager.send(emission(1))).rejects.toMatchObject({ code: 'FEE_ABOVE_CAP', retryable: true });
    expect(await life.manager.send(emission(1, { urgent: true }))).toMatchObject({ status: 'mined' });
  });

  it('uses no nonce when the key does not sign, or signs something else', async () => {
    const wallet = new Wallet(anvil.accounts[3]?.privateKey ?? '');
    let mode: 'fail' | 'forge' | 'work' = 'fail';
    const life = await bench.open({
      signer: {
        address: wallet.address,
        signTransaction: (tx) => {
          if (mode === 'fail') return Promise.reject(new Error('locked'));
          return wallet.signTransaction(mode === 'forge' ? { ...tx, nonce: tx.nonce + 1 } : tx);
        },
      },
    });
    await expect(life.manager.send(emission(1))).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE', retryable: true });
    mode = 'forge';
    await expect(life.manager.send(emission(1))).rejects.toMatchObject({ code: 'SIGNER_BROKEN', retryable: false });
    mode = 'work';
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
    await anvil.mine();
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

describe('transactions that do not get mined', () => {
  beforeEach(async () => {
    await begin({ automine: false });
  });

  it('pays better until it is mined when gas becomes dearer', async () => {
    const life = await bench.open();
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    const [before] = await pooled(anvil, life.address);
    await anvil.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${gwei(20).toString(16)}`]);
    await until(async () => {
      await anvil.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${gwei(20).toString(16)}`]);
      await anvil.mine();
      return (await canonicalValues(anvil)).length === 1;
    });
    const outcome = await sent;
    expect(outcome.status).toBe('mined');
    const record = life.journal.find('emit-1');
    expect(life.seen.bumps).toBeGreaterThan(0);
    for (const [index, attempt] of record!.attempts.slice(1).entries()) {
      const previous = record!.attempts[index]!;
      expect(attempt.maxFeePerGas * 10n).toBeGreaterThanOrEqual(previous.maxFeePerGas * 11n);
      expect(attempt.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(previous.maxPriorityFeePerGas * 11n);
    }
    expect(record!.attempts.at(-1)!.maxFeePerGas).toBeGreaterThan(before!.maxFeePerGas);
    expect(await nonceOf(anvil, life.address)).toBe(1);
  });

  it('never pays more than the cap, and says that it is stuck', async () => {
    const cap = gwei(5);
    const life = await bench.open({ manager: { fees: { maxFeeCap: cap }, stallMs: 40 } });
    const sent = life.manager.send(emission(1));
    await until(() => life.seen.logged.some(({ message }) => message === 'transaction is stuck at the fee cap'));
    expect(life.journal.find('emit-1')!.attempts.every(({ maxFeePerGas }) => maxFeePerGas <= cap)).toBe(true);
    await anvil.mine();
    expect((await sent).status).toBe('mined');
  });

  it('publishes a transaction again that the node dropped, unchanged', async () => {
    const life = await bench.open();
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    const [{ hash }] = (await pooled(anvil, life.address)) as unknown as [{ hash: string }];
    await anvil.rpc('anvil_dropTransaction', [hash]);
    await inPool(anvil, life, 0);
    await inPool(anvil, life, 1);
    expect((await pooled(anvil, life.address))[0]?.hash).toBe(hash);
    await anvil.mine();
    expect(await sent).toMatchObject({ status: 'mined', receipt: { transactionHash: hash } });
  });

  it('closes the gap when the lowest of five is lost', async () => {
    const life = await bench.open();
    const sent = Promise.all([1, 2, 3, 4, 5].map((value) => life.manager.send(emission(value))));
    await inPool(anvil, life, 5);
    const lowest = (await pooled(anvil, life.address)).find(({ nonce }) => nonce === 0);
    await anvil.rpc('anvil_dropTransaction', [lowest!.hash]);
    await until(async () => {
      await anvil.mine();
      return (await canonicalValues(anvil)).length === 5;
    });
    expect((await sent).map(({ status }) => status)).toEqual(Array(5).fill('mined'));
    expect(await nonceOf(anvil, life.address)).toBe(5);
  });

  it('uses up the nonce with an empty transaction when the deadline has passed', async () => {
    const life = await bench.open();
    const now = Number((await anvil.rpc<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])).timestamp);
    const sent = life.manager.send(emission(1, { deadline: now + 30 }));
    await inPool(anvil, life, 1);
    const [first] = await pooled(anvil, life.address);
    await anvil.rpc('anvil_dropTransaction', [first!.hash]);
    await anvil.rpc('evm_setNextBlockTimestamp', [now + 60]);
    await anvil.mine();
    await until(async () => {
      const [held] = await pooled(anvil, life.address);
      return (
        held !== undefined &&
        held.hash === life.journal.find('emit-1')?.attempts.at(-1)?.hash &&
        life.journal.find('emit-1')!.attempts.length > 1
      );
    });
    await anvil.mine();
    expect(await sent).toEqual({ status: 'abandoned', why: 'deadline' });
    expect(await canonicalValues(anvil)).toEqual([]);
    expect(await nonceOf(anvil, life.address)).toBe(1);
    expect(await life.manager.send(emission(2, { deadline: now + 30 }))).toEqual({
      status: 'abandoned',
      why: 'deadline',
    });
  });
});
