import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator, startWatchtower, type OperatorProcesses } from '../../../scripts/stack/operator.ts';
import type { WorkerProcess } from '../../../scripts/stack/worker-process.ts';
import type { Address } from '../../../workers/protocol/ids.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { expectSettledOnce, readBooks } from '../../e2e/support/books.ts';
import { pauseMining, resumeMining } from '../../e2e/support/chain-time.ts';
import { ADDER, adderInput, type Job, type Market } from '../../e2e/support/market.ts';
import { endStack, said, startMarket } from '../../e2e/support/network.ts';
import { freezeEngine } from '../../e2e/support/processes.ts';
import { untilActive } from '../../e2e/support/queues.ts';
import { sentBy, untilPending } from '../../e2e/support/transactions.ts';

describe('F18 · Redis loses everything in the middle of a job', () => {
  let market: Market;
  let model: ModelSpec;
  let redis: TestRedis;
  let processes: OperatorProcesses;
  let watchtower: WorkerProcess;
  let attester: Address;
  let salt = 0;

  beforeAll(async () => {
    redis = await startRedis();
    market = await startMarket({ redisUrl: redis.url });
    const { stack } = market;
    attester = stack.accounts.operators[0]!.attester.address;
    model = await market.publish(ADDER);
    const environment = { listener: { REMIT_RECONCILE_INTERVAL: '1s' } };
    [processes, watchtower] = await Promise.all([
      startOperator(stack, { at: 0, environment }),
      startWatchtower(stack, { at: 0 }),
    ]);
    const before = await readBooks(market);
    // A first job brings the engines up: a later one can be stopped in the middle of its run.
    const [job] = await market.ask(question());
    await Promise.all([expectSettledOnce(market, before, job), said(stack, watchtower, 'verdict', job)]);
  });
  afterAll(async () => {
    await endStack(market, redis);
  });

  const question = () => ({ model, input: adderInput((salt += 1), 2) });

  /** Settled once by two transactions: an attestation and a settlement. */
  async function expectTwoTransactions(
    before: Awaited<ReturnType<typeof readBooks>>,
    nonce: number,
    job: Job,
  ): Promise<void> {
    await expectSettledOnce(market, before, job);
    expect(await sentBy(market, attester)).toBe(nonce + 2);
  }

  it('while the model runs', async () => {
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    const engine = await freezeEngine(processes.executor);
    const [job] = await market.ask(question());
    await untilActive(market, job, { at: 0, queue: 'inference' });
    await redis.flush();
    engine.thaw();

    await expectTwoTransactions(before, nonce, job);
  });

  it('while the attestation waits for its block', async () => {
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    await pauseMining(market);
    const [job] = await market.ask(question());
    const [pending] = await untilPending(market, attester);
    await redis.flush();
    await resumeMining(market);

    await expectTwoTransactions(before, nonce, job);
    expect((await market.history(job.jobId))[1]?.log.transactionHash).toBe(pending);
  });

  it('while the challenge window is open: settlement and verification are asked for again', async () => {
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    await pauseMining(market);
    const [job] = await market.ask(question());
    await untilPending(market, attester);
    const tower = await freezeEngine(watchtower);
    await resumeMining(market);
    await said(market.stack, processes.listener, 'settlement queued', job);
    await untilActive(market, job, { at: 0, queue: 'verification' });
    await redis.flush();
    tower.thaw();

    await expectTwoTransactions(before, nonce, job);
    expect((await said(market.stack, watchtower, 'verdict', job)).fields['verdict']).toBe('agrees');
  });

  it('and is gone for a while: it is killed while the model runs, and comes back empty', async () => {
    const before = await readBooks(market);
    const nonce = await sentBy(market, attester);
    const engine = await freezeEngine(processes.executor);
    const [job] = await market.ask(question());
    await untilActive(market, job, { at: 0, queue: 'inference' });
    const killedAt = Date.now();
    await redis.kill();
    engine.thaw();
    // The answer is there and cannot be handed over: this is the longest the outage has to last.
    await market.stack.log.waitFor(
      ({ process, at, message }) =>
        at >= killedAt && process === processes.executor.name && /redis|queue/.test(message),
      { what: 'the executor noticing', deadlineMs: 45_000 },
    );
    await redis.restart();

    await expectTwoTransactions(before, nonce, job);
  });
});
