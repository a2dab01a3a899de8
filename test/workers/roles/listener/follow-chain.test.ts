import { describe, expect, it } from 'vitest';
import { JobStatus } from '../../../../workers/protocol/job.ts';
import { hash, jobOf, NOW, OPERATOR, OTHER, TERMS } from '../../../support/sample-job.ts';
import { attested, blockOf, createBench, reorgOf, requested, settled } from './bench.ts';

describe('following the chain', () => {
  it('turns a requested job into an inference message and keeps it in the book', async () => {
    const { follow, queues, book } = createBench();
    await follow(blockOf(1, requested(1, 1), requested(2, 1)));
    expect(queues.waiting).toEqual(['1-infer', '2-infer']);
    expect(book.find(jobOf(1))).toMatchObject({ terms: TERMS, request: { blockNumber: 1, txHash: hash(1_001) } });
  });

  it('changes nothing when the same block comes twice', async () => {
    const { follow, queues } = createBench();
    const block = blockOf(1, requested(1, 1));
    await follow(block);
    await follow(block);
    expect(queues.waiting).toEqual(['1-infer']);
  });

  it('delays the settlement by chain time, with the output from the calldata of the attestation', async () => {
    const { follow, queues, chain } = createBench();
    chain.outputs.set(jobOf(1), '0x3f800000');
    chain.now = NOW + 10;
    await follow(blockOf(1, requested(1, 1)));
    queues.finish(1, 'infer');
    await follow(blockOf(2, attested(1, 2)));
    expect(queues.waiting).toEqual(['1-settle']);
    expect(queues.find(1, 'settle')).toMatchObject({ delayMs: 51_000, message: { output: '0x3f800000' } });
  });

  it('handles request and attestation in one block', async () => {
    const { follow, queues, chain } = createBench();
    chain.outputs.set(jobOf(1), '0x3f800000');
    await follow(blockOf(1, requested(1, 1), attested(1, 1)));
    expect(queues.waiting).toEqual(['1-settle']);
  });

  it('stands down when another operator was first', async () => {
    const { follow, queues } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    await follow(blockOf(2, attested(1, 2, OTHER)));
    expect(queues.waiting).toEqual([]);
  });

  it('asks the chain for the terms of a job that it never saw', async () => {
    const { follow, queues, chain } = createBench();
    const place = { blockNumber: 1, blockHash: hash(1), txHash: hash(2), logIndex: 0, timestamp: NOW };
    chain.unseen.set(jobOf(1), { jobId: jobOf(1), terms: TERMS, input: '0x', request: place });
    await follow(blockOf(2, attested(1, 2)));
    expect(queues.waiting).toEqual(['1-settle']);
    await follow(blockOf(3, attested(2, 3)));
    expect(queues.waiting).toEqual(['1-settle']);
  });

  it('takes everything back when a job has ended, and forgets it once that is final', async () => {
    const { follow, queues, book } = createBench({ verify: 'all' });
    await follow(blockOf(1, requested(1, 1)));
    await follow(blockOf(2, attested(1, 2)));
    await follow(blockOf(3, settled(1, 3)));
    expect(queues.waiting).toEqual([]);
    await follow({ type: 'finalized', blockNumber: 2 });
    expect(book.find(jobOf(1))).toBeDefined();
    await follow({ type: 'finalized', blockNumber: 3 });
    expect(book.find(jobOf(1))).toBeUndefined();
  });

  it('fails when a queue fails, and is whole when it is asked again', async () => {
    const { follow, queues } = createBench();
    queues.failures = 1;
    const block = blockOf(1, requested(1, 1), requested(2, 1));
    await expect(follow(block)).rejects.toThrow('redis is away');
    await follow(block);
    expect(queues.waiting.sort()).toEqual(['1-infer', '2-infer']);
  });
});

