import { Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';
import { interfaces } from '../../../../workers/chain/contracts.ts';
import type { FeedStanding } from '../../../../workers/chain/feed-reads.ts';
import type { DataTerms } from '../../../../workers/protocol/data-terms.ts';
import { SeatStatus, turnStart } from '../../../../workers/protocol/feed.ts';
import { type Address, ZERO_ADDRESS } from '../../../../workers/protocol/ids.ts';
import { type Report, recoverReporter, reportOf } from '../../../../workers/protocol/observation.ts';
import { catalog, type MessageInput } from '../../../../workers/queue/catalog.ts';
import { parseMessage } from '../../../../workers/queue/producer.ts';
import { RemitError } from '../../../../workers/runtime/errors.ts';
import { noMetrics } from '../../../../workers/runtime/metrics.ts';
import { createCommittees } from '../../../../workers/roles/oracle/committee.ts';
import { createDesk } from '../../../../workers/roles/oracle/desk.ts';
import { createOracleMetrics } from '../../../../workers/roles/oracle/metrics.ts';
import { createReporter } from '../../../../workers/roles/oracle/reporter.ts';
import type { Subject } from '../../../../workers/roles/oracle/subject.ts';
import { createReportGuard } from '../../../../workers/store/report-guard.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordingLogger } from '../../../support/role-jobs.ts';
import { FEED, FEED_DOMAIN, FEED_REGISTRY, FEED_TERMS, REQUEST, ROUNDS, word } from '../../../support/sample-feed.ts';
import { temporaryJournal } from '../../../support/temporary-journal.ts';

const TURN = 4_000;
const START = turnStart(TURN, FEED_TERMS);
const FEED_ROUNDS: Subject = { kind: 'feed', feedId: FEED, requestId: ROUNDS };
const TERMS: DataTerms = {
  committee: FEED,
  requester: FEED_REGISTRY,
  specDigest: word(5),
  fee: 100n,
  deadline: BigInt(START + 500),
  callbackTarget: ZERO_ADDRESS,
  callbackGas: 0,
  salt: 1n,
};
const QUESTION: Subject = {
  kind: 'request',
  feedId: FEED,
  requestId: REQUEST,
  terms: TERMS,
  spec: new TextEncoder().encode('{}'),
};
const keys = [1, 2, 3, 4].map((n) => new Wallet(word(n)));
const { signal } = new AbortController();

/** The desk of seat 0, which leads `TURN`; the other seats report what `peers` says. */
function createBench({ unpaid = true } = {}) {
  const clock = new ManualClock();
  const scene = {
    now: START,
    value: 1_000_000n as bigint | Error,
    standing: { latest: undefined, parked: undefined, fund: 1_000n } as FeedStanding,
    suspendedUntil: 0,
    /** The key on our operator's seat. */
    reporter: keys[0]!.address,
    peers: [] as bigint[],
    fetches: 0,
    /** Ends while the sources are asked. */
    fetching: undefined as Promise<void> | undefined,
  };
  const sent: MessageInput<'transaction'>[] = [];
  const seated: boolean[] = [];
  const chain = {
    now: async () => scene.now,
    facts: async () => ({ terms: FEED_TERMS, sourcesDigest: word(7) }),
    standing: async () => scene.standing,
    seats: async () =>
      keys.map(({ address }, seat) => ({
        status: SeatStatus.Seated,
        reporter: (seat === 0 ? scene.reporter : address) as Address,
        operator: address as Address,
        suspendedUntil: seat === 0 ? scene.suspendedUntil : 0,
      })),
    question: () => Promise.reject(new Error('not asked here')),
  };
  const observe = async () => {
    scene.fetches += 1;
    await scene.fetching;
    if (scene.value instanceof Error) throw scene.value;
    return {
      value: scene.value,
      sources: [
        { name: 'one', value: scene.value },
        { name: 'two', reason: 'OUTLIER' },
      ],
    };
  };
  const reporter = createReporter(FEED_DOMAIN, {
    guard: createReportGuard({ journal: temporaryJournal(keys[0]!.address), clock }),
    signTypedData: ({ domain, types, value }) => keys[0]!.signTypedData(domain, types, value),
    onSigned: () => undefined,
  });
  const desk = createDesk(
    { chainId: 31_337, registry: FEED_REGISTRY, unpaid },
    {
      chain,
      committees: createCommittees({ us: keys[0]!.address as Address }, { chain, clock }),
      sightings: { ofFeed: observe, ofSpec: observe },
      reporter,
      gatherer: {
        gather: async () =>
          scene.peers.map((value, i): Report => reportOf(i + 1, value, `0x${'22'.repeat(32)}${'11'.repeat(32)}1b`)),
      },
      transactions: {
        enqueue: async (_, message) => {
          parseMessage(catalog.transaction, message as MessageInput<'transaction'>);
          sent.push(message as MessageInput<'transaction'>);
          return { id: 'x', outcome: 'added' };
        },
      },
      metrics: { ...createOracleMetrics(noMetrics), seated: (_, isSeated) => seated.push(isSeated) },
    },
  );
  const logger = recordingLogger();
  return {
    scene,
    sent,
    seated,
    clock,
    reporter,
    lines: (code: string) => logger.lines.filter(({ fields }) => fields['code'] === code),
    work: (subject: Subject = FEED_ROUNDS) => desk.work(subject, signal, logger),
    asked: (turn: number, subject: Subject = FEED_ROUNDS) => desk.asked(subject, BigInt(turn), signal, logger),
  };
}

describe('work', () => {
  it('signs, gathers and hands one round over, with reports in the order of their seats', async () => {
    const { scene, sent, work } = createBench();
    scene.peers = [1_000_001n, 999_999n, 1_000_000n];
    expect(await work()).toEqual({ kind: 'wait', why: 'sent', until: START + 9, now: START });
    expect(sent).toMatchObject([
      { jobId: FEED, step: `report-${TURN}`, to: FEED_REGISTRY, value: '0', deadline: START + 17 },
    ]);
    const [feedId, turn, reports] = interfaces.FeedRegistry.decodeFunctionData('report', sent[0]!.data);
    expect([feedId, turn]).toEqual([FEED, BigInt(TURN)]);
    expect((reports as { seat: bigint; value: bigint }[]).map(({ seat, value }) => [seat, value])).toEqual([
      [0n, 1_000_000n],
      [1n, 1_000_001n],
      [2n, 999_999n],
      [3n, 1_000_000n],
    ]);
    await work();
    expect(sent).toHaveLength(1);
  });

  it('answers a question in the same way, whatever the feed has', async () => {
    const { scene, sent, work } = createBench({ unpaid: false });
    scene.standing = { latest: undefined, parked: undefined, fund: 0n };
    scene.peers = [7n, 7n, 7n];
    expect(await work(QUESTION)).toMatchObject({ why: 'sent' });
    expect(sent).toMatchObject([{ jobId: REQUEST, step: `report-${TURN}` }]);
    const [terms] = interfaces.FeedRegistry.decodeFunctionData('answerData', sent[0]!.data);
    expect((terms as { salt: bigint }).salt).toBe(1n);
  });

  it('comes back while peers are missing, and hands over with a quorum once a third of the turn is over', async () => {
    const { scene, sent, work } = createBench();
    scene.peers = [1n];
    expect(await work()).toEqual({ why: 'gathering', now: START });
    scene.peers = [1n, 2n];
    expect(await work()).toEqual({ why: 'gathering', now: START });
    expect(sent).toEqual([]);
    scene.now = START + 3;
    expect(await work()).toMatchObject({ why: 'sent' });
    expect(sent).toHaveLength(1);
  });

  it('waits when the sources give nothing, and keeps what it signed when they say something else later', async () => {
    const { scene, reporter, work } = createBench();
    scene.value = new RemitError({ code: 'SOURCES_TOO_FEW', message: 'one of three', retryable: true });
    expect(await work()).toMatchObject({ why: 'no value' });
    scene.value = 5n;
    await work();
    scene.value = 6n;
    scene.now += 1;
    await work();
    const found = await reporter.find({ feedId: FEED, requestId: ROUNDS, turn: BigInt(TURN) });
    expect(found?.observation.value).toBe(5n);
    expect(recoverReporter(found!.observation, found!.signature, FEED_DOMAIN)).toBe(keys[0]!.address);
  });

  it('leaves rounds to others that the fund does not cover, when told to', async () => {
    const { scene, reporter, work } = createBench({ unpaid: false });
    scene.standing = { ...scene.standing, fund: 59n };
    expect(await work()).toEqual({ why: 'unpaid', now: START });
    expect(await reporter.find({ feedId: FEED, requestId: ROUNDS, turn: BigInt(TURN) })).toBeUndefined();
    scene.standing = { ...scene.standing, fund: 60n };
    expect(await work()).toMatchObject({ why: 'gathering' });
  });
});

describe('asked', () => {
  it('signs because a leader asks, and gives the same bytes again', async () => {
    const { asked, scene } = createBench();
    const first = await asked(TURN);
    expect(first).toMatchObject({ observation: { turn: BigInt(TURN), value: 1_000_000n } });
    scene.value = 7n;
    expect(await asked(TURN)).toEqual(first);
  });

  it('does not fetch for a turn that is over or has not come, however often it is asked', async () => {
    const { asked, scene } = createBench();
    const answers = await Promise.all([TURN - 1, TURN - 1, TURN - 2, TURN + 1, 2 ** 40].map((turn) => asked(turn)));
    expect(answers).toEqual(['none', 'none', 'none', 'early', 'early']);
    expect(scene.fetches).toBe(0);
  });

  it('fetches once for all who ask at the same time, and not less for one who asks about another turn', async () => {
    const { asked, scene } = createBench();
    const fetching = Promise.withResolvers<undefined>();
    scene.fetching = fetching.promise;
    const all = [asked(TURN), asked(TURN - 1), asked(TURN), asked(TURN + 1), asked(TURN)];
    fetching.resolve(undefined);
    const [one, old, two, next, three] = await Promise.all(all);
    expect([old, next]).toEqual(['none', 'early']);
    expect(one).toMatchObject({ observation: { value: 1_000_000n } });
    expect([two, three]).toEqual([one, one]);
    expect(scene.fetches).toBe(1);
  });

  it('gives what was signed while it looked', async () => {
    const { asked, scene, work } = createBench();
    const [answer] = await Promise.all([asked(TURN), work()]);
    expect(answer).toMatchObject({ observation: { value: 1_000_000n } });
    expect(scene.fetches).toBeGreaterThan(0);
  });

  it('is early without a value, without a move, or without payment where that is wanted', async () => {
    const { asked, scene } = createBench({ unpaid: false });
    scene.value = new Error('no network');
    expect(await asked(TURN)).toBe('early');
    scene.value = 1_002_499n;
    const latest = { number: 1, answer: 1_000_000n, observedAt: START - 20, updatedAt: START - 12, reports: 4 };
    scene.standing = { ...scene.standing, latest };
    expect(await asked(TURN)).toBe('early');
    scene.value = 1_002_500n;
    scene.standing = { ...scene.standing, fund: 59n };
    expect(await asked(TURN)).toBe('early');
    scene.standing = { ...scene.standing, fund: 60n };
    expect(await asked(TURN)).toMatchObject({ observation: { value: 1_002_500n } });
  });

  it('signs nothing in a used turn or while suspended', async () => {
    const { asked, scene } = createBench();
    const latest = { number: 1, answer: 1n, observedAt: START, updatedAt: START + 1, reports: 4 };
    scene.now = START + 2;
    scene.standing = { ...scene.standing, latest };
    expect(await asked(TURN)).toBe('none');
    const suspended = createBench();
    suspended.scene.suspendedUntil = START + 1;
    expect(await suspended.asked(TURN)).toBe('none');
  });
});

describe('a key that has no seat', () => {
  it('signs nothing more once another has its place, says so once, and shows what it signed before', async () => {
    const { scene, sent, seated, clock, lines, work, asked } = createBench();
    scene.peers = [7n, 7n, 7n];
    await work();
    const before = await asked(TURN);
    expect([sent.length, seated.at(-1), lines('NO_SEAT')]).toEqual([1, true, []]);

    scene.reporter = new Wallet(word(9)).address;
    scene.now = START + 4 * FEED_TERMS.turnSeconds;
    await clock.advance(60_000);
    const fetches = scene.fetches;
    expect(await work()).toMatchObject({ why: 'no seat' });
    expect(await asked(TURN + 4)).toBe('none');
    expect(await work(QUESTION)).toMatchObject({ why: 'no seat' });
    expect(await work()).toMatchObject({ why: 'no seat' });
    expect([sent.length, scene.fetches, seated.at(-1)]).toEqual([1, fetches, false]);
    expect(lines('NO_SEAT')).toMatchObject([
      { level: 'warn', fields: { feedId: FEED, fix: expect.anything() as unknown } },
    ]);
    expect(await asked(TURN)).toEqual(before);
  });

  it('waits for one, and begins when it has it', async () => {
    const { scene, seated, clock, lines, work } = createBench();
    scene.reporter = ZERO_ADDRESS;
    expect(await work()).toMatchObject({ why: 'no seat' });
    expect(lines('NO_SEAT')).toHaveLength(1);
    scene.reporter = keys[0]!.address;
    await clock.advance(60_000);
    expect(await work()).toMatchObject({ why: 'gathering' });
    expect(seated).toContain(false);
    expect(seated.at(-1)).toBe(true);
  });

  it('says nothing about a question to a committee of others', async () => {
    const { scene, lines, seated, work } = createBench();
    scene.reporter = ZERO_ADDRESS;
    await work(QUESTION);
    expect([lines('NO_SEAT'), seated]).toEqual([[], []]);
  });
});
