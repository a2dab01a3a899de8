import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator } from '../../scripts/stack/operator.ts';
import { CallbackPhase, termsToChain } from '../../workers/protocol/job.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { vectorRoot } from '../../workers/protocol/vector-root.ts';
import { expectSettledOnce, readBooks } from './support/books.ts';
import { ADDER, adderInput, adderOutput, hexOf, type Job, type Market } from './support/market.ts';
import { createMoodyConsumer, type Mood, type MoodyConsumer } from './support/moody-consumer.ts';
import { complaints, endStack, startMarket } from './support/network.ts';
import { recordOf } from './support/records.ts';

const PHASES = { OnAttested: CallbackPhase.OnAttested, OnFinal: CallbackPhase.OnFinal };
type Phase = keyof typeof PHASES;

describe('a callback that goes wrong', () => {
  let market: Market;
  let model: ModelSpec;
  const trouble: { readonly mood: Mood; readonly phase: Phase }[] = [
    { mood: 'reverts', phase: 'OnAttested' },
    { mood: 'burns', phase: 'OnAttested' },
    { mood: 'reverts', phase: 'OnFinal' },
    { mood: 'burns', phase: 'OnFinal' },
  ];
  let cases: readonly {
    readonly mood: Mood;
    readonly phase: Phase;
    readonly job: Job;
    readonly consumer: MoodyConsumer;
  }[];

  beforeAll(async () => {
    market = await startMarket();
    model = await market.publish(ADDER);
    await startOperator(market.stack, { at: 0, verified: false });
    const before = await readBooks(market);
    const consumers: MoodyConsumer[] = [];
    for (const { mood } of trouble) consumers.push(await createMoodyConsumer(market, mood));
    const jobs: readonly Job[] = await market.ask(
      ...trouble.map(({ phase }, at) => ({
        model,
        input: adderInput(at, 1),
        terms: { callbackPhase: PHASES[phase], callbackGas: 200_000, callbackTarget: consumers[at]!.address },
      })),
    );
    cases = trouble.map((one, at) => ({ ...one, job: jobs[at]!, consumer: consumers[at]! }));
    // Whatever the consumers do, all four jobs are settled and paid like any other.
    await expectSettledOnce(market, before, ...jobs);
  });
  afterAll(async () => {
    await endStack(market);
  });

  it.each(trouble)(
    'is announced ($mood, $phase), and the job was settled and paid all the same',
    async ({ mood, phase }) => {
      const { job, consumer } = find(mood, phase);
      expect(await callbacksOf(job)).toEqual(['CallbackFailed']);
      expect(BigInt(await consumer.kept())).toBe(0n);
    },
  );

  it.each(trouble)(
    'is retried by anybody once the consumer is mended ($mood, $phase), and then never again',
    async ({ mood, phase }) => {
      const { job, consumer } = find(mood, phase);
      const at = trouble.findIndex((one) => one.mood === mood && one.phase === phase);
      const output = adderOutput(at, 1);
      const record = await recordOf(market, job);
      const retry = market.call(market.stack.accounts.applicant, 'JobRegistry', 'retryCallback', [
        termsToChain(job.terms),
        record,
        hexOf(output),
      ]);
      await expect(market.send(retry)).rejects.toThrow('JobRegistryCallbackFailed');
      await consumer.setMood('keeps');

      await market.send(retry);

      expect(await consumer.kept()).toBe(vectorRoot(output));
      expect(await callbacksOf(job)).toEqual(['CallbackFailed', 'CallbackRetried']);
      await expect(market.send(retry)).rejects.toThrow('JobRegistryCallbackNotDue');
    },
  );

  it('leaves the operator nothing to complain about', () => {
    expect(complaints(market.stack)).toEqual([]);
  });

  async function callbacksOf({ jobId }: Job): Promise<string[]> {
    return (await market.history(jobId)).map(({ type }) => type).filter((type) => type.startsWith('Callback'));
  }

  function find(mood: Mood, phase: Phase) {
    const found = cases.find((one) => one.mood === mood && one.phase === phase);
    if (!found) throw new Error('no such case');
    return found;
  }
});
