import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator, type OperatorProcesses } from '../../../scripts/stack/operator.ts';
import type { Address } from '../../../workers/protocol/ids.ts';
import { JobStatus } from '../../../workers/protocol/job.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import { expectSettledOnce, readBooks } from '../../e2e/support/books.ts';
import { pauseMining, resumeMining } from '../../e2e/support/chain-time.ts';
import { ADDER, adderInput, FEE, type Job, type Market } from '../../e2e/support/market.ts';
import { endStack, said, startMarket } from '../../e2e/support/network.ts';
import { freezeWorker } from '../../e2e/support/processes.ts';
import { rawTransaction, sentBy, untilPending } from '../../e2e/support/transactions.ts';

const DEPTH = 3;

describe('a reorg three blocks deep', () => {
  let market: Market;
  let model: ModelSpec;
  let processes: OperatorProcesses;
  let attester: Address;
  let salt = 0;

  beforeAll(async () => {
    market = await startMarket();
    const { stack } = market;
    attester = stack.accounts.operators[0]!.attester.address;
    model = await market.publish(ADDER);
    // What is sent again is the same transaction only while it is not paid better.
    const environment = { submitter: { REMIT_TX_STALL: '5m' } };
    processes = await startOperator(stack, { at: 0, verified: false, environment });
    await market.prepay(stack.accounts.applicant.address, FEE);
  });
  afterAll(async () => {
    await endStack(market);
  });

  const question = () => ({ model, input: adderInput((salt += 1), 3) });
  const reorg = (): Promise<unknown> => market.stack.chain.call('anvil_reorg', [DEPTH, []]);
  const statusOf = async ({ jobId }: Job): Promise<bigint> =>
    (await market.stack.contracts.JobRegistry.stateOf(jobId)).status;

  it('F3 · drops the request: nothing is attested for the phantom, and once it is there again it is served once', async () => {
    const { stack } = market;
    const { listener, executor, submitter } = processes;
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    const frozen = freezeWorker(submitter);
    await pauseMining(market);
    const [job] = await market.ask(question());
    const raw = await rawTransaction(market, (await market.history(job.jobId))[0]!.log.transactionHash);
    await said(stack, executor, 'job answered', job);
    for (let more = 1; more < DEPTH; more += 1) await stack.chain.mine();

    await reorg();
    await said(stack, listener, 'reorg followed');
    frozen.thaw();
    // A job of somebody's who may be served: when it is, the phantom would have been, too.
    const [other] = await market.ask({ ...question(), from: stack.accounts.applicant });
    await untilPending(market, attester);
    await stack.chain.mine();
    await market.reached('JobAttested', other);

    expect(await statusOf(job)).toBe(BigInt(JobStatus.None));
    expect(await market.history(job.jobId)).toEqual([]);
    expect(Number(await stack.chain.call('eth_getTransactionCount', [attester, 'pending']))).toBe(nonce + 1);

    await stack.chain.call('eth_sendRawTransaction', [raw]);
    await resumeMining(market);
    await expectSettledOnce(market, before, job, other);
  });

  it('F5 · drops the attestation: the same transaction is sent again, and the job settles once', async () => {
    const { stack } = market;
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    await pauseMining(market);
    const [job] = await market.ask({ ...question(), terms: { challengeWindow: 6 } });
    // The request lies deeper than the reorg reaches.
    const [pending] = await untilPending(market, attester);
    for (let more = 0; more < DEPTH; more += 1) await stack.chain.mine();
    const first = (await market.history(job.jobId))[1];
    expect(first).toMatchObject({ type: 'JobAttested', log: { transactionHash: pending } });
    // Both have seen it: the one has planned the settlement, the other is done with the attestation.
    await Promise.all([
      said(stack, processes.listener, 'settlement queued', job),
      said(stack, processes.submitter, 'job attested', job),
    ]);

    await reorg();
    expect(await statusOf(job)).toBe(BigInt(JobStatus.Requested));
    await resumeMining(market);

    await expectSettledOnce(market, before, job);
    const again = (await market.history(job.jobId))[1];
    expect(again?.log.transactionHash).toBe(pending);
    expect(again?.log.blockHash).not.toBe(first?.log.blockHash);
    expect(await sentBy(market, attester)).toBe(nonce + 2);
  });
});
