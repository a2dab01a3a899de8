import { keccak256 } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toQuantity } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import { createGasEstimator } from '../../workers/chain/gas-estimate.ts';
import { explainRevert } from '../../workers/chain/reverts.ts';
import { createRpcPool } from '../../workers/chain/rpc-pool.ts';
import { createEffects } from '../../workers/roles/submitter/effects.ts';
import { refusalOf } from '../../workers/roles/submitter/refusal.ts';
import { parseAddress } from '../../workers/protocol/ids.ts';
import { systemClock } from '../../workers/runtime/clock.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import type { Anvil, AnvilOptions } from '../support/anvil.ts';
import { canonicalValues, EMITTER } from '../support/emitter.ts';
import type { RpcProxy } from '../support/rpc-proxy.ts';
import type { TxBench, TxLife } from '../support/tx-bench.ts';
import { emission, gwei, inPool, nonceOf, openTxStage, pooled, type TxStage } from '../support/tx-stage.ts';
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

/**
 * Until the manager has begun and ended a look at the chain as it is now. Looks are noted in their middle: the first may have
 * begun before, what follows from the second is done when the third is noted.
 */
async function lookThrough({ seen }: TxLife): Promise<void> {
  const before = seen.heads.length;
  await until(() => seen.heads.length >= before + 3, { what: 'a whole look at the chain' });
}

