import { describe, expect, it } from 'vitest';
import { ZERO_ADDRESS } from '../../../../workers/protocol/ids.ts';
import type { Terms } from '../../../../workers/protocol/job.ts';
import { phaseOf } from '../../../../workers/queue/catalog.ts';
import { concerns, route, type RouteContext, standingEvent } from '../../../../workers/roles/listener/routes.ts';
import type { BookedJob } from '../../../../workers/store/job-book.ts';
import { hash, jobOf, NOW, OPERATOR, OTHER, REQUESTER, TERMS } from '../../../support/sample-job.ts';
import { CONTEXT } from './bench.ts';

const place = { blockNumber: 5, blockHash: hash(5), txHash: hash(6), logIndex: 0, timestamp: NOW };
const job = (terms: Partial<Terms> = {}): BookedJob => ({
  jobId: jobOf(1),
  terms: { ...TERMS, ...terms },
  input: '0x00000000',
  request: place,
});
const RECORD = { outputRoot: hash(9), outputContent: hash(0), operator: OPERATOR, challengeEnd: BigInt(NOW + 60) };
const answered = (operator = OPERATOR, terms: Partial<Terms> = {}): BookedJob => ({
  ...job(terms),
  attestation: {
    record: { ...RECORD, operator },
    output: '0x3f800000',
    place,
  },
});
const context = (more: Partial<RouteContext> = {}): RouteContext => ({ ...CONTEXT, ...more });
const enqueued = (
  event: 'JobRequested' | 'JobAttested' | 'JobOnTrial',
  about: BookedJob,
  more: Partial<RouteContext> = {},
) => route(event, about, context(more)).filter((work) => work.kind === 'enqueue');
const declined = (terms: Partial<Terms>, more: Partial<RouteContext> = {}) =>
  route('JobRequested', job(terms), context(more)).find((work) => work.kind === 'decline')?.reason;

describe('JobRequested', () => {
  it('sends a job that names us to the executor', () => {
    expect(enqueued('JobRequested', job())).toMatchObject([
      { queue: 'inference', message: { jobId: jobOf(1), input: '0x00000000' } },
    ]);
  });

  it('sends an open job to the executor', () => {
    expect(enqueued('JobRequested', job({ operator: ZERO_ADDRESS }))).toHaveLength(1);
  });

  it.each([
    ['not-ours', { operator: OTHER }, {}],
    ['not-ours', { operator: ZERO_ADDRESS }, { operator: undefined }],
    ['deadline-passed', { attestDeadline: BigInt(NOW - 1) }, {}],
    ['fee-too-low', { fee: 9n }, { feeMin: 10n }],
    ['stake-too-high', { stakeAtRisk: 1_001n }, {}],
  ] as const)('declines with %s', (reason, terms, more) => {
    expect(declined(terms, more)).toBe(reason);
    expect(enqueued('JobRequested', job(terms), more)).toEqual([]);
  });

  it.each([
    ['the deadline itself', { attestDeadline: BigInt(NOW) }, {}],
    ['the lowest fee', { fee: 10n }, { feeMin: 10n }],
    ['the highest stake', { stakeAtRisk: 1_000n }, {}],
  ] as const)('takes a job at %s', (_, terms, more) => {
    expect(declined(terms, more)).toBeUndefined();
  });

  it('expires it, the second after its deadline, only for requesters that are looked after', () => {
    expect(enqueued('JobRequested', job(), { expireFor: new Set([REQUESTER]) })).toMatchObject([
      { queue: 'inference' },
      { queue: 'settlement', notBefore: NOW + 601, message: { action: 'expire' } },
    ]);
    expect(enqueued('JobRequested', job(), { expireFor: new Set([OTHER]) })).toHaveLength(1);
  });
});

describe('JobAttested', () => {
  it('settles our answer the second after its challenge window', () => {
    expect(enqueued('JobAttested', answered())).toMatchObject([
      { queue: 'settlement', notBefore: NOW + 61, message: { action: 'settle', output: '0x3f800000' } },
    ]);
  });

  it('hands the output to the settlement only where the callback wants it', () => {
    expect(enqueued('JobAttested', answered(OPERATOR, { callbackPhase: 1 }))[0]?.message).toMatchObject({
      output: '0x',
    });
    expect(enqueued('JobAttested', answered(OPERATOR, { delivery: 2 }))[0]?.message).toMatchObject({ output: '0x' });
  });

  it("leaves others' answers to them, and takes our own message back", () => {
    expect(enqueued('JobAttested', answered(OTHER))).toEqual([]);
    expect(route('JobAttested', answered(OTHER), CONTEXT)).toContainEqual({
      kind: 'retract',
      queue: 'inference',
      phase: 'infer',
    });
  });

  it.each([
    ['none', OPERATOR, false],
    ['none', OTHER, false],
    ['others', OPERATOR, false],
    ['others', OTHER, true],
    ['all', OPERATOR, true],
    ['all', OTHER, true],
  ] as const)('with verify %s, an answer by %s is checked: %s', (verify, operator, checked) => {
    const queues = enqueued('JobAttested', answered(operator), { verify }).map(({ queue }) => queue);
    expect(queues.includes('verification')).toBe(checked);
  });
});

describe('JobOnTrial', () => {
  it.each([
    ['ours', OPERATOR, {}, true],
    ["another's", OTHER, {}, false],
    ["another's, watched", OTHER, { verify: 'others' }, true],
    ['ours, where only others are watched', OPERATOR, { verify: 'others' }, true],
    ['whose nobody answers here', OTHER, { operator: undefined }, false],
  ] as const)('%s: played %s', (_, operator, more, played) => {
    const work = enqueued('JobOnTrial', answered(operator), more);
    expect(work.map(({ queue }) => queue)).toEqual(played ? ['trial'] : []);
  });

  it('takes the settlement back', () => {
    expect(route('JobOnTrial', answered(), CONTEXT)).toContainEqual({
      kind: 'retract',
      queue: 'settlement',
      phase: phaseOf('settle', RECORD),
    });
  });
});

describe('the end of a job', () => {
  it.each(['JobSettled', 'JobExpired', 'JobSlashed', 'JobVoided'] as const)('%s takes every message back', (event) => {
    expect(route(event, answered(), CONTEXT).map((work) => work.kind === 'retract' && work.phase)).toEqual([
      'infer',
      'attest',
      'expire',
      phaseOf('settle', RECORD),
      phaseOf('verify', RECORD),
    ]);
  });
});

describe('concerns', () => {
  it.each([
    ['ours', {}, {}, true],
    ['open', { operator: ZERO_ADDRESS }, {}, true],
    ["another's", { operator: OTHER }, {}, false],
    ["another's, watched", { operator: OTHER }, { verify: 'others' }, true],
    ["another's, of a requester we look after", { operator: OTHER }, { expireFor: new Set([REQUESTER]) }, true],
    ['ours, but we take nothing', {}, { operator: undefined }, false],
  ] as const)('%s: kept in the book %s', (_, terms, more, kept) => {
    expect(concerns(job(terms), context(more))).toBe(kept);
  });
});

describe('standingEvent', () => {
  it('says by which event a job stands where it stands', () => {
    expect(standingEvent(job())).toBe('JobRequested');
    expect(standingEvent(answered())).toBe('JobAttested');
    expect(standingEvent({ ...answered(), triedAt: 8 })).toBe('JobOnTrial');
    expect(standingEvent({ ...answered(), triedAt: 8, closedAt: 9 })).toBeUndefined();
  });
});
