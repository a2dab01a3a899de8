import { describe, expect, it } from 'vitest';
import { JobStatus } from '../../../../workers/protocol/job.ts';
import { jobOf, NOW, OTHER } from '../../../support/sample-job.ts';
import { attested, blockOf, createBench, requested, settled } from './bench.ts';

describe('the reconciler', () => {
  it('makes every message again that is due after Redis lost everything, without asking the chain', async () => {
    const { follow, reconcile, queues, chain } = createBench({ verify: 'all' });
    chain.outputs.set(jobOf(2), '0x3f800000');
    await follow(blockOf(1, requested(1, 1), requested(2, 1), requested(3, 1)));
    await follow(blockOf(2, attested(2, 2), attested(3, 2)));
    await follow(blockOf(3, settled(3, 3)));
    const before = queues.waiting.sort();
    queues.messages.clear();
    await reconcile();
    expect(queues.waiting.sort()).toEqual(before);
    expect(before).toEqual(['1-infer', '2-settle', '2-verify']);
    expect(queues.find(2, 'settle')?.message).toMatchObject({ output: '0x3f800000' });
    expect(chain.asked).toBe(0);
  });

  it('changes nothing while all messages are there', async () => {
    const { follow, reconcile, queues } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    await reconcile();
    expect(queues.waiting).toEqual(['1-infer']);
  });

  it('makes a message again that has ended while the chain still asks for it, ever more slowly', async () => {
    const { follow, reconcile, queues, chain, clock } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    chain.statuses.set(jobOf(1), JobStatus.Requested);
    const recreated = async (afterMs: number): Promise<boolean> => {
      queues.finish(1, 'infer');
      await reconcile();
      await clock.advance(afterMs);
      await reconcile();
      return queues.waiting.length === 1;
    };
    expect(await recreated(29_000)).toBe(false);
    expect(await recreated(1_000)).toBe(true);
    expect(await recreated(30_000)).toBe(false);
    expect(await recreated(30_000)).toBe(true);
  });

  it('leaves a message that has ended alone when the chain has moved on', async () => {
    const { follow, reconcile, queues, chain, clock } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    queues.finish(1, 'infer');
    chain.statuses.set(jobOf(1), JobStatus.Attested);
    await reconcile();
    await clock.advance(60_000);
    await reconcile();
    expect(queues.waiting).toEqual([]);
  });

  it('does not repeat a settlement that ended before its window', async () => {
    const { follow, reconcile, queues, chain, clock } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    await follow(blockOf(2, attested(1, 2)));
    queues.finish(1, 'settle');
    chain.statuses.set(jobOf(1), JobStatus.Attested);
    await reconcile();
    await clock.advance(3_600_000);
    await reconcile();
    expect(queues.waiting).toEqual([]);
    chain.now = NOW + 61;
    await reconcile();
    await clock.advance(30_000);
    await reconcile();
    expect(queues.waiting).toEqual(['1-settle']);
  });

  it('looks at an answer only once', async () => {
    const { follow, reconcile, queues, chain, clock } = createBench({ verify: 'others' });
    await follow(blockOf(1, requested(1, 1)));
    await follow(blockOf(2, attested(1, 2, OTHER)));
    queues.finish(1, 'verify');
    chain.statuses.set(jobOf(1), JobStatus.Attested);
    await reconcile();
    await clock.advance(3_600_000);
    await reconcile();
    expect(queues.waiting).toEqual([]);
  });

  it('asks for nothing once the deadline has passed', async () => {
    const { follow, reconcile, queues, chain } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    queues.messages.clear();
    chain.now = NOW + 601;
    await reconcile();
    expect(queues.waiting).toEqual([]);
  });

  it('forgets a job, a day after its deadline, that nobody answered and nobody expires', async () => {
    const { follow, reconcile, book, chain } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    chain.now = NOW + 600 + 86_400;
    await reconcile();
    expect(book.open()).toHaveLength(1);
    chain.now += 1;
    await reconcile();
    expect(book.open()).toEqual([]);
    await follow({ type: 'finalized', blockNumber: 1 });
    expect(book.find(jobOf(1))).toBeUndefined();
  });
});