describe('a reorg', () => {
  it('takes back the messages of a request that is gone, and forgets the job', async () => {
    const { follow, queues, book } = createBench();
    const block = blockOf(1, requested(1, 1));
    await follow(block);
    await follow(reorgOf(0, block));
    expect(queues.waiting).toEqual([]);
    expect(book.find(jobOf(1))).toBeUndefined();
  });

  it('still takes the messages back when the queue fails in the middle of it', async () => {
    const { follow, queues } = createBench();
    const block = blockOf(1, requested(1, 1));
    await follow(block);
    queues.failures = 1;
    await expect(follow(reorgOf(0, block))).rejects.toThrow('redis is away');
    await follow(reorgOf(0, block));
    expect(queues.waiting).toEqual([]);
  });

  it('routes a request again that comes back in another block, even if its message had ended', async () => {
    const { follow, queues, chain } = createBench();
    const block = blockOf(1, requested(1, 1));
    await follow(block);
    queues.finish(1, 'infer');
    await follow(reorgOf(0, block));
    chain.statuses.set(jobOf(1), JobStatus.Requested);
    await follow(blockOf(2, requested(1, 2)));
    expect(queues.waiting).toEqual(['1-infer']);
    expect(queues.find(1, 'infer')?.message).toMatchObject({ request: { blockNumber: 2 } });
  });

  it('asks for the answer again when only the attestation is gone', async () => {
    const { follow, queues, chain, book } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    queues.finish(1, 'infer');
    const block = blockOf(2, attested(1, 2));
    await follow(block);
    expect(queues.waiting).toEqual(['1-settle']);
    chain.statuses.set(jobOf(1), JobStatus.Requested);
    await follow(reorgOf(1, block));
    expect(queues.waiting).toEqual(['1-infer']);
    expect(book.find(jobOf(1))?.attestation).toBeUndefined();
  });

  it('leaves a message that had ended alone when the chain does not ask for it', async () => {
    const { follow, queues, chain } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    queues.finish(1, 'infer');
    const block = blockOf(2, attested(1, 2));
    await follow(block);
    chain.statuses.set(jobOf(1), JobStatus.Attested);
    await follow(reorgOf(1, block));
    expect(queues.waiting).toEqual([]);
  });

  it('settles again when the settlement is gone', async () => {
    const { follow, queues, chain } = createBench();
    await follow(blockOf(1, requested(1, 1)));
    await follow(blockOf(2, attested(1, 2)));
    queues.finish(1, 'settle');
    const block = blockOf(3, settled(1, 3));
    await follow(block);
    chain.statuses.set(jobOf(1), JobStatus.Attested);
    await follow(reorgOf(2, block));
    expect(queues.waiting).toEqual(['1-settle']);
  });

  it('settles and verifies what the new branch says, though somebody is busy with what the old one said', async () => {
    const { follow, queues } = createBench({ verify: 'all' });
    await follow(blockOf(1, requested(1, 1)));
    queues.finish(1, 'infer');
    const block = blockOf(2, attested(1, 2));
    await follow(block);
    queues.begin(1, 'settle');
    queues.finish(1, 'verify');
    await follow(reorgOf(1, block));
    await follow(blockOf(2, attested(1, 2, OPERATOR, NOW + 61)));
    const ends = [...queues.messages.values()].flatMap(({ message }) => {
      const { record } = message as { readonly record?: { readonly challengeEnd: string } };
      return record ? [Number(record.challengeEnd) - NOW] : [];
    });
    expect(ends).toEqual([60, 60, 61, 61]);
    expect(queues.waiting).toEqual(['1-settle', '1-settle', '1-verify']);
  });

  it('takes a request that was only looked up back with the attestation that made it known', async () => {
    const { follow, queues, book, chain } = createBench();
    const place = { blockNumber: 4, blockHash: hash(4), txHash: hash(1_004), logIndex: 0, timestamp: NOW };
    chain.unseen.set(jobOf(1), { jobId: jobOf(1), terms: TERMS, input: '0x', request: place });
    await follow(blockOf(5, attested(1, 5)));
    expect(book.find(jobOf(1))?.attestation).toBeDefined();
    // Both blocks are gone, and the stream had seen no event in the first.
    await follow(reorgOf(3, blockOf(5, attested(1, 5)), blockOf(4)));
    expect(book.find(jobOf(1))).toBeUndefined();
    expect(queues.waiting).toEqual([]);
  });

  it('goes back over several blocks at once, newest first', async () => {
    const { follow, queues, book } = createBench();
    const blocks = [blockOf(1, requested(1, 1)), blockOf(2, attested(1, 2)), blockOf(3, settled(1, 3))];
    for (const block of blocks) await follow(block);
    await follow(reorgOf(0, ...blocks.toReversed()));
    expect(book.find(jobOf(1))).toBeUndefined();
    expect(queues.waiting).toEqual([]);
  });
});
