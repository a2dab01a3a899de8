import { describe, expect, it } from 'vitest';
import type { RawLog } from '../../../workers/chain/chain-values.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import type { Addresses, ContractName } from '../../../workers/chain/deployments.ts';
import { createEventDecoder, type EventType } from '../../../workers/chain/events.ts';
import { type Address, type Hex, type Hex32, type ModelId, ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';
import { type Terms, termsToChain } from '../../../workers/protocol/job.ts';
import { DATA_TERMS, SCHEDULE_TERMS } from '../../support/sample-orders.ts';

const account = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}` as Address;
const word = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}` as Hex32;

const addresses: Addresses = {
  JobRegistry: account(0xa1),
  ModelRegistry: account(0xa2),
  OperatorStaking: account(0xa3),
  Settlement: account(0xa4),
  Slasher: account(0xa5),
  EquivocationCourt: account(0xa6),
  TrialCourt: account(0xa7),
  FeedRegistry: account(0xa8),
  FeedRequests: account(0xa9),
  Scheduler: account(0xaa),
};

function rawLog(from: ContractName, event: string, values: readonly unknown[], more: Partial<RawLog> = {}): RawLog {
  const { data, topics } = interfaces[from].encodeEventLog(event, values);
  return {
    address: addresses[from],
    topics: topics as Hex32[],
    data: data as Hex,
    blockNumber: 9,
    blockHash: word(1),
    transactionHash: word(2),
    logIndex: 3,
    ...more,
  };
}

const terms: Terms = {
  requester: account(1),
  modelId: word(2) as ModelId,
  inputRoot: word(3),
  availability: 1,
  delivery: 1,
  callbackPhase: 1,
  callbackGas: 100_000,
  callbackTarget: account(4),
  fee: 10n ** 18n,
  stakeAtRisk: 5n,
  operator: account(0),
  offerPenalty: 0n,
  attestDeadline: 1_700_000_000n,
  challengeWindow: 60,
  policy: account(0),
  parametersVersion: 1,
  salt: 7n,
};
const requested = (options = termsToChain(terms).options): RawLog =>
  rawLog('JobRegistry', 'JobRequested', [word(9), account(1), { ...termsToChain(terms), options }, '0x0102']);

const decoder = createEventDecoder(addresses);

const SIMPLE: readonly (readonly [EventType, ContractName, readonly unknown[], object])[] = [
  [
    'JobAttested',
    'JobRegistry',
    [word(9), account(5), word(6), word(0), 77n],
    { jobId: word(9), operator: account(5), outputRoot: word(6), challengeEnd: 77n },
  ],
  [
    'JobSettled',
    'JobRegistry',
    [word(9), account(5), 80n, 15n, 5n],
    { operatorAmount: 80n, publisherAmount: 15n, treasuryAmount: 5n },
  ],
  ['JobExpired', 'JobRegistry', [word(9), 100n, 3n], { refund: 100n, penalty: 3n }],
  ['JobOnTrial', 'JobRegistry', [word(9)], { jobId: word(9) }],
  ['JobAcquitted', 'JobRegistry', [word(9), account(5)], { operator: account(5) }],
  ['JobSlashed', 'JobRegistry', [word(9), account(5), 4, 100n], { reason: 4, refund: 100n }],
  ['JobVoided', 'JobRegistry', [word(9), account(5), 100n], { refund: 100n }],
  ['CallbackFailed', 'JobRegistry', [word(9)], { jobId: word(9) }],
  ['CallbackRetried', 'JobRegistry', [word(9)], { jobId: word(9) }],
  ['SettleSkipped', 'JobRegistry', [word(9), '0x12345678'], { reason: '0x12345678' }],
  ['ModelRetired', 'ModelRegistry', [word(8), 55n], { modelId: word(8), bondReleaseAt: 55n }],
  [
    'OperatorSlashed',
    'Slasher',
    [word(9), account(5), 2, 10n, account(0), 0n, account(6), 4n, account(7), 1n, 5n],
    { offence: 2, amount: 10n },
  ],
  ['EquivocationProven', 'EquivocationCourt', [word(9), account(5), account(6)], { reporter: account(6) }],
  ['AttesterAppointed', 'OperatorStaking', [account(5), account(6)], { attester: account(6) }],
  ['AttesterRevoked', 'OperatorStaking', [account(5), account(6), 99n], { revokedAt: 99n }],
  [
    'FeedReported',
    'FeedRegistry',
    [word(3), 4, -7n, 55n, 2, 0b111, true],
    { feedId: word(3), round: 4, answer: -7n, turn: 55n, leader: 2, paid: true },
  ],
  ['FeedDisputed', 'FeedRegistry', [word(3), -7n, 55n, 2, 0b111, false], { feedId: word(3), answer: -7n, paid: false }],
  [
    'DataRequested',
    'FeedRegistry',
    [word(4), DATA_TERMS.committee, DATA_TERMS, '0x7b7d'],
    { requestId: word(4), terms: DATA_TERMS, spec: '0x7b7d' },
  ],
  ['DataAnswered', 'FeedRegistry', [word(4), 8n, 55n, 1, 0b111], { requestId: word(4), answer: 8n, leader: 1 }],
  ['DataExpired', 'FeedRegistry', [word(4), 9n], { refund: 9n }],
  [
    'ScheduleCreated',
    'Scheduler',
    [account(5), account(6), SCHEDULE_TERMS, '0x0102'],
    { schedule: account(5), owner: account(6), terms: SCHEDULE_TERMS, input: '0x0102' },
  ],
  [
    'ScheduleTriggered',
    'Scheduler',
    [account(5), word(9), 3n, account(6), 1n],
    { schedule: account(5), jobId: word(9), run: 3n, triggeredBy: account(6), tip: 1n },
  ],
  ['ScheduleCancelled', 'Scheduler', [account(5), 9n], { schedule: account(5), refund: 9n }],
];

