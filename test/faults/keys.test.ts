import { Wallet } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Anvil, AnvilOptions } from '../support/anvil.ts';
import { canonicalValues } from '../support/emitter.ts';
import type { RpcProxy } from '../support/rpc-proxy.ts';
import type { TxBench } from '../support/tx-bench.ts';
import { emission, gwei, inPool, nonceOf, openTxStage, type TxStage } from '../support/tx-stage.ts';
import { until } from '../support/until.ts';

let stage: TxStage;
let anvil: Anvil;
let proxy: RpcProxy;
let bench: TxBench;

async function begin(options: AnvilOptions = {}): Promise<void> {
  stage = await openTxStage(options);
  ({ anvil, proxy, bench } = stage);
}

afterEach(() => stage.stop());

describe('F33 · another holder of the key uses its nonces', () => {
  beforeEach(() => begin({ automine: false }));

  async function steal(account: number, nonce: number): Promise<void> {
    const { privateKey, address } = anvil.accounts[account]!;
    const raw = await new Wallet(privateKey).signTransaction({
      type: 2,
      chainId: 31337,
      nonce,
      to: address,
      gasLimit: 21_000n,
      maxFeePerGas: gwei(500),
      maxPriorityFeePerGas: gwei(400),
    });
    await anvil.rpc('eth_sendRawTransaction', [raw]);
  }

  it('reports a stolen nonce, goes on, and stops signing when it happens again', async () => {
    const life = await bench.open({ account: 4 });
    for (const [round, value] of [1, 2].entries()) {
      const sent = life.manager.send(emission(value));
      await inPool(anvil, life, 1);
      await steal(4, round);
      await anvil.mine(8);
      expect(await sent).toEqual({ status: 'abandoned', why: 'replaced' });
    }
    expect(life.seen.stolen).toBe(2);
    expect(life.seen.logged.some(({ fields }) => fields['code'] === 'SIGNER_SHARED')).toBe(true);
    await expect(life.manager.send(emission(3))).rejects.toMatchObject({ code: 'SIGNER_SHARED', retryable: false });
    expect(await canonicalValues(anvil)).toEqual([]);
  });

  it('takes the next free nonce when another holder was faster', async () => {
    const life = await bench.open({ account: 5, urls: [proxy.url] });
    await steal(5, 0);
    await anvil.mine();
    const looks = proxy.calls.get('eth_getTransactionCount') ?? 0;
    await until(() => (proxy.calls.get('eth_getTransactionCount') ?? 0) > looks + 2);
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    await anvil.mine();
    expect((await sent).status).toBe('mined');
    expect(await nonceOf(anvil, life.address)).toBe(2);
    expect(life.seen.stolen).toBe(0);
  });

  it('gives nothing up for a nonce that only a node on another branch has counted', async () => {
    proxy.fault('eth_getTransactionCount', (_, seen) =>
      seen > 0 && seen % 2 === 0 ? { kind: 'result', result: '0x1' } : undefined,
    );
    const life = await bench.open({ account: 6, urls: [proxy.url], manager: { stallMs: 60 } });
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    await anvil.mine(8);
    expect((await sent).status).toBe('mined');
    expect(life.seen.stolen).toBe(0);
  });
});

describe('F57 · the signer is away, or slow', () => {
  beforeEach(() => begin());

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

  it('waits no longer than it may for a signature, throws away what comes late, and goes on', async () => {
    const wallet = new Wallet(anvil.accounts[3]?.privateKey ?? '');
    const gate = Promise.withResolvers<undefined>();
    let slow = true;
    const life = await bench.open({
      signer: {
        address: wallet.address,
        signTransaction: async (tx) => {
          if (slow) await gate.promise;
          return wallet.signTransaction(tx);
        },
      },
      manager: { signMs: 60 },
    });
    const refused = await Promise.allSettled([1, 2, 3].map((value) => life.manager.send(emission(value))));
    for (const one of refused)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'SIGNER_UNAVAILABLE', retryable: true } });
    expect(life.journal.nextNonce()).toBe(0);
    slow = false;
    gate.resolve(undefined);
    const outcomes = await Promise.all([3, 2, 1].map((value) => life.manager.send(emission(value))));
    expect(outcomes.map(({ status }) => status)).toEqual(['mined', 'mined', 'mined']);
    expect(await nonceOf(anvil, wallet.address)).toBe(3);
    expect(life.seen.stolen).toBe(0);
  });

  it('stops at once although a signature never comes', async () => {
    const wallet = new Wallet(anvil.accounts[3]?.privateKey ?? '');
    const asked = Promise.withResolvers<undefined>();
    const life = await bench.open({
      signer: {
        address: wallet.address,
        signTransaction: () => {
          asked.resolve(undefined);
          return new Promise<never>(() => undefined);
        },
      },
      manager: { signMs: 3_600_000 },
    });
    const sent = life.manager.send(emission(1)).catch((error: unknown) => error);
    await asked.promise;
    await life.stop();
    expect(await sent).toMatchObject({ code: 'STOPPED' });
  });

  it('publishes the others while one cannot be paid better for want of a signature', async () => {
    await anvil.rpc('evm_setAutomine', [false]);
    const wallet = new Wallet(anvil.accounts[3]?.privateKey ?? '');
    let locked = false;
    const life = await bench.open({
      signer: {
        address: wallet.address,
        signTransaction: (tx) => (locked ? Promise.reject(new Error('locked')) : wallet.signTransaction(tx)),
      },
      manager: { stallMs: 60 },
    });
    const sent = Promise.all([1, 2].map((value) => life.manager.send(emission(value))));
    await inPool(anvil, life, 2);
    locked = true;
    const { hash } = life.journal.find('emit-2')!.attempts.at(-1)!;
    await anvil.rpc('anvil_dropTransaction', [hash]);
    await until(() => life.seen.logged.some(({ message }) => message === 'could not push a transaction'));
    await inPool(anvil, life, 2);
    await anvil.mine();
    expect((await sent).map(({ status }) => status)).toEqual(['mined', 'mined']);
    expect(await nonceOf(anvil, wallet.address)).toBe(2);
  });
});
