import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator, startWatchtower, type OperatorProcesses } from '../../scripts/stack/operator.ts';
import type { WorkerProcess } from '../../scripts/stack/worker-process.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { expectSettledOnce, readBooks } from './support/books.ts';
import { jumpTo, pauseMining, resumeMining } from './support/chain-time.ts';
import { ADDER, adderInput, type Market } from './support/market.ts';
import { endStack, said, startMarket } from './support/network.ts';
import { freezeEngine, killHard } from './support/processes.ts';
import { untilActive } from './support/queues.ts';
import { sentBy, untilPending } from './support/transactions.ts';

/** Seconds; a restart takes less. */
const WINDOW = 25;

/** Every point of a job at which a process can die has a test in `faults/network/crashes.test.ts`; here several things end at once. */
describe('kill -9 in the middle of a job', () => {
  let market: Market;
  let model: ModelSpec;
  let processes: OperatorProcesses;
  let watchtower: WorkerProcess;
  let attester: Address;
  let salt = 0;

  beforeAll(async () => {
    market = await startMarket();
    const { stack } = market;
    attester = stack.accounts.operators[0]!.attester.address;
    model = await market.publish(ADDER);
    // What is sent again is the same transaction only while it is not paid better.
    const environment = { submitter: { REMIT_TX_STALL: '5m' } };
    [processes, watchtower] = await Promise.all([
      startOperator(stack, { at: 0, environment }),
      startWatchtower(stack, { at: 0 }),
    ]);
    // A first job brings the engines up: a later one can be stopped in the middle of its run.
    const before = await readBooks(market);
    const [job] = await market.ask(question());
    await Promise.all([expectSettledOnce(market, before, job), said(stack, watchtower, 'verdict', job)]);
  });
  afterAll(async () => {
    await endStack(market);
  });

  const question = () => ({ model, input: adderInput((salt += 1), 1) });

  it('of the submitter, and the nodes forget the transaction as well: it is sent again from the journal', async () => {
    const { submitter } = processes;
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    await pauseMining(market);
    const [job] = await market.ask(question());
    const [pending] = await untilPending(market, attester);
    await killHard(submitter);
    await market.stack.chain.call('anvil_dropAllTransactions', []);
    await resumeMining(market);
    await submitter.restart();

    await expectSettledOnce(market, before, job);
    expect((await market.history(job.jobId))[1]?.log.transactionHash).toBe(pending);
    expect(await sentBy(market, attester)).toBe(nonce + 2);
  });

  it('of the watchtower, while it runs the job again: its verdict comes after all', async () => {
    const before = await readBooks(market);
    await freezeEngine(watchtower);
    // A settled job is not verified any more: the window has to outlast the new start.
    const [job] = await market.ask({ ...question(), terms: { challengeWindow: WINDOW } });
    await untilActive(market, job, { at: 0, queue: 'verification' });
    await killHard(watchtower);
    await watchtower.restart();

    expect((await said(market.stack, watchtower, 'verdict', job)).fields['verdict']).toBe('agrees');
    await jumpTo(market, BigInt((await market.now()) + WINDOW + 1));
    await expectSettledOnce(market, before, job);
  });

  it('of all of them at once', async () => {
    const { listener, executor, submitter } = processes;
    const all = [listener, executor, submitter, watchtower];
    const before = await readBooks(market);
    const [first] = await market.ask(question());
    await market.reached('JobAttested', first);
    await freezeEngine(executor);
    const [second] = await market.ask(question());
    await untilActive(market, second, { at: 0, queue: 'inference' });
    await killHard(...all);
    const [third] = await market.ask(question());
    await Promise.all(all.map((worker) => worker.restart()));

    await expectSettledOnce(market, before, first, second, third);
  });
});
