import { Interface } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Artifact_DataReader } from '../../generated/artifacts/DataReader.js';
import { FeedState, leaderOf, SeatStatus } from '../../workers/protocol/feed.ts';
import { type DataTerms, dataRequestIdOf, DataStatus, dataTermsToJson } from '../../workers/protocol/data-terms.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import { reportOf } from '../../workers/protocol/observation.ts';
import { ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import type { VenueName } from '../../scripts/stack/price-market.ts';
import { until } from '../support/until.ts';
import {
  BOND,
  type DataNetwork,
  FUND,
  isBefore,
  SEATS,
  type SeenRound,
  specOf,
  startDataNetwork,
  TERMS,
} from './support/data-network.ts';
import { endStackOf } from './support/network.ts';
import { auditObservations, type ObservationAudit } from './support/observation-audit.ts';
import { killHard } from './support/processes.ts';
import { type RogueSeat, startRogueSeat } from './support/rogue-seat.ts';

const VENUES: readonly VenueName[] = ['alpha', 'beta', 'gamma', 'delta'];
const BURN = '0x000000000000000000000000000000000000dEaD' as Address;
const reader = new Interface(Artifact_DataReader.abi);
const UNIT = 10n ** 10n;

describe('four data nodes, one of which may fail', () => {
  let network: DataNetwork;
  let audit: ObservationAudit;
  /** Chain times between which no round could come. */
  let dark: readonly [from: number, to: number] = [0, 0];

  let stack: Stack | undefined;
  /** What has to end before the stack does. */
  const others: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    network = await startDataNetwork();
    stack = network.stack;
    watchSeats(SEATS);
  });
  afterAll(async () => {
    for (const other of others) await other.stop();
    await endStackOf(stack);
  });

  function watchSeats(seats: readonly number[]): void {
    audit = auditObservations(network, { seats });
    others.push(audit);
  }

  const accepted = async (): Promise<readonly SeenRound[]> =>
    (await network.rounds()).filter(({ number }) => number !== undefined);

  function call(name: string, values: readonly unknown[], from = network.stack.accounts.bystander) {
    const to = network.stack.deployed.addresses.FeedRegistry;
    return { from, to, data: interfaces.FeedRegistry.encodeFunctionData(name, values), gas: 1_500_000n, what: name };
  }

  function seatOf(seat: number) {
    return network.stack.contracts.FeedRegistry.seatOf(network.feedId, seat);
  }

  /** What no test may break: gapless numbers, one round a turn by its own leader, honest answers, no missed heartbeat. */
  async function expectSound(): Promise<void> {
    const all = await network.rounds();
    const rounds = all.filter(({ number }) => number !== undefined);
    expect(rounds.map(({ number }) => number)).toEqual(rounds.map((_, at) => at + 1));
    for (const [at, { turn, leader, seats }] of all.entries()) {
      expect(leader).toBe(leaderOf(turn, { seats: SEATS.length }));
      expect(seats.length).toBeGreaterThanOrEqual(2 * TERMS.faults + 1);
      if (at > 0) expect(turn).toBeGreaterThan(all[at - 1]!.turn);
    }
    const { watch } = network.stack;
    for (const { answer, blockNumber, number } of rounds) {
      const seenAt = await until(() => watch.seenAt(blockNumber), { what: 'the watch seeing the round' });
      expect([number, answer, network.prices.allows(Number(answer) / 1e8, seenAt)]).toEqual([number, answer, true]);
    }
    const gaps = rounds.slice(1).map(({ at }, i) => ({ from: rounds[i]!.at, seconds: at - rounds[i]!.at }));
    const late = gaps.filter(({ from, seconds }) => seconds > TERMS.heartbeat && !(from <= dark[1] && from >= dark[0]));
    expect(late).toEqual([]);
  }

  it('rounds come, leaders rotate, and who brought them is paid to the wei', async () => {
    const { stack, feedId } = network;
    const { FeedRegistry, Settlement } = stack.contracts;
    const leaders = new Set<number>();
    await network.more(4, { matches: ({ leader }) => leaders.add(leader).size > 0 });
    await until(async () => new Set((await accepted()).map(({ leader }) => leader)).size === SEATS.length, {
      what: 'every seat leading once',
      deadlineMs: 30_000,
    });
    const receipts = await network.send(...SEATS.map((seat) => call('collect', [feedId, seat])));

    const rounds = await accepted();
    expect(rounds.every(({ paid }) => paid)).toBe(true);
    const collected = await network.logs('CreditsCollected');
    for (const seat of SEATS) {
      const mine = collected.filter(({ args }) => Number(args['seat']) === seat);
      expect(mine).toHaveLength(1);
      const { args, place } = mine[0]!;
      const before = rounds.filter((round) => isBefore(round.place, place));
      const reported = before.filter(({ seats }) => seats.includes(seat)).length;
      const led = before.filter(({ leader }) => leader === seat).length;
      const credits = BigInt(reported + led * TERMS.leaderCredits);
      expect(args['credits']).toBe(credits);
      const owner = stack.accounts.operators[seat]!.owner.address;
      expect(args['operator']).toBe(owner);
      expect(await Settlement.balanceOf(owner)).toBe(credits * TERMS.reportPayment);
      expect(credits).toBeGreaterThan(0n);
    }
    const blockTag = receipts.at(-1)!.blockNumber;
    const spent = rounds
      .filter(({ blockNumber }) => blockNumber <= blockTag)
      .reduce((sum, { seats }) => sum + BigInt(seats.length + TERMS.leaderCredits) * TERMS.reportPayment, 0n);
    expect((await FeedRegistry.feedInfo(feedId, { blockTag })).at(4)).toBe(FUND - spent);
    await expectSound();
  });

  it('a leader that is killed is followed by the next; started again it reports, and signs nothing twice', async () => {
    const dead = 1;
    const { oracle } = network.nodes[dead]!;
    // Something has to be signed that could be signed again.
    await network.more(1, { matches: ({ seats }) => seats.includes(dead) });
    await killHard(oracle);
    const killedIn = await network.turn();
    const signed = audit.bySeat(dead).filter(({ signature }) => signature !== undefined);
    // The turn that nobody leads is followed by one that somebody leads.
    await network.more(1, { matches: ({ turn, leader }) => turn > killedIn + 1 && leader === dead + 1 });
    const after = (await network.rounds()).filter(({ turn }) => turn > killedIn + 1);
    expect(after.filter(({ leader, seats }) => leader === dead || seats.includes(dead))).toEqual([]);

    await oracle.restart();
    for (const one of signed.slice(-20)) {
      const again = await until(() => audit.ask(dead, one.turn), { what: 'an answer of who was dead' });
      expect(again).toEqual(one);
    }
    await network.more(1, { matches: ({ leader, seats }) => leader === dead && seats.includes(dead) });
    expect(signed.length).toBeGreaterThan(3);
    expect(await audit.doubles()).toEqual([]);
    await expectSound();
  });

  it('venues that fail or lie make no wrong answer', async () => {
    const { venues } = network;
    venues.fail('alpha', 1);
    venues.distort('beta', 1.25);
    const rounds = await network.more(2);
    expect(rounds.every(({ number }) => number !== undefined)).toBe(true);
    // Two that are left and disagree: there is no value, so there is no round.
    venues.fail('beta', 1);
    venues.distort('gamma', 0.8);
    const last = (await network.turn()) + 1;
    await until(async () => (await network.turn()) > last + 2, { what: 'four turns', everyMs: 100 });
    expect((await network.rounds()).filter(({ turn }) => turn > last)).toEqual([]);
    for (const venue of VENUES) {
      venues.fail(venue, 0);
      venues.distort(venue, 1);
    }
    await network.more(1);
    await expectSound();
  });

  it('a question is answered once, paid for and delivered; one that nobody can answer is refunded', async () => {
    const { stack, feedId, venues } = network;
    const { FeedRegistry, Settlement } = stack.contracts;
    venues.nextPhase();
    const { requester, bystander } = stack.accounts;
    const owners = stack.accounts.operators.map(({ owner }) => owner.address);
    const balances = (): Promise<bigint[]> => Promise.all(owners.map((owner) => Settlement.balanceOf(owner)));
    const callbackTarget = await network.create(Artifact_DataReader.bytecode, reader, []);
    const prepaid = await Settlement.balanceOf(requester.address);
    const before = await balances();
    const now = await network.now();
    const ask = (salt: bigint, lasts: number, spec: Uint8Array) => {
      const fee = 1_000_003n;
      const terms: DataTerms = {
        committee: feedId,
        requester: ZERO_ADDRESS,
        specDigest: ZERO_HEX32,
        fee,
        deadline: BigInt(now + lasts),
        callbackTarget,
        callbackGas: 100_000,
        salt,
      };
      return call('requestData', [dataTermsToJson(terms), spec], requester);
    };
    await network.send(ask(1n, 60, specOf(`http://${venues.host}/gamma`)), ask(2n, 10, specOf('https://0.0.0.0/no')));
    const asked = () => stack.watch.events().flatMap((event) => (event.type === 'DataRequested' ? [event] : []));
    const [good, bad] = await until(() => asked().length === 2 && asked(), { what: 'two questions' });
    const place = { chainId: BigInt(stack.chain.chainId), registry: stack.deployed.addresses.FeedRegistry };
    expect(dataRequestIdOf(good!.terms, place)).toBe(good!.requestId);

    const answered = await stack.watch.waitFor('DataAnswered', ({ requestId }) => requestId === good!.requestId, {
      what: 'an answer',
      deadlineMs: 30_000,
    });
    expect(answered.answer).toBe(64_000n * 10n ** 8n);
    const state = await FeedRegistry.dataState(good!.requestId);
    expect([state.status, state.delivered, state.answer]).toEqual([BigInt(DataStatus.Answered), true, answered.answer]);
    const data = reader.encodeFunctionData('last');
    const kept = await stack.chain.call('eth_call', [{ to: callbackTarget, data }, 'latest']);
    expect([...reader.decodeFunctionResult('last', String(kept))]).toEqual([good!.requestId, answered.answer]);
    const earned = (await balances()).map((balance, seat) => balance - before[seat]!);
    const { fee } = good!.terms;
    expect(earned.reduce((sum, part) => sum + part, 0n)).toBe(fee);
    const part = fee / (state.reports + BigInt(TERMS.leaderCredits));
    for (const [seat, amount] of earned.entries())
      if (seat === answered.leader) expect(amount).toBe(fee - (state.reports - 1n) * part);
      else expect([0n, part]).toContain(amount);

    await until(async () => BigInt(await network.now()) > bad!.terms.deadline, { deadlineMs: 20_000 });
    await network.send(call('expireData', [dataTermsToJson(bad!.terms)], bystander));
    expect((await FeedRegistry.dataState(bad!.requestId)).status).toBe(BigInt(DataStatus.Expired));
    expect(await Settlement.balanceOf(requester.address)).toBe(prepaid - fee);
  });

  it('Redis is emptied: rounds come again within the heartbeat', async () => {
    await network.stack.redis.command('FLUSHALL');
    await network.more(1);
    await expectSound();
  });

  it('no venue answers for longer than the heartbeat: stale, and then live again', async () => {
    const { venues } = network;
    for (const venue of VENUES) venues.fail(venue, 1);
    await until(async () => (await network.state()) === FeedState.Stale, { deadlineMs: 30_000, everyMs: 100 });
    const rounds = await accepted();
    dark = [rounds.at(-1)!.at, rounds.at(-1)!.at];
    expect((await network.now()) - rounds.at(-1)!.at).toBeGreaterThan(TERMS.heartbeat);
    expect(await network.worthAt('latest')).toBeUndefined();
    for (const venue of VENUES) venues.fail(venue, 0);
    const [first] = await network.more(1);
    expect(await network.state(first!.blockNumber)).toBe(FeedState.Live);
    expect(await network.worthAt(first!.blockNumber)).toBe(first!.answer * UNIT);
    await expectSound();
  });

  it('a jump beyond the clamp is disputed until another leader confirms it', async () => {
    const { venues } = network;
    const old = (await accepted()).at(-1);
    venues.jump(1.4);
    const [parked, confirmed] = await network.more(2);
    expect(parked!.number).toBeUndefined();
    expect(await network.state(parked!.blockNumber)).toBe(FeedState.Disputed);
    expect(await network.worthAt(parked!.blockNumber)).toBe(old!.answer * UNIT);
    expect(confirmed!.number).toBe(old!.number! + 1);
    expect(confirmed!.leader).not.toBe(parked!.leader);
    expect(Number(confirmed!.answer) / Number(old!.answer)).toBeCloseTo(1.4, 2);
    expect(await network.state(confirmed!.blockNumber)).toBe(FeedState.Live);
    await expectSound();
  });

  it('a jump that only one turn saw is never an answer', async () => {
    const { venues } = network;
    const price = venues.price();
    let turn = 0;
    const isOver = async () => (await network.turn()) > turn;
    const isParked = async () =>
      (await network.rounds()).some((round) => round.turn === turn && round.number === undefined);
    const isMended = async () =>
      (await network.state()) === FeedState.Live &&
      Math.abs(Number((await accepted()).at(-1)!.answer) / 1e8 / price - 1) < 0.01;
    // On a busy machine a seat or a leader may miss the turn, or the next one begins before the price is back.
    for (let [attempt, seen] = [0, false]; attempt < 5 && !seen; attempt += 1) {
      await until(isMended, { what: 'the price of before', deadlineMs: 40_000, everyMs: 50 });
      const began = await network.turn();
      turn = await until(async () => {
        const current = await network.turn();
        return current > began && current;
      });
      venues.jump(1.4);
      // A value is signed once: who has signed sees the next one in the next turn.
      await until(async () => audit.of(turn).length === SEATS.length || isOver(), { what: 'four signatures' });
      venues.jump(1 / 1.4);
      const byNobodyElse = !(await isOver());
      await until(async () => (await network.turn()) > turn + 1, { everyMs: 50 });
      seen = byNobodyElse && (await isParked());
    }
    const [parked, next] = await until(
      async () => {
        const since = (await network.rounds()).filter((round) => round.turn >= turn);
        return since.length >= 2 && since;
      },
      { what: 'a parked round and one more', deadlineMs: 40_000, everyMs: 50 },
    );
    const old = (await accepted()).findLast((round) => round.turn < turn);
    expect([parked!.number, parked!.turn]).toEqual([undefined, turn]);
    expect(Number(parked!.answer) / Number(old!.answer)).toBeCloseTo(1.4, 2);
    expect(await network.worthAt(parked!.blockNumber)).toBe(old!.answer * UNIT);
    expect(next!.number).toBe(old!.number! + 1);
    expect(Number(next!.answer) / Number(old!.answer)).toBeCloseTo(1, 2);
    expect(await network.state(next!.blockNumber)).toBe(FeedState.Live);
    expect(await audit.doubles()).toEqual([]);
    await expectSound();
  });

  const liar = 3;
  let rogue: RogueSeat | undefined;

  async function startRogue(lie: (turn: bigint, nth: number) => bigint): Promise<RogueSeat> {
    const { accounts, chain, deployed } = network.stack;
    // One test that fails leaves the address free for the next.
    await rogue?.stop();
    rogue = await startRogueSeat({
      url: network.nodes[liar]!.url,
      feedId: network.feedId,
      key: accounts.operators[liar]!.attester,
      domain: { chainId: BigInt(chain.chainId), verifyingContract: deployed.addresses.FeedRegistry },
      lie,
    });
    others.push(rogue);
    return rogue;
  }

  it('a seat that lies changes no answer and is suspended, never slashed', async () => {
    const { stack, feedId, venues } = network;
    await audit.stop();
    expect(await audit.doubles()).toEqual([]);
    await network.nodes[liar]!.oracle.stop();
    watchSeats(SEATS.filter((seat) => seat !== liar));
    venues.nextPhase();
    const lastTurn = await network.turn();
    // What the honest node signed is of this turn at the latest, so what is of a later one is a lie.
    await until(async () => (await network.turn()) > lastTurn, { what: 'the next turn', everyMs: 50 });
    // Far too much in one turn, far too little in the next.
    const lies = await startRogue((turn) => (turn % 2n === 0n ? 10n ** 13n : -(10n ** 6n)));
    await until(async () => (await network.logs('SeatSuspended')).length > 0, {
      what: 'the suspension',
      deadlineMs: 60_000,
      everyMs: 100,
    });
    const [suspended] = await network.logs('SeatSuspended');
    expect(Number(suspended!.args['seat'])).toBe(liar);
    const lied = (await accepted()).filter(({ seats, turn }) => seats.includes(liar) && turn > lastTurn);
    // The last strike waits for a round that has a quorum without the seat.
    const last = lied.findIndex(({ seats }, at) => at + 1 >= TERMS.strikesMax && seats.length === SEATS.length);
    expect(lied).toHaveLength(last + 1);
    const rounds = await network.more(2);
    expect(rounds.filter(({ seats }) => seats.includes(liar))).toEqual([]);
    const bond = await stack.contracts.FeedRegistry.bondOf(feedId, stack.accounts.operators[liar]!.owner.address);
    expect([bond.amount, bond.expelled]).toEqual([BOND, false]);
    expect((await seatOf(liar)).status).toBe(BigInt(SeatStatus.Seated));
    expect(stack.watch.events().filter(({ type }) => type === 'OperatorSlashed')).toEqual([]);
    await lies.stop();
    await expectSound();
  });

  it('a seat that signs two values for one turn loses its bond and its place, and the feed lives on with three', async () => {
    const { stack, feedId } = network;
    const { FeedRegistry, OperatorStaking, Settlement } = stack.contracts;
    const { accounts } = stack;
    const { owner } = accounts.operators[liar]!;
    await startRogue((_, nth) => 10n ** 11n + BigInt(nth));
    const turn = await network.turn();
    const url = `${network.nodes[liar]!.url}/observations/${feedId}/${ZERO_HEX32}/${turn}`;
    const hear = async () => {
      const { value, signature } = (await (await fetch(url)).json()) as { value: string; signature: string };
      return reportOf(liar, BigInt(value), signature);
    };
    const reports = [await hear(), await hear()];
    const stake = async () => {
      const { free, locked } = await OperatorStaking.stakeOf(owner.address);
      return free + locked;
    };
    const before = await stake();
    await network.send(call('proveDoubleReport', [feedId, ZERO_HEX32, turn, ...reports]));

    expect(await stake()).toBe(before - BOND);
    const share = await Settlement.balanceOf(accounts.bystander.address);
    expect(share).toBeGreaterThan(0n);
    expect(share + (await Settlement.balanceOf(BURN))).toBe(BOND);
    expect((await seatOf(liar)).status).toBe(BigInt(SeatStatus.Vacant));
    const bond = await FeedRegistry.bondOf(feedId, owner.address);
    expect([bond.amount, bond.expelled]).toEqual([0n, true]);
    await expect(network.send(call('proveDoubleReport', [feedId, ZERO_HEX32, turn, ...reports]))).rejects.toThrow(
      /NotDouble/,
    );
    expect(stack.watch.events().filter(({ type }) => type === 'OperatorSlashed')).toMatchObject([
      { operator: owner.address, amount: BOND },
    ]);
    for (const round of await network.more(3)) expect(round.seats).toEqual([0, 1, 2]);
    expect(await audit.doubles()).toEqual([]);
    await expectSound();
  });
});