describe('decode', () => {
  it('reads a request with all of its terms', () => {
    expect(decoder.decode(requested())).toEqual({
      type: 'JobRequested',
      log: { blockNumber: 9, blockHash: word(1), transactionHash: word(2), logIndex: 3 },
      jobId: word(9),
      requester: account(1),
      terms,
      input: '0x0102',
    });
  });

  it.each(SIMPLE)('reads %s', (type, from, values, expected) => {
    expect(decoder.decode(rawLog(from, type, values))).toMatchObject({ type, ...expected });
  });

  it('ignores events of other contracts, and events nobody asked for', () => {
    expect(decoder.decode(rawLog('JobRegistry', 'JobOnTrial', [word(9)], { address: account(0xff) }))).toBeUndefined();
    expect(
      decoder.decode(rawLog('JobRegistry', 'JobOnTrial', [word(9)], { address: addresses.Slasher })),
    ).toBeUndefined();
    expect(decoder.decode(rawLog('JobRegistry', 'JobOnTrial', [word(9)], { topics: [] }))).toBeUndefined();
    expect(
      createEventDecoder(addresses, ['JobSettled']).decode(rawLog('JobRegistry', 'JobOnTrial', [word(9)])),
    ).toBeUndefined();
  });

  it('stops with ABI_MISMATCH at an event of ours that does not fit our interface', () => {
    const log = rawLog('JobRegistry', 'JobAttested', [word(9), account(5), word(6), word(0), 77n], { data: '0x01' });
    expect(() => decoder.decode(log)).toThrow(
      expect.objectContaining({ code: 'ABI_MISMATCH', retryable: false }) as Error,
    );
    expect(() => decoder.decode(requested(2n ** 256n - 1n))).toThrow(
      expect.objectContaining({ code: 'ABI_MISMATCH' }) as Error,
    );
  });
});

describe('filter', () => {
  it('asks for nothing of contracts that a deployment does not have', () => {
    const without = { ...addresses, FeedRegistry: ZERO_ADDRESS, Scheduler: ZERO_ADDRESS };
    const { filter } = createEventDecoder(without, ['JobSettled', 'FeedReported', 'ScheduleCreated']);
    expect(filter.addresses).toEqual([addresses.JobRegistry]);
    expect(filter.topics).toHaveLength(1);
    expect(createEventDecoder(addresses, ['JobSettled', 'FeedReported']).filter.addresses).toHaveLength(2);
  });

  it('names only the contracts and topics that are wanted', () => {
    const { filter } = createEventDecoder(addresses, ['JobSettled', 'JobExpired']);
    expect(filter.addresses).toEqual([addresses.JobRegistry]);
    expect(filter.topics).toHaveLength(2);
  });
});
