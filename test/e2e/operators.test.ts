import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator } from '../../scripts/stack/operator.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import { type Address, ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { termsToChain } from '../../workers/protocol/job.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { expectMoved, expectSettledOnce, readBooks } from './support/books.ts';
import { offered } from './support/offers.ts';
import { ADDER, adderInput, FEE, type Job, type Market, STAKE_AT_RISK } from './support/market.ts';
import { complaints, endStack, startMarket } from './support/network.ts';

const OPERATORS = 3;
const OPEN_JOBS = 12;
/** How an operator lets go of a job: before the model ran, before anything was signed, or because another was faster. */
const STOOD_DOWN = new Set(['message retracted', 'job skipped', 'attestation not needed']);

describe('three operators', () => {
  let market: Market;
  let model: ModelSpec;
  let owners: readonly Address[];

  beforeAll(async () => {
    market = await startMarket({ operators: OPERATORS });
    const { stack } = market;
    owners = stack.accounts.operators.map(({ owner }) => owner.address);
    model = await market.publish(ADDER);
    await Promise.all(owners.map((_, at) => startOperator(stack, { at, verified: false })));
  });
  afterAll(async () => {
    await endStack(market);
  });

  it('one of them offers, is held to it by a penalty, and answers: nobody else does', async () => {
    const { contracts } = market.stack;
    const before = await readBooks(market);
    const penalty = 7n * FEE;
    const at = 1;
    const operator = owners[at]!;
    const { job } = await offered(market, { model, input: adderInput(5, 6), at, penalty });
    // At the heights of the events: the operator goes on meanwhile.
    const stakeAt = (blockTag: number) => contracts.OperatorStaking.stakeOf(operator, { blockTag });
    expect(await stakeAt(job.blockNumber)).toEqual([10_000n * FEE - penalty, penalty]);

    const { log } = await market.reached('JobAttested', job);
    expect(await stakeAt(log.blockNumber)).toEqual([10_000n * FEE - STAKE_AT_RISK, STAKE_AT_RISK]);
    expect(await expectSettledOnce(market, before, job)).toEqual([operator]);
  });

  it('race for open jobs on the ladder: each job settles once, by one that was eligible, and the others stand down', async () => {
    const { stack } = market;
    const { chain } = stack;
    const before = await readBooks(market);
    const questions = Array.from({ length: OPEN_JOBS }, (_, index) => ({
      model,
      input: adderInput(index, -index),
      terms: { operator: ZERO_ADDRESS },
    }));

    const jobs: readonly Job[] = await market.ask(...questions);
    const winners = await expectSettledOnce(market, before, ...jobs);

    for (const [index, { terms, jobId }] of jobs.entries()) {
      const attested = (await market.history(jobId)).find(({ type }) => type === 'JobAttested');
      // The state just before: whoever could attest in that block was eligible by its end at the latest.
      const call = { to: stack.deployed.addresses.JobRegistry, data: eligibility(terms, winners[index]!) };
      const height = attested!.log.blockNumber;
      const block = (await chain.call('eth_getBlockByNumber', [`0x${height.toString(16)}`, false])) as {
        timestamp: string;
      };
      const result = await chain.call('eth_call', [
        call,
        `0x${(height - 1).toString(16)}`,
        null,
        { time: block.timestamp, number: `0x${height.toString(16)}` },
      ]);
      const [eligible] = interfaces.JobRegistry.decodeFunctionResult('eligibilityOf', String(result));
      expect(eligible).toBe(true);
    }
    // Whoever did not win a job noticed, at whichever stage, and let go of it.
    for (const [index, { jobId }] of jobs.entries()) {
      for (const [at, owner] of owners.entries()) {
        if (owner === winners[index]) continue;
        await stack.log.waitFor(
          ({ process, message, fields }) =>
            process.endsWith(`-${at + 1}`) && fields['jobId'] === jobId && STOOD_DOWN.has(message),
          { what: `operator ${at + 1} letting go of job ${index}`, deadlineMs: 20_000 },
        );
      }
    }
  });

  it('the losers neither complained nor lost anything', async () => {
    const { stack } = market;
    expect(complaints(stack)).toEqual([]);
    expect(stack.watch.events().filter(({ type }) => type === 'OperatorSlashed' || type === 'JobSlashed')).toEqual([]);
    await expectMoved(market, await readBooks(market), {});
    const { stakes } = await readBooks(market);
    for (const owner of owners) expect(stakes[owner]).toEqual({ free: 10_000n * FEE, locked: 0n, unbonding: 0n });
  });
});

function eligibility(terms: Job['terms'], operator: Address): string {
  return interfaces.JobRegistry.encodeFunctionData('eligibilityOf', [termsToChain(terms), operator]);
}
