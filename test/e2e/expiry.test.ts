import { encodeBytes32String } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_TERMS } from '../../scripts/stack/data-committee.ts';
import { startOperator } from '../../scripts/stack/operator.ts';
import type { Intent } from '../../scripts/stack/sender.ts';
import { TOKEN } from '../../scripts/stack/stack.ts';
import { type ChainEvent, createEventDecoder } from '../../workers/chain/events.ts';
import { type Address, type DataRequestId, type FeedId, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { JobReason, JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { expectMoved, readBooks } from './support/books.ts';
import { ADDER, adderInput, FEE, type Job, type Market } from './support/market.ts';
import { endStack, said, startMarket } from './support/network.ts';
import { offered } from './support/offers.ts';
import { hash } from '../support/sample-job.ts';
import { goOn, jumpTo, standStill } from './support/chain-time.ts';

/** Of chain time, which passes only by blocks while it stands still. */
const SECONDS = 5;

describe('a job that nobody answers', () => {
  let market: Market;
  let model: ModelSpec;
  let requester: Address;

  beforeAll(async () => {
    market = await startMarket();
    requester = market.stack.accounts.requester.address;
    model = await market.publish(ADDER);
    await standStill(market);
  });
  afterAll(async () => {
    await endStack(market);
  });

  const soon = async () => ({ attestDeadline: BigInt((await market.now()) + SECONDS) });
  const expire = ({ terms }: Job) =>
    market.call(market.stack.accounts.bystander, 'JobRegistry', 'expire', [termsToChain(terms)]);

  async function ended({ jobId }: Job, reason: JobReason): Promise<void> {
    expect((await market.history(jobId)).filter(({ type }) => type.startsWith('Job')).map(({ type }) => type)).toEqual([
      'JobRequested',
      'JobExpired',
    ]);
    const state = await market.stack.contracts.JobRegistry.stateOf(jobId);
    expect([state.status, state.reason]).toEqual([BigInt(JobStatus.Expired), BigInt(reason)]);
  }

  it('is refused to expire in its last second, expires by anybody in the next, and the fee is back', async () => {
    const before = await readBooks(market);
    const [job] = await market.ask({ model, input: adderInput(1, 1), terms: await soon() });
    await expectMoved(market, before, { balances: { [requester]: -FEE }, escrow: FEE });
    const { attestDeadline } = job.terms;
    await jumpTo(market, attestDeadline - 1n);
    await expect(market.send(expire(job))).rejects.toThrow('JobRegistryDeadlineNotPassed');

    await jumpTo(market, attestDeadline);
    await market.send(expire(job));
    expect(await market.now()).toBe(Number(attestDeadline) + 1);

    await ended(job, JobReason.DeadlinePassed);
    await expectMoved(market, before, {});
    await expect(market.send(expire(job))).rejects.toThrow('JobRegistryWrongStatus');
  });

  it('costs the operator that had offered its penalty, and the requester has it', async () => {
    const before = await readBooks(market);
    const operator = market.stack.accounts.operators[0]!.owner.address;
    const penalty = 5n * FEE;
    const { job } = await offered(market, { model, input: adderInput(2, 2), at: 0, penalty, terms: await soon() });
    await expectMoved(market, before, {
      balances: { [requester]: -FEE },
      escrow: FEE,
      free: { [operator]: -penalty },
      locked: { [operator]: penalty },
    });

    await jumpTo(market, job.terms.attestDeadline + 1n);
    await market.send(expire(job));

    await ended(job, JobReason.OfferMissed);
    await expectMoved(market, before, { balances: { [requester]: penalty }, free: { [operator]: -penalty } });
  });

  it('is expired by a node that looks after its requester, and so is a question, without anybody asking', async () => {
    const { stack } = market;
    const committee = await createFeed();
    const { submitter } = await startOperatorThatExpires();
    const before = await readBooks(market);
    const nobody = { operator: stack.accounts.bystander.address };
    const [job] = await market.ask({ model, input: adderInput(3, 3), terms: { ...nobody, ...(await soon()) } });
    const question = await askCommittee(committee);
    await expectMoved(market, before, { balances: { [requester]: -2n * FEE }, escrow: 2n * FEE });
    await goOn(market);

    await market.reached('JobExpired', job);
    const { refund } = await stack.watch.waitFor('DataExpired', ({ requestId }) => requestId === question, {
      what: 'the expiry of the question',
      deadlineMs: 45_000,
    });

    await ended(job, JobReason.DeadlinePassed);
    expect(refund).toBe(FEE);
    await expectMoved(market, before, {});
    await said(stack, submitter, 'job expired', job);
    await said(stack, submitter, 'question expired');
  });

  /** A feed whose committee never takes its seats. */
  async function createFeed(): Promise<FeedId> {
    const { requester: steward, publisher, bystander } = market.stack.accounts;
    const seats = [publisher.address, bystander.address];
    const terms = { ...LOCAL_TERMS, faults: 0, seats: seats.length };
    const name = encodeBytes32String('nobody');
    const values = [name, hash(1), terms, TOKEN, steward.address, seats, ZERO_HEX32];
    const created = await caused('FeedCreated', market.call(steward, 'FeedRegistry', 'createFeed', values));
    return created.feedId;
  }

  async function askCommittee(committee: FeedId): Promise<DataRequestId> {
    const terms = {
      committee,
      requester: ZERO_ADDRESS,
      specDigest: ZERO_HEX32,
      fee: FEE,
      deadline: (await market.now()) + SECONDS,
      callbackTarget: ZERO_ADDRESS,
      callbackGas: 0,
      salt: 1n,
    };
    const from = market.stack.accounts.requester;
    const asked = await caused('DataRequested', market.call(from, 'FeedRegistry', 'requestData', [terms, '0x7b7d']));
    return asked.requestId;
  }

  /** Sends a call and gives the event that it causes. */
  async function caused<T extends 'FeedCreated' | 'DataRequested'>(type: T, call: Intent) {
    const [receipt] = await market.send(call);
    const decoder = createEventDecoder(market.stack.deployed.addresses, [type]);
    const event = receipt!.logs.map((log) => decoder.decode(log)).find((one) => one?.type === type);
    return event as Extract<ChainEvent, { readonly type: T }>;
  }

  async function startOperatorThatExpires() {
    return startOperator(market.stack, {
      at: 0,
      verified: false,
      environment: { listener: { REMIT_EXPIRE_FOR: requester } },
    });
  }
});