describe('F32 · a transaction is stuck because it pays too little', () => {
  beforeEach(() => begin({ automine: false }));

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

  it('uses up the nonce with an empty transaction when the deadline has passed', async () => {
    // Before its deadline it stays lost, however long that takes: published again it would be mined.
    const life = await bench.open({ manager: { stallMs: 60_000 } });
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

  it('pays better also where a node takes the same transaction again and again as if it were new', async () => {
    // A balancer in front of many nodes, or a provider that never says "already known".
    proxy.fault('eth_sendRawTransaction', () => ({ kind: 'accept' }));
    const life = await bench.open({ urls: [proxy.url], manager: { stallMs: 40 } });
    const sent = life.manager.send(emission(1));
    await until(() => (life.journal.find('emit-1')?.attempts.length ?? 0) > 2, { what: 'two bumps' });
    expect(life.seen.failures).toEqual([]);
    await anvil.mine();
    expect((await sent).status).toBe('mined');
    expect(await nonceOf(anvil, life.address)).toBe(1);
  });
});

describe('F34 · a transaction is dropped from the pool', () => {
  beforeEach(() => begin({ automine: false }));

  it('publishes a transaction again that the node dropped, unchanged', async () => {
    const published: unknown[] = [];
    proxy.fault('eth_sendRawTransaction', ({ params: [raw] }, seen) => {
      published.push(raw);
      // It says that it has it, and does not.
      return seen === 0 ? { kind: 'result', result: keccak256(String(raw)) } : undefined;
    });
    const life = await bench.open({ urls: [proxy.url] });
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    expect(published[1]).toBe(published[0]);
    await anvil.mine();
    expect((await sent).status).toBe('mined');
    expect(await nonceOf(anvil, life.address)).toBe(1);
  });
});

describe('F35 · a lower nonce is missing', () => {
  beforeEach(() => begin({ automine: false }));

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

  it('publishes again all that a pool has lost as soon as a block passes them over, at the same price', async () => {
    const life = await bench.open({ urls: [proxy.url], manager: { stallMs: 60_000 } });
    const sent = Promise.all([1, 2, 3].map((value) => life.manager.send(emission(value))));
    await inPool(anvil, life, 3);
    const [lowest] = (await pooled(anvil, life.address)).filter(({ nonce }) => nonce === 0);
    await anvil.rpc('anvil_dropTransaction', [lowest!.hash]);
    // The chain drops with it what depends on it.
    await inPool(anvil, life, 0);
    await lookThrough(life);
    expect(proxy.calls.get('eth_sendRawTransaction')).toBe(3);
    await anvil.mine();
    await inPool(anvil, life, 3);
    await anvil.mine();
    expect((await sent).map(({ status }) => status)).toEqual(Array(3).fill('mined'));
    expect(proxy.calls.get('eth_sendRawTransaction')).toBe(6);
    expect(life.seen.bumps).toBe(0);
  });

  it('publishes only the lowest again where the pool has those above it', async () => {
    proxy.fault('eth_sendRawTransaction', (_, seen) =>
      seen === 0 ? { kind: 'result', result: `0x${'00'.repeat(32)}` } : undefined,
    );
    const life = await bench.open({ urls: [proxy.url], manager: { stallMs: 60_000 } });
    const sent = [life.manager.send(emission(0))];
    await until(() => proxy.calls.get('eth_sendRawTransaction') === 1);
    sent.push(...[1, 2, 3].map((value) => life.manager.send(emission(value))));
    await inPool(anvil, life, 3);
    await lookThrough(life);
    await anvil.mine();
    await inPool(anvil, life, 4);
    await lookThrough(life);
    await anvil.mine();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(4).fill('mined'));
    // The lowest, and the next one, which the node knew.
    expect(proxy.calls.get('eth_sendRawTransaction')).toBe(6);
    expect(life.seen.failures).toEqual([]);
  });

  it('does not publish the lowest again while blocks are too dear for it', async () => {
    const life = await bench.open({ urls: [proxy.url], manager: { stallMs: 60_000 } });
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    await lookThrough(life);
    const published: (number | undefined)[] = [];
    for (const dear of [true, true, false]) {
      // The chain drops what a block is too dear for.
      await anvil.rpc('anvil_setNextBlockBaseFeePerGas', [toQuantity(gwei(dear ? 100 : 1))]);
      await anvil.mine();
      await lookThrough(life);
      published.push(proxy.calls.get('eth_sendRawTransaction'));
    }
    expect(published).toEqual([1, 1, 2]);
    await anvil.mine();
    expect((await sent).status).toBe('mined');
  });

  it('pays better also for what is lost at every block', async () => {
    // As when a node has it, but does not say so.
    proxy.fault('eth_sendRawTransaction', () => ({ kind: 'result', result: `0x${'00'.repeat(32)}` }));
    const life = await bench.open({ urls: [proxy.url], manager: { stallMs: 150 } });
    const sent = life.manager.send(emission(1));
    await until(
      async () => {
        await anvil.mine();
        await lookThrough(life);
        return life.seen.bumps > 0;
      },
      { what: 'a better price' },
    );
    proxy.fault('eth_sendRawTransaction', undefined);
    await until(async () => {
      await anvil.mine();
      return (await canonicalValues(anvil)).length === 1;
    });
    expect((await sent).status).toBe('mined');
  });

  it('uses up a nonce that nobody knows anything about', async () => {
    let wrong = true;
    proxy.fault('eth_getTransactionCount', () => (wrong ? { kind: 'result', result: '0x2' } : undefined));
    const life = await bench.open({ urls: [proxy.url] });
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    wrong = false;
    await until(async () => {
      await anvil.mine();
      return (await nonceOf(anvil, life.address)) === 3;
    });
    expect((await sent).status).toBe('mined');
    expect(await nonceOf(anvil, life.address)).toBe(3);
    expect(await canonicalValues(anvil)).toEqual([1]);
  });
});

describe('F36 · a node that lags tells a nonce that is used', () => {
  beforeEach(() => begin());

  it('does not reuse a nonce that a lagging node reports', async () => {
    const life = await bench.open({ urls: [proxy.url] });
    await life.manager.send(emission(1));
    proxy.fault('eth_getTransactionCount', () => ({ kind: 'result', result: '0x0' }));
    const sent = life.manager.send(emission(2));
    await until(async () => (await canonicalValues(anvil)).length === 2);
    proxy.fault('eth_getTransactionCount', undefined);
    expect((await sent).status).toBe('mined');
    expect(life.seen.stolen).toBe(0);
    expect(await canonicalValues(anvil)).toEqual([1, 2]);
  });
});

describe('F40 · a contract refuses when it is mined what it took when it was tried', () => {
  beforeEach(() => begin({ automine: false }));

  const job = `0x${'07'.padStart(64, '0')}`;

  /** Code that refuses everything with this data. */
  const refusing = (data: string): string => {
    const length = ((data.length - 2) / 2).toString(16).padStart(4, '0');
    return `0x61${length}600c5f3961${length}5ffd${data.slice(2)}`;
  };

  it.each([
    ['JobRegistryAlreadyAttested', [job], 'already-done'],
    ['JobRegistryLadderNotSeeded', [7n], 'later'],
    ['JobRegistryNotAttester', [EMITTER], 'never'],
  ] as const)('%s %s means: %s', async (name, values, kind) => {
    const life = await bench.open();
    const sent = life.manager.send(emission(1));
    await inPool(anvil, life, 1);
    await anvil.rpc('anvil_setCode', [EMITTER, refusing(interfaces.JobRegistry.encodeErrorResult(name, values))]);
    await anvil.mine();
    const outcome = await sent;
    expect(outcome).toMatchObject({ status: 'reverted', reason: { name }, receipt: { succeeded: false } });
    if (outcome.status === 'mined') throw new Error('unreachable');
    expect(refusalOf(outcome)).toMatchObject({ kind });

    // Asking again tells the same and sends nothing; a new transaction is signed only for what would be taken now.
    expect(await life.manager.send(emission(1))).toEqual(outcome);
    const rpc = createRpcPool({ urls: [anvil.url], chainId: 31_337 }, { clock: systemClock, logger: silentLogger });
    const { estimate } = createGasEstimator({ from: life.address }, { rpc, explain: explainRevert });
    const effects = createEffects({ tx: life.manager, estimate, find: (key) => life.journal.find(key) });
    const { to, data, key } = emission(1);
    const request = { to: parseAddress(to), data, key, gasLimit: (gas: bigint) => gas };
    const again = await effects.send(request, new AbortController().signal);
    expect(again.outcome).toMatchObject({ status: 'abandoned', why: 'would-revert', reason: { name } });
    expect(await pooled(anvil, life.address)).toEqual([]);
    expect(await nonceOf(anvil, life.address)).toBe(1);
    await rpc.stop();
  });

  it('reports a transaction that was refused when it was mined, with the reason', async () => {
    await anvil.rpc('evm_setAutomine', [true]);
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
});
