import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RawLog } from '../../../workers/chain/chain-values.ts';
import type { ChainSignal } from '../../../workers/chain/event-source.ts';
import { createCursor } from '../../../workers/store/cursor.ts';
import { openJournal } from '../../../workers/store/journal.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { canonicalValues, emit, EMITTER, placeEmitter, rawEmit, submitEmit } from '../../support/emitter.ts';
import { type RpcProxy, seededChance, startRpcProxy } from '../../support/rpc-proxy.ts';
import {
  followEmitter,
  MemoryCursor,
  type Shadow,
  ShadowEffects,
  type ShadowOptions,
} from '../../support/shadow-consumer.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until, type UntilOptions } from '../../support/until.ts';

let anvil: Anvil;
let proxy: RpcProxy;
const shadows: Shadow[] = [];

beforeEach(async () => {
  anvil = await startAnvil();
  proxy = await startRpcProxy(anvil.url);
  await placeEmitter(anvil);
});

afterEach(async () => {
  await Promise.all(shadows.splice(0).map((shadow) => shadow.stop()));
  await proxy.stop();
  await anvil.stop();
});

function follow(options: ShadowOptions = {}): Shadow {
  const shadow = followEmitter(proxy.url, options);
  shadows.push(shadow);
  return shadow;
}

async function caughtUp(shadow: Shadow, behind = 0): Promise<void> {
  const head = await anvil.blockNumber();
  await until(() => shadow.tip() === head - behind, {
    what: `the stream at block ${head - behind}, now ${shadow.tip()}`,
  });
}

async function agrees(shadow: Shadow, options: UntilOptions = {}): Promise<void> {
  const expected = await canonicalValues(anvil);
  await until(() => JSON.stringify(shadow.effects.values) === JSON.stringify(expected), {
    what: `effects ${JSON.stringify(expected)}`,
    ...options,
  }).catch(() => {
    expect(shadow.effects.values).toEqual(expected);
  });
}

const reorgs = (shadow: Shadow): Extract<ChainSignal<number>, { type: 'reorg' }>[] =>
  shadow.signals.filter((signal) => signal.type === 'reorg');

