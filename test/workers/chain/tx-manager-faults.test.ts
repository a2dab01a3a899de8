import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransactionJournal } from '../../../workers/chain/transaction-journal.ts';
import type { Anvil, AnvilOptions } from '../../support/anvil.ts';
import { canonicalValues } from '../../support/emitter.ts';
import type { RpcProxy } from '../../support/rpc-proxy.ts';
import type { TxBench } from '../../support/tx-bench.ts';
import { emission, nonceOf, openTxStage, type TxStage } from '../../support/tx-stage.ts';
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

describe('reorgs', () => {
  beforeEach(() => begin());

  it('publishes again what a reorg dropped, and reports it only when it is deep enough', async () => {
    const life = await bench.open({ manager: { confirmations: 3, stallMs: 60_000 } });
    const sent = life.manager.send(emission(1));
    await until(() => life.journal.find('emit-1')?.status === 'mined');
    await anvil.reorg(1);
    await until(async () => (await canonicalValues(anvil)).length === 1, { what: 'the transaction mined again' });
    const again = await nonceOf(anvil, life.address);
    await anvil.mine(3);
    const outcome = await sent;
    expect(outcome.status).toBe('mined');
    expect(again).toBe(1);
    expect(life.journal.find('emit-1')!.attempts).toHaveLength(1);
  });

  it('brings back transactions reported long ago, several blocks deep, in every life', async () => {
    const first = await bench.open({ manager: { stallMs: 60_000 } });
    for (const value of [1, 2, 3]) await first.manager.send(emission(value));
    await first.stop();
    await anvil.reorg(3);
    expect(await canonicalValues(anvil)).toEqual([]);
    await bench.open({ manager: { stallMs: 60_000 } });
    await until(async () => (await canonicalValues(anvil)).length === 3);
    expect(await canonicalValues(anvil)).toEqual([1, 2, 3]);
  });

  it('stops watching what is final, yet fills the gap when even that is dropped', async () => {
    const life = await bench.open({ manager: { finalityDepth: 2, stallMs: 60_000 } });
    await life.manager.send(emission(1));
    await anvil.mine(4);
    await until(() => life.journal.find('emit-1')?.status === 'final');
    expect(life.journal.open()).toEqual([]);
    await anvil.reorg(5);
    expect(await canonicalValues(anvil)).toEqual([]);
    expect((await life.manager.send(emission(2))).status).toBe('mined');
    expect(await canonicalValues(anvil)).toEqual([1, 2]);
  });
});

describe('crashes', () => {
  beforeEach(() => begin());

  const dying =
    (door: 'create' | 'setStatus') =>
    (journal: TransactionJournal): TransactionJournal => ({
      ...journal,
      [door]: () => {
        throw new Error(`killed before ${door}`);
      },
    });

  /** Whoever is dead looks at its records no more. */
  function dyingOnceRecorded(journal: TransactionJournal): TransactionJournal {
    let dead = false;
    return {
      ...journal,
      open: () => (dead ? [] : journal.open()),
      grouped: async (work) => {
        dead = true;
        await journal.grouped(work);
        throw new Error('killed after create');
      },
    };
  }

  it('sends after a restart what was recorded and never published', async () => {
    const first = await bench.open({ wrap: dyingOnceRecorded });
    await expect(first.manager.send(emission(1))).rejects.toThrow('killed after create');
    const recorded = first.journal.find('emit-1');
    expect(recorded).toMatchObject({ status: 'pending', nonce: 0 });
    await first.stop();
    expect(await canonicalValues(anvil)).toEqual([]);
    const second = await bench.open();
    expect(await second.manager.send(emission(1))).toMatchObject({
      status: 'mined',
      receipt: { transactionHash: recorded?.attempts[0]?.hash },
    });
    expect(await canonicalValues(anvil)).toEqual([1]);
  });

  it('leaves nothing behind when it died before the record', async () => {
    const first = await bench.open({ wrap: dying('create') });
    await expect(first.manager.send(emission(1))).rejects.toThrow('killed before create');
    await first.stop();
    const second = await bench.open();
    expect((await second.manager.send(emission(2))).status).toBe('mined');
    expect(await canonicalValues(anvil)).toEqual([2]);
    expect(await nonceOf(anvil, second.address)).toBe(1);
  });

  it('finds after a restart the receipt of what was mined meanwhile', async () => {
    const first = await bench.open({ wrap: dying('setStatus'), manager: { waitMs: 200 } });
    await expect(first.manager.send(emission(1))).rejects.toMatchObject({ code: 'TX_TIMEOUT' });
    await until(async () => (await nonceOf(anvil, first.address)) === 1);
    await first.stop();
    const second = await bench.open();
    expect((await second.manager.send(emission(1))).status).toBe('mined');
    expect(await canonicalValues(anvil)).toEqual([1]);
  });
});

describe('nodes that misbehave', () => {
  beforeEach(() => begin());

  it('gets through a second node while the first one hangs', async () => {
    proxy.fault('*', () => ({ kind: 'hang' }));
    const life = await bench.open({ urls: [proxy.url, anvil.url], pool: { timeoutMs: 500, failureThreshold: 1 } });
    expect((await life.manager.send(emission(1))).status).toBe('mined');
  });
});
