import { describe, expect, it } from 'vitest';
import { DataStatus, dataTermsToJson } from '../../../../workers/protocol/data-terms.ts';
import { catalog } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import { RemitError } from '../../../../workers/runtime/errors.ts';
import { silentLogger } from '../../../../workers/runtime/logger.ts';
import type { Pause } from '../../../../workers/roles/oracle/desk.ts';
import { type Subject, subjectKey } from '../../../../workers/roles/oracle/subject.ts';
import { createDataHandler, NO_REQUEST } from '../../../../workers/roles/oracle/work-data.ts';
import { contextOf } from '../../../support/role-jobs.ts';
import { NOW } from '../../../support/sample-job.ts';
import { DATA_TERMS, FEED_REGISTRY, feedOf, requestOf } from '../../../support/sample-orders.ts';

const POLL = 2_500;
const onChain = { chainId: 31_337, registry: FEED_REGISTRY };
const FEED_MESSAGE = parseMessage(catalog.data, { ...onChain, kind: 'feed', feedId: feedOf(1) });
const questionWith = (fee: bigint) =>
  parseMessage(catalog.data, {
    ...onChain,
    kind: 'request',
    requestId: requestOf(1),
    terms: dataTermsToJson({ ...DATA_TERMS, fee }),
    spec: '0x7b7d',
  });
const QUESTION = questionWith(DATA_TERMS.fee);
const KEY = `${feedOf(1)}/${requestOf(1)}`;

function createBench() {
  const scene = {
    status: DataStatus.Requested as DataStatus,
    now: NOW,
    pause: { why: 'not due', now: NOW } as Pause,
    failure: undefined as Error | undefined,
    unreachable: undefined as Error | undefined,
  };
  const worked: Subject[] = [];
  const questions = new Map<string, Subject>();
  const clock = { now: () => contextOf(silentLogger).enqueuedAt + 1_000_000 };
  const handler = createDataHandler(
    { pollMs: POLL, feeMin: DATA_TERMS.fee },
    {
      desk: {
        work: async (subject) => {
          worked.push(subject);
          if (scene.failure) throw scene.failure;
          return scene.pause;
        },
        asked: () => Promise.reject(new Error('not asked here')),
      },
      chain: {
        now: async () => scene.now,
        question: async () => {
          if (scene.unreachable) throw scene.unreachable;
          return { status: scene.status, updatedAt: NOW };
        },
      },
      questions,
      clock,
    },
  );
  const run = (message: typeof QUESTION, signal = new AbortController().signal) =>
    handler(message, contextOf(silentLogger, { signal }));
  return { scene, worked, questions, run };
}

describe('one look and back again', () => {
  it('at a feed, for ever, whatever the chain says of questions', async () => {
    const { scene, worked, questions, run } = createBench();
    scene.status = DataStatus.Expired;
    expect(await run(FEED_MESSAGE)).toEqual({ retryAfterMs: POLL, why: 'not due' });
    expect(worked).toEqual([{ kind: 'feed', feedId: feedOf(1), requestId: NO_REQUEST }]);
    expect(questions.size).toBe(0);
  });

  it('at a question, which leaders may ask about while it is open', async () => {
    const { worked, questions, run } = createBench();
    expect(await run(QUESTION)).toMatchObject({ why: 'not due' });
    expect(worked).toMatchObject([{ kind: 'request', feedId: feedOf(1), requestId: requestOf(1), terms: DATA_TERMS }]);
    expect(worked[0]).toMatchObject({ spec: Buffer.from('{}') });
    expect([...questions]).toEqual([[KEY, worked[0]]]);
    expect(subjectKey(worked[0]!)).toBe(KEY);
  });

  it.each([
    ['was answered', { status: DataStatus.Answered }],
    ['expired', { status: DataStatus.Expired }],
    ['is not known to this chain', { status: DataStatus.None }],
    ['is past its deadline', { now: NOW + 601 }],
  ])('ends when the question %s', async (_, change) => {
    const { scene, worked, questions, run } = createBench();
    await run(QUESTION);
    Object.assign(scene, change);
    expect(await run(QUESTION)).toBeUndefined();
    expect([worked.length, questions.size]).toEqual([1, 0]);
  });

  it('leaves questions that pay too little to others', async () => {
    const { worked, questions, run } = createBench();
    expect(await run(questionWith(DATA_TERMS.fee - 1n))).toBeUndefined();
    expect([worked.length, questions.size]).toEqual([0, 0]);
  });

  it('works in the last second of a question', async () => {
    const { scene, worked, run } = createBench();
    scene.now = NOW + 600;
    await run(QUESTION);
    expect(worked).toHaveLength(1);
  });

  it.each<[string, Pause, number]>([
    ['no later than the next turn', { why: 'sent', until: NOW + 1, now: NOW }, 1_000],
    ['no later than the next poll', { why: 'sent', until: NOW + 9, now: NOW }, POLL],
    ['after a poll when nothing says until when', { why: 'no value', now: NOW }, POLL],
    ['soon while peers are missing', { why: 'gathering', now: NOW }, 200],
    ['never at once', { why: 'sent', until: NOW, now: NOW }, 50],
  ])('comes back %s', async (_, pause, retryAfterMs) => {
    const { scene, run } = createBench();
    scene.pause = pause;
    expect(await run(FEED_MESSAGE)).toEqual({ retryAfterMs, why: pause.why });
  });
});

describe('failures', () => {
  it('waits for the end of an outage, a poll or a second at a time however old the message is', async () => {
    const { scene, run } = createBench();
    scene.failure = new RemitError({ code: 'RPC_UNREACHABLE', message: 'no node answers', retryable: true });
    expect(await run(FEED_MESSAGE)).toEqual({ retryAfterMs: POLL, why: 'RPC_UNREACHABLE' });
    scene.failure = undefined;
    scene.unreachable = new RemitError({ code: 'RPC_INCONSISTENT', message: 'nodes disagree', retryable: true });
    expect(await run(QUESTION)).toEqual({ retryAfterMs: POLL, why: 'RPC_INCONSISTENT' });
  });

  it('waits for a disk that takes no records', async () => {
    const { scene, run } = createBench();
    scene.failure = new RemitError({ code: 'JOURNAL_UNWRITABLE', message: 'no space left' });
    expect(await run(FEED_MESSAGE)).toMatchObject({ why: 'JOURNAL_UNWRITABLE' });
  });

  it.each(['DOUBLE_REPORT', 'RECORD_MALFORMED'])('does not hide %s', async (code) => {
    const { scene, run } = createBench();
    scene.failure = new RemitError({ code, message: 'no' });
    await expect(run(FEED_MESSAGE)).rejects.toMatchObject({ code });
  });

  it('ends with the reason of the one that stops it', async () => {
    const { scene, run } = createBench();
    const stop = new AbortController();
    scene.failure = new RemitError({ code: 'RPC_UNREACHABLE', message: 'no node answers', retryable: true });
    stop.abort(new Error('shutting down'));
    await expect(run(FEED_MESSAGE, stop.signal)).rejects.toThrow('shutting down');
  });
});