describe('following the head', () => {
  it('hands on every block in order with its events', async () => {
    const shadow = follow();
    for (const value of [7, 8, 9]) await emit(anvil, value);
    await anvil.mine(2);
    await caughtUp(shadow);
    expect(shadow.effects.values).toEqual([7, 8, 9]);
    const heights = shadow.signals.filter((signal) => signal.type === 'events').map(({ block }) => block.number);
    expect(heights).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('stays behind the head by the number of confirmations', async () => {
    const shadow = follow({ source: { confirmations: 2 } });
    await emit(anvil, 1);
    await anvil.mine(2);
    await emit(anvil, 2);
    await caughtUp(shadow, 2);
    expect(shadow.effects.values).toEqual([1]);
    await anvil.reorg(2);
    await anvil.mine(4);
    await caughtUp(shadow, 2);
    expect(reorgs(shadow)).toEqual([]);
    await agrees(shadow);
  });

  it('announces blocks that will not change any more', async () => {
    const shadow = follow({ source: { finalityDepth: 4 } });
    await anvil.mine(10);
    await caughtUp(shadow);
    await until(() => shadow.signals.some((signal) => signal.type === 'finalized' && signal.blockNumber === 7));
  });

  it('waits for a chain that has not reached the first block of interest', async () => {
    const shadow = follow({ source: { startBlock: 4 } });
    await until(() => (proxy.calls.get('eth_getBlockByNumber') ?? 0) > 4);
    expect(shadow.signals).toEqual([]);
    await anvil.mine(4);
    await caughtUp(shadow);
  });
});

describe('reorgs', () => {
  it.each([1, 3, 12])('takes back phantom events and finds missed ones when %i blocks are replaced', async (depth) => {
    const shadow = follow();
    for (let value = 1; value <= depth + 2; value++) await emit(anvil, value);
    await caughtUp(shadow);
    const nonce = Number(await anvil.rpc('eth_getTransactionCount', [anvil.accounts[1]?.address, 'latest']));
    const others = await Promise.all(
      Array.from(
        { length: depth },
        async (_, offset) => [await rawEmit(anvil.accounts[1]!, nonce + offset, 100 + offset), offset] as const,
      ),
    );
    await anvil.reorg(depth, others);
    await agrees(shadow);
    expect(shadow.effects.values).toEqual([1, 2, ...others.map((_, offset) => 100 + offset)]);
    const [reorg] = reorgs(shadow);
    expect(reorg?.dropped.map(({ events }) => events[0])).toEqual(
      Array.from({ length: depth }, (_, i) => depth + 2 - i),
    );
    expect(reorg?.commonAncestor.number).toBe(3);
  });

  it('survives a head that goes backwards, and another branch growing from there', async () => {
    const shadow = follow();
    for (let value = 1; value <= 5; value++) await emit(anvil, value);
    await caughtUp(shadow);
    await anvil.rpc('anvil_rollback', [3]);
    await until(async () => {
      const calls = proxy.calls.get('eth_getBlockByNumber') ?? 0;
      await until(() => (proxy.calls.get('eth_getBlockByNumber') ?? 0) > calls + 3);
      return true;
    });
    await emit(anvil, 50, 1);
    await agrees(shadow);
    expect(shadow.effects.values).toEqual([1, 2, 50]);
  });

  it('finds on restart a reorg that happened while it was down', async () => {
    const cursor = new MemoryCursor();
    const effects = new ShadowEffects();
    const first = follow({ cursor, effects });
    for (let value = 1; value <= 5; value++) await emit(anvil, value);
    await caughtUp(first);
    await first.stop();
    await anvil.reorg(3, [[await rawEmit(anvil.accounts[1]!, 0, 77), 1]]);
    await anvil.mine(3);
    const second = follow({ cursor, effects });
    await agrees(second);
    expect(second.effects.values).toEqual([1, 2, 77]);
    expect(reorgs(second)[0]?.dropped.flatMap(({ events }) => events)).toEqual([5, 4, 3]);
  });

  it('finds it also with a cursor that lives on the disk', async () => {
    const path = join(await tempFolder(), 'listener.db');
    const effects = new ShadowEffects();
    const life = async (work: (shadow: Shadow) => Promise<void>): Promise<void> => {
      const journal = openJournal(path, { chainId: anvil.chainId, genesisHash: '0x', signer: 'listener' });
      const shadow = follow({ cursor: createCursor<RawLog>('jobs', { journal }), effects });
      await work(shadow);
      await shadow.stop();
      journal.close();
    };
    for (let value = 1; value <= 5; value++) await emit(anvil, value);
    await life(caughtUp);
    await anvil.reorg(3, [[await rawEmit(anvil.accounts[1]!, 0, 77), 1]]);
    await life(agrees);
    expect(effects.values).toEqual([1, 2, 77]);
  });

  it('finds on restart a reorg although the chain has grown far beyond the history meanwhile', async () => {
    const cursor = new MemoryCursor();
    const effects = new ShadowEffects();
    const options = { cursor, effects, source: { finalityDepth: 8 } };
    const first = follow(options);
    for (let value = 1; value <= 5; value++) await emit(anvil, value);
    await caughtUp(first);
    await first.stop();
    await anvil.reorg(2);
    await anvil.mine(30);
    await emit(anvil, 6, 1);
    await agrees(follow(options));
    expect(effects.values).toEqual([1, 2, 3, 6]);
  });

  it('repeats a reorg whose effects were not acknowledged', async () => {
    const cursor = new MemoryCursor();
    const effects = new ShadowEffects();
    const first = follow({
      cursor,
      effects,
      onSignal: ({ type }) => {
        if (type === 'reorg') throw new Error('killed');
      },
    });
    for (let value = 1; value <= 4; value++) await emit(anvil, value);
    await caughtUp(first);
    await anvil.reorg(2);
    await expect(first.done).rejects.toThrow('killed');
    const second = follow({ cursor, effects });
    await agrees(second);
    expect(effects.values).toEqual([1, 2]);
    expect(reorgs(second)).toHaveLength(1);
  });

  it('follows a reorg that goes below the first block of interest', async () => {
    await anvil.mine(5);
    const shadow = follow({ source: { startBlock: 6 } });
    await caughtUp(shadow);
    await anvil.reorg(4);
    await until(() => reorgs(shadow).length === 1);
    expect(reorgs(shadow)[0]?.commonAncestor.number).toBe(2);
    await emit(anvil, 3);
    await agrees(shadow);
  });

  it('stops with REORG_TOO_DEEP when the branches part below everything it remembers', async () => {
    const shadow = follow({ source: { finalityDepth: 5 } });
    await anvil.mine(20);
    await caughtUp(shadow);
    await anvil.reorg(10);
    await anvil.mine();
    await expect(shadow.done).rejects.toMatchObject({ code: 'REORG_TOO_DEEP', retryable: false });
  });
});

describe('acknowledgement', () => {
  it('hands a block on again when the consumer died before asking for the next one', async () => {
    const cursor = new MemoryCursor();
    let deaths = 0;
    for (const value of [1, 2, 3]) await emit(anvil, value);
    const onSignal = (signal: ChainSignal<number>): void => {
      if (signal.type === 'events' && signal.events.includes(2) && deaths++ === 0) throw new Error('killed');
    };
    const first = follow({ cursor, onSignal });
    await expect(first.done).rejects.toThrow('killed');
    expect(cursor.blocks.at(-1)?.number).toBe(2);
    const second = follow({ cursor, onSignal, effects: first.effects });
    await agrees(second);
    expect(second.signals[0]).toMatchObject({ type: 'events', block: { number: 3 }, events: [2] });
  });
});

describe('catching up', () => {
  it('reads old blocks in ranges and hands on only those with events and the ends', async () => {
    for (let value = 1; value <= 3; value++) {
      await emit(anvil, value);
      await anvil.mine(20);
    }
    const shadow = follow({ source: { finalityDepth: 5, maxRange: 25 } });
    await caughtUp(shadow);
    await agrees(shadow);
    const handedOn = shadow.signals.filter((signal) => signal.type === 'events').length;
    expect(handedOn).toBeLessThan(20);
    await anvil.reorg(3, [[await rawEmit(anvil.accounts[1]!, 0, 9), 0]]);
    await agrees(shadow);
  });

  it('splits ranges that the node finds too large', async () => {
    for (let value = 1; value <= 8; value++) await emit(anvil, value);
    await anvil.mine(40);
    proxy.fault('eth_getLogs', ({ params }) => {
      const { fromBlock, toBlock } = params[0] as { fromBlock?: string; toBlock?: string };
      const large = fromBlock !== undefined && Number(toBlock) - Number(fromBlock) > 3;
      return large ? { kind: 'error', code: -32005, message: 'query returned more than 10000 results' } : undefined;
    });
    const shadow = follow({ source: { finalityDepth: 5 } });
    await agrees(shadow);
    expect(shadow.effects.values).toHaveLength(8);
  });

  it('does not advance over a range whose logs the node loses now and then', async () => {
    for (let value = 1; value <= 12; value++) await emit(anvil, value);
    await anvil.mine(40);
    proxy.fault('eth_getLogs', (_, seen) =>
      seen % 4 < 2 && seededChance(42, seen) < 0.6
        ? { kind: 'rewrite', rewrite: (logs) => (logs as unknown[]).slice(1 + (seen % 2)) }
        : undefined,
    );
    await agrees(follow({ source: { finalityDepth: 5, maxRange: 10 } }));
  });
});

describe('nodes that are wrong', () => {
  it('refuses to advance over an empty answer that the bloom filter contradicts', async () => {
    let lying = true;
    proxy.fault('eth_getLogs', () => (lying ? { kind: 'result', result: [] } : undefined));
    const shadow = follow();
    await emit(anvil, 5);
    await until(() => (proxy.calls.get('eth_getLogs') ?? 0) > 4);
    expect(shadow.tip()).toBe(1);
    lying = false;
    await agrees(shadow);
    expect(shadow.effects.values).toEqual([5]);
  });

  it('finds one lost log among several when it checks whole blocks', async () => {
    await anvil.rpc('evm_setAutomine', [false]);
    for (const value of [1, 2, 3]) await submitEmit(anvil, value);
    let lying = true;
    proxy.fault('eth_getLogs', () =>
      lying ? { kind: 'rewrite', rewrite: (logs) => (logs as unknown[]).filter((_, index) => index !== 1) } : undefined,
    );
    const shadow = follow({ verify: 'whole-block' });
    await anvil.mine();
    await until(() => (proxy.calls.get('eth_getLogs') ?? 0) > 4);
    expect(shadow.tip()).toBe(1);
    lying = false;
    await agrees(shadow);
  });

  it('refuses logs with a topic that the block cannot hold, and logs of other contracts', async () => {
    let forged: Record<string, unknown> = { topics: [`0x${'2a'.padStart(64, '0')}`, `0x${'66'.repeat(32)}`] };
    let lying = true;
    proxy.fault('eth_getLogs', () =>
      lying
        ? { kind: 'rewrite', rewrite: (logs) => (logs as object[]).map((log) => ({ ...log, ...forged })) }
        : undefined,
    );
    const shadow = follow();
    await emit(anvil, 5);
    await until(() => (proxy.calls.get('eth_getLogs') ?? 0) > 3);
    forged = { address: EMITTER.replace('e3172', 'e3173') };
    const asked = proxy.calls.get('eth_getLogs') ?? 0;
    await until(() => (proxy.calls.get('eth_getLogs') ?? 0) > asked + 2);
    expect(shadow.tip()).toBe(1);
    lying = false;
    await agrees(shadow);
  });

  it('delivers a log once that the node repeats', async () => {
    proxy.fault('eth_getLogs', () => ({
      kind: 'rewrite',
      rewrite: (logs) => [...(logs as unknown[]), ...(logs as unknown[])].reverse(),
    }));
    const shadow = follow();
    for (const value of [1, 2]) await emit(anvil, value);
    await agrees(shadow);
    expect(shadow.effects.values).toEqual([1, 2]);
  });

  it('waits for a node that announces a head it cannot serve, and for one that lags', async () => {
    const shadow = follow();
    await emit(anvil, 1);
    await caughtUp(shadow);
    let broken = true;
    proxy.fault('eth_getBlockByNumber', ({ params }) => {
      if (!broken) return undefined;
      return params[0] === 'latest' ? undefined : { kind: 'result', result: null };
    });
    for (const value of [2, 3, 4]) await emit(anvil, value);
    await anvil.mine(2);
    const asked = proxy.calls.get('eth_getBlockByNumber') ?? 0;
    await until(() => (proxy.calls.get('eth_getBlockByNumber') ?? 0) > asked + 4);
    broken = false;
    await agrees(shadow);
    const stale = await anvil.rpc('eth_getBlockByNumber', ['0x2', false]);
    proxy.fault('eth_getBlockByNumber', ({ params }) =>
      params[0] === 'latest' ? { kind: 'result', result: stale } : undefined,
    );
    const later = proxy.calls.get('eth_getBlockByNumber') ?? 0;
    await until(() => (proxy.calls.get('eth_getBlockByNumber') ?? 0) > later + 3);
    expect(reorgs(shadow)).toEqual([]);
    expect(shadow.effects.values).toEqual([1, 2, 3, 4]);
  });

  it('comes through refusals, dropped connections, malformed answers and a hanging node', async () => {
    const faults = [
      { kind: 'status', status: 429 } as const,
      { kind: 'status', status: 502, body: '<html>' } as const,
      { kind: 'drop' } as const,
      { kind: 'hang' } as const,
      { kind: 'result', result: { hash: '0x1' } } as const,
      { kind: 'result', result: 'nonsense' } as const,
      { kind: 'error', code: -32000, message: 'header not found' } as const,
    ];
    let n = 0;
    proxy.fault('*', () => (seededChance(7, n++) < 0.3 ? faults[n % faults.length] : undefined));
    // Between two looks that fail it waits, twice as long each time, and the faults come by the call, not by the clock.
    const patient = { deadlineMs: 25_000 };
    const shadow = follow({ pool: { timeoutMs: 500 } });
    for (let value = 1; value <= 10; value++) await emit(anvil, value);
    await agrees(shadow, patient);
    await anvil.reorg(4);
    await agrees(shadow, patient);
  }, 60_000);
});
