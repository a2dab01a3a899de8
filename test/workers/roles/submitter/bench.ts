import type { Receipt, RawLog } from '../../../../workers/chain/chain-values.ts';
import { interfaces } from '../../../../workers/chain/contracts.ts';
import type { JobStanding, LadderStanding } from '../../../../workers/chain/job-view.ts';
import { explainRevert } from '../../../../workers/chain/reverts.ts';
import type { SendOutcome } from '../../../../workers/chain/tx-manager.ts';
import { type AttestationRecord, recordHash, recordToJson } from '../../../../workers/protocol/attestation-record.ts';
import { dataTermsToJson } from '../../../../workers/protocol/data-terms.ts';
import type { Hex, Hex32 } from '../../../../workers/protocol/ids.ts';
import { JobStatus, type Terms, termsToJson } from '../../../../workers/protocol/job.ts';
import { catalog, type MessageOf } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import { noMetrics } from '../../../../workers/runtime/metrics.ts';
import type { EffectRequest, EffectResult, Effects } from '../../../../workers/roles/submitter/effects.ts';
import { createSubmitterMetrics, type SubmitterMetrics } from '../../../../workers/roles/submitter/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { DATA_TERMS, FEED_REGISTRY, requestOf } from '../../../support/sample-orders.ts';
import { OPERATOR, REGISTRY, NOW, hash, jobOf, TERMS } from '../../../support/sample-job.ts';

const common = (job: number, terms: Partial<Terms>) => ({
  chainId: 31_337,
  registry: REGISTRY,
  jobId: jobOf(job),
  terms: termsToJson({ ...TERMS, ...terms }),
});

export const attestationOf = (job = 1, terms: Partial<Terms> = {}, more: object = {}): MessageOf<'attestation'> =>
  parseMessage(catalog.attestation, {
    ...common(job, terms),
    outputRoot: hash(9),
    outputContent: hash(0),
    output: '0x3f800000',
    timings: { seenAtMs: NOW * 1_000 - 500 },
    ...more,
  });

export const RECORD: AttestationRecord = {
  outputRoot: hash(9),
  outputContent: hash(0),
  operator: OPERATOR,
  challengeEnd: BigInt(NOW - 1),
};

export const settleOf = (job = 1, terms: Partial<Terms> = {}, output: Hex = '0x') =>
  parseMessage(catalog.settlement, {
    ...common(job, terms),
    action: 'settle',
    record: recordToJson(RECORD),
    output,
  }) as Extract<MessageOf<'settlement'>, { action: 'settle' }>;

export const expireOf = (job = 1, terms: Partial<Terms> = {}) =>
  parseMessage(catalog.settlement, { ...common(job, terms), action: 'expire' }) as Extract<
    MessageOf<'settlement'>,
    { action: 'expire' }
  >;

export const expireQuestionOf = () =>
  parseMessage(catalog.settlement, {
    chainId: 31_337,
    registry: FEED_REGISTRY,
    requestId: requestOf(1),
    terms: dataTermsToJson(DATA_TERMS),
    action: 'expire-question',
  }) as Extract<MessageOf<'settlement'>, { action: 'expire-question' }>;

export const receiptOf = (logs: readonly RawLog[] = [], succeeded = true): Receipt => ({
  transactionHash: hash(77),
  blockHash: hash(78),
  blockNumber: 20,
  succeeded,
  gasUsed: 64_000n,
  effectiveGasPrice: 1n,
  logs,
});

export const mined = (logs: readonly RawLog[] = []): SendOutcome => ({ status: 'mined', receipt: receiptOf(logs) });

/** A call that would be refused with one of the contracts' errors. */
export function wouldRevert(
  contract: 'JobRegistry' | 'OperatorStaking' | 'FeedRegistry',
  name: string,
  values: readonly unknown[],
): SendOutcome {
  const data = interfaces[contract].encodeErrorResult(name, values) as Hex;
  return { status: 'abandoned', why: 'would-revert', reason: explainRevert(data) };
}

export function logOf(name: string, values: readonly unknown[]): RawLog {
  const { data, topics } = interfaces.JobRegistry.encodeEventLog(name, values);
  return {
    address: REGISTRY,
    topics: topics as Hex32[],
    data: data as Hex,
    blockNumber: 20,
    blockHash: hash(78),
    transactionHash: hash(77),
    logIndex: 0,
  };
}

/** Sends nothing; answers what the test says, in order, the last answer for ever. */
export class FakeEffects implements Effects {
  readonly sent: EffectRequest[] = [];
  readonly resumed: string[] = [];
  answers: (SendOutcome | Error)[] = [mined()];
  before: EffectResult | undefined;

  send = async (request: EffectRequest): Promise<EffectResult> => {
    this.sent.push(request);
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer instanceof Error) throw answer;
    if (!answer) throw new Error('no answer prepared');
    return { outcome: answer, sentAtMs: NOW * 1_000 };
  };

  resume = async (key: string): Promise<EffectResult | undefined> => {
    this.resumed.push(key);
    return this.before;
  };
}

/** The chain as the handlers see it. */
export function createChain(status: JobStatus = JobStatus.Requested) {
  const chain = { status, now: NOW, record: RECORD, ladder: undefined as LadderStanding | undefined, ladderAsked: 0 };
  return {
    chain,
    view: {
      standingOf: async (): Promise<JobStanding> => ({
        status: chain.status,
        requestBlock: 10,
        requestedAt: NOW - 10,
        commitment: recordHash(chain.record),
      }),
      ladderOf: async (): Promise<LadderStanding | undefined> => {
        chain.ladderAsked += 1;
        return chain.ladder;
      },
    },
    head: async () => ({ number: 12, timestamp: chain.now }),
  };
}

/** Metrics that remember how messages ended. */
export function recordMetrics(): SubmitterMetrics & { readonly endings: string[]; earnedUnits: bigint } {
  const base = createSubmitterMetrics(noMetrics);
  const endings: string[] = [];
  const recorder = {
    ...base,
    endings,
    earnedUnits: 0n,
    attestation: (ending: string) => void endings.push(`attest ${ending}`),
    settlement: (ending: string) => void endings.push(`settle ${ending}`),
    expiry: (ending: string) => void endings.push(`expire ${ending}`),
    earned: (units: bigint) => void (recorder.earnedUnits += units),
  };
  return recorder;
}

export const clockAtNow = (): ManualClock => new ManualClock({ startMs: NOW * 1_000 });
