import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OperatorProcesses, startOperator } from '../../../scripts/stack/operator.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import { expectSettledOnce, readBooks } from '../../e2e/support/books.ts';
import { jumpTo, pauseMining, resumeMining } from '../../e2e/support/chain-time.ts';
import { ADDER, adderInput, type Market } from '../../e2e/support/market.ts';
import { endStack, said, startMarket } from '../../e2e/support/network.ts';
import { clockSkew } from '../../support/clock-skew.ts';

describe('processes whose clocks have nothing to do with the chain', () => {
  let market: Market;
  let model: ModelSpec;
  let processes: OperatorProcesses;
  let salt = 0;

  beforeAll(async () => {
    market = await startMarket();
    model = await market.publish(ADDER);
    processes = await startOperator(market.stack, { at: 0, verified: false });
  });
  afterAll(async () => {
    await endStack(market);
  });

  const question = () => ({ model, input: adderInput((salt += 1), 5) });

  describe('F41 · clocks that are wrong', () => {
    it.each([[[600]], [[-600]], [[600, -600, 0]]])(
      'by %j seconds: jobs are answered and settled as ever',
      async (skew) => {
        const { listener, executor, submitter } = processes;
        for (const worker of [listener, executor, submitter]) await worker.restart(clockSkew(...skew));
        const before = await readBooks(market);
        const jobs = await market.ask(question(), question());
        await expectSettledOnce(market, before, ...jobs);
      },
    );
  });

  describe('F42 · a chain that stops', () => {
    it('and is nine minutes later at the next block: what was under way is settled once, nothing has run out', async () => {
      const { stack } = market;
      const { listener, executor, submitter } = processes;
      for (const worker of [listener, executor, submitter]) await worker.restart();
      const before = await readBooks(market);
      await pauseMining(market);
      const now = await market.now();
      // The local network lets a job wait for ten minutes.
      const attestDeadline = BigInt(now + 590);
      const [job] = await market.ask({ ...question(), terms: { attestDeadline } });
      await said(stack, executor, 'job answered', job);
      await jumpTo(market, BigInt(now + 540));
      await resumeMining(market);
      await market.reached('JobAttested', job);
      await expectSettledOnce(market, before, job);
      expect(job.terms.attestDeadline).toBe(attestDeadline);
    });
  });
});
