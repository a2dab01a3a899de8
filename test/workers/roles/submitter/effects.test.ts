import { describe, expect, it } from 'vitest';
import type { TransactionRecord } from '../../../../workers/chain/transaction-journal.ts';
import type { SendOutcome, SendRequest } from '../../../../workers/chain/tx-manager.ts';
import { createEffects, type EffectRequest } from '../../../../workers/roles/submitter/effects.ts';
import { explainRevert } from '../../../../workers/chain/reverts.ts';
import { hash, REGISTRY } from '../../../support/sample-job.ts';
import { mined, receiptOf } from './bench.ts';

const reverted: SendOutcome = { status: 'reverted', receipt: receiptOf([], false), reason: explainRevert('0x') };

function bench(
  outcomes: Record<string, SendOutcome>,
  recorded: readonly string[] = [],
  {
    hasHappened,
    status = 'mined',
  }: Pick<EffectRequest, 'hasHappened'> & Partial<Pick<TransactionRecord, 'status'>> = {},
) {
  const journal = new Set(recorded);
  const sent: SendRequest[] = [];
  const record = (key: string): TransactionRecord => ({
    key,
    nonce: 1,
    status,
    intent: { to: REGISTRY, data: '0xaa', value: 0n, gasLimit: 1n, urgent: false },
    attempts: [{ hash: hash(1), raw: '0x', cancels: false, signedAt: 42, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }],
  });
  const bench = { sent, refuses: false };
  const effects = createEffects({
    tx: {
      send: async (request) => {
        sent.push(request);
        journal.add(request.key);
        return outcomes[request.key] ?? mined();
      },
    },
    estimate: async () => (bench.refuses ? { ok: false, reason: explainRevert('0x') } : { ok: true, gas: 100n }),
    find: (key) => (journal.has(key) ? record(key) : undefined),
  });
  const { signal } = new AbortController();
  const request = {
    key: 'k',
    to: REGISTRY,
    data: '0xaa' as const,
    gasLimit: (gas: bigint) => gas + 1n,
    ...(hasHappened && { hasHappened }),
  };
  return Object.assign(bench, { send: () => effects.send(request, signal), resume: () => effects.resume('k', signal) });
}

describe('an effect', () => {
  it('is estimated, then sent with its own gas limit and no second trial', async () => {
    const { send, sent } = bench({});
    expect(await send()).toMatchObject({ outcome: { status: 'mined' }, sentAtMs: 42 });
    expect(sent).toMatchObject([{ key: 'k', gasLimit: 101n, simulate: 'none' }]);
  });

  it('is not signed when it would be refused', async () => {
    const one = bench({});
    one.refuses = true;
    expect(await one.send()).toMatchObject({
      outcome: { status: 'abandoned', why: 'would-revert' },
      sentAtMs: undefined,
    });
    expect(one.sent).toEqual([]);
  });

  it('continues the transaction that its key has, without an estimate', async () => {
    const one = bench({}, ['k']);
    one.refuses = true;
    expect(await one.send()).toMatchObject({ outcome: { status: 'mined' } });
  });

  it('gets the next key when its transaction was mined and refused before', async () => {
    const { send, sent } = bench({ k: reverted }, ['k']);
    expect(await send()).toMatchObject({ outcome: { status: 'mined' } });
    expect(sent.map(({ key }) => key)).toEqual(['k', 'k-2']);
  });

  it('gets the next key when its transaction was mined before and has changed nothing', async () => {
    const { send, sent } = bench({}, ['k', 'k-2'], { hasHappened: () => false });
    expect(await send()).toMatchObject({ outcome: { status: 'mined' } });
    expect(sent.map(({ key }) => key)).toEqual(['k', 'k-2', 'k-3']);
  });

  it('reports that its own transaction has changed nothing instead of trying again at once, and gives up in the end', async () => {
    const fresh = bench({}, [], { hasHappened: () => false });
    expect(await fresh.send()).toMatchObject({ outcome: { status: 'mined' } });
    expect(fresh.sent).toHaveLength(1);
    const eight = Array.from({ length: 8 }, (_, at) => (at === 0 ? 'k' : `k-${at + 1}`));
    const tried = bench({}, eight, { hasHappened: () => false });
    expect(await tried.send()).toMatchObject({ outcome: { status: 'mined' } });
    expect(tried.sent.map(({ key }) => key)).toEqual(eight);
  });

  it('reports that one it had to wait for has changed nothing: whoever asks looks at the chain before the next', async () => {
    const { send, sent } = bench({}, ['k'], { hasHappened: () => false, status: 'pending' });
    expect(await send()).toMatchObject({ outcome: { status: 'mined' } });
    expect(sent.map(({ key }) => key)).toEqual(['k']);
  });

  it('reports a refusal of its own transaction instead of trying again at once', async () => {
    const { send, sent } = bench({ k: reverted });
    expect(await send()).toMatchObject({ outcome: { status: 'reverted' } });
    expect(sent).toHaveLength(1);
  });

  it('is never begun by a resume', async () => {
    const fresh = bench({});
    expect(await fresh.resume()).toBeUndefined();
    expect(fresh.sent).toEqual([]);
    const known = bench({ k: reverted }, ['k', 'k-2']);
    expect(await known.resume()).toMatchObject({ outcome: { status: 'mined' } });
    expect(known.sent.map(({ key }) => key)).toEqual(['k', 'k-2']);
  });
});
