import { describe, expect, it } from 'vitest';
import { expireQuestionCall } from '../../../../workers/chain/feed-calls.ts';
import { DataStatus } from '../../../../workers/protocol/data-terms.ts';
import { JobStatus } from '../../../../workers/protocol/job.ts';
import { createExpire } from '../../../../workers/roles/submitter/expire.ts';
import { createSettlement } from '../../../../workers/roles/submitter/settlement.ts';
import { contextOf, type LogLine, recordingLogger } from '../../../support/role-jobs.ts';
import { hash, NOW } from '../../../support/sample-job.ts';
import { DATA_TERMS, FEED_REGISTRY, requestOf } from '../../../support/sample-orders.ts';
import {
  clockAtNow,
  createChain,
  expireOf,
  expireQuestionOf,
  FakeEffects,
  recordMetrics,
  wouldRevert,
} from './bench.ts';

function bench() {
  const { chain, view, head } = createChain(JobStatus.Requested);
  const question = { status: DataStatus.Requested as DataStatus, asked: [] as string[] };
  const effects = new FakeEffects();
  const metrics = recordMetrics();
  const clock = clockAtNow();
  const questions = {
    questionStatus: async (id: string) => {
      question.asked.push(id);
      return question.status;
    },
  };
  const lines: LogLine[] = [];
  const handler = createSettlement({
    expire: createExpire({ view, questions, head, effects, clock, metrics }),
    settle: () => Promise.reject(new Error('nothing is settled here')),
    clock,
    fatal: () => undefined,
  });
  const run = (message: ReturnType<typeof expireOf> | ReturnType<typeof expireQuestionOf>, enqueuedAt = NOW * 1_000) =>
    handler(message, contextOf(recordingLogger(lines), { enqueuedAt }));
  return { chain, question, effects, metrics, lines, run };
}

describe('expiring a job', () => {
  it('waits for the deadline, then expires it once', async () => {
    const { chain, effects, metrics, run } = bench();
    chain.now = NOW + 600;
    expect(await run(expireOf())).toMatchObject({ retryAfterMs: 1_000 });
    chain.now = NOW + 601;
    expect(await run(expireOf())).toBeUndefined();
    expect(effects.sent).toMatchObject([{ key: `31337-0165878a-${hash(1).slice(2)}-expire` }]);
    expect(metrics.endings).toEqual(['expire mined']);
  });

  it.each([JobStatus.Attested, JobStatus.Settled, JobStatus.Expired])(
    'leaves one in status %i alone',
    async (status) => {
      const { chain, effects, metrics, run } = bench();
      chain.status = status;
      expect(await run(expireOf())).toBeUndefined();
      expect(effects.sent).toEqual([]);
      expect(metrics.endings).toEqual(['expire lost-race']);
    },
  );

  it('is done when somebody else was first', async () => {
    const { chain, effects, metrics, run } = bench();
    chain.now = NOW + 601;
    effects.answers = [wouldRevert('JobRegistry', 'JobRegistryWrongStatus', [hash(1), JobStatus.Expired])];
    expect(await run(expireOf())).toBeUndefined();
    expect(metrics.endings).toEqual(['expire lost-race']);
  });
});

describe('expiring a question', () => {
  it('waits for its deadline, then gives the fee back once', async () => {
    const { chain, question, effects, metrics, lines, run } = bench();
    chain.now = NOW + 600;
    expect(await run(expireQuestionOf())).toMatchObject({ retryAfterMs: 1_000 });
    expect(effects.sent).toEqual([]);
    chain.now = NOW + 601;
    expect(await run(expireQuestionOf())).toBeUndefined();
    expect(effects.sent).toMatchObject([
      {
        key: `31337-a513e6e4-${requestOf(1).slice(2)}-expire-question`,
        to: FEED_REGISTRY,
        data: expireQuestionCall(DATA_TERMS),
      },
    ]);
    expect(question.asked).toEqual([requestOf(1), requestOf(1)]);
    expect(metrics.endings).toEqual(['expire mined']);
    expect(lines.at(-1)).toMatchObject({ message: 'question expired', fields: { requestId: requestOf(1) } });
  });

  it.each([DataStatus.Answered, DataStatus.Expired])('leaves one in status %i alone', async (status) => {
    const { chain, question, effects, metrics, run } = bench();
    chain.now = NOW + 601;
    question.status = status;
    expect(await run(expireQuestionOf())).toBeUndefined();
    expect([effects.sent, metrics.endings]).toEqual([[], ['expire lost-race']]);
  });

  it('waits a moment for a node that lags, and gives one up that is not on the chain', async () => {
    const { chain, question, effects, metrics, run } = bench();
    chain.now = NOW + 601;
    question.status = DataStatus.None;
    expect(await run(expireQuestionOf())).toMatchObject({ why: 'the request is not on the chain' });
    expect(await run(expireQuestionOf(), (NOW - 60) * 1_000)).toBeUndefined();
    expect([effects.sent, metrics.endings]).toEqual([[], ['expire stood-down']]);
  });

  it('looks again when the contract knows no such open question, and is done when somebody else was first', async () => {
    const { chain, question, effects, metrics, run } = bench();
    chain.now = NOW + 601;
    effects.answers = [wouldRevert('FeedRegistry', 'FeedRegistryUnknownRequest', [requestOf(1)])];
    expect(await run(expireQuestionOf())).toMatchObject({ why: expect.stringContaining('UnknownRequest') as string });
    question.status = DataStatus.Expired;
    expect(await run(expireQuestionOf())).toBeUndefined();
    expect(metrics.endings).toEqual(['expire lost-race']);
  });

  it('waits for chain time where the nodes say that it is too early', async () => {
    const { chain, effects, run } = bench();
    chain.now = NOW + 601;
    effects.answers = [wouldRevert('FeedRegistry', 'FeedRegistryDeadlineNotPassed', [requestOf(1), NOW + 600])];
    expect(await run(expireQuestionOf())).toMatchObject({ why: expect.stringContaining('NotPassed') as string });
  });
});
