import type { Address } from '../../workers/protocol/ids.ts';
import { creditLineCreation, labelReaderCreation } from '../stack/consumers.ts';
import { depositIntents } from '../stack/funding.ts';
import { startOperator, startWatchtower, type OperatorProcesses } from '../stack/operator.ts';
import type { WorkerProcess } from '../stack/worker-process.ts';
import { publishModel, type PublishedModel } from '../stack/publish-model.ts';
import type { Stack } from '../stack/stack.ts';
import { creditLine, labelReader, LIMIT_MAX, SCORE_MIN, type DemoConsumer } from './consumer.ts';
import type { DemoOptions } from './demo-options.ts';
import { CallbackPhase } from '../../workers/protocol/job.ts';
import { FEE } from './questions.ts';

/** A network on which the demo's model is registered, its consumer is funded and its workers run. */
export interface DemoNetwork {
  readonly stack: Stack;
  readonly model: PublishedModel;
  readonly consumer: DemoConsumer;
  readonly consumerAddress: Address;
  readonly operator: OperatorProcesses;
  readonly watchtower: WorkerProcess;
}

const PUBLISHER_FEE_BPS = 500;

export async function publishDemoModel(
  { model: file }: Pick<DemoOptions, 'model'>,
  stack: Stack,
): Promise<PublishedModel> {
  const { accounts, step } = stack;
  return step(
    'model',
    () => publishModel({ file, publisher: accounts.publisher, feeBps: PUBLISHER_FEE_BPS }, stack),
    ({ triable }) => `vetted, stored and registered${triable ? '' : ' (not triable)'}`,
  );
}

/** Brings up the requester's contract and the processes. */
export async function completeNetwork(
  {
    isDefault,
    final,
    model,
    jobs,
  }: Pick<DemoOptions, 'isDefault' | 'final'> & { readonly model: PublishedModel; readonly jobs: number },
  stack: Stack,
): Promise<DemoNetwork> {
  const consumer = isDefault ? creditLine : labelReader(final ? CallbackPhase.OnFinal : CallbackPhase.OnAttested);
  const consumerAddress = await stack.step(
    'requester',
    () => createConsumer({ consumer, model, jobs }, stack),
    () => `contract ${consumer.contract}, prepaid for ${jobs} ${jobs === 1 ? 'job' : 'jobs'}`,
  );
  const [operator, watchtower] = await stack.step(
    'workers',
    () =>
      Promise.all([
        startOperator(stack, { at: 0, environment: { listener: { REMIT_SCHEDULES: 'true' } } }),
        startWatchtower(stack, { at: 0 }),
      ]),
    ([{ listener, executor, submitter }, tower]) =>
      [listener, executor, submitter, tower].map(({ role, process }) => `${role} ${process.pid}`).join(', '),
  );
  return { stack, model, consumer, consumerAddress, operator, watchtower };
}

async function createConsumer(
  { consumer, model, jobs }: { readonly consumer: DemoConsumer; readonly model: PublishedModel; readonly jobs: number },
  { accounts: { requester }, deployed, sender }: Stack,
): Promise<Address> {
  const registry = deployed.addresses.JobRegistry;
  const creation =
    consumer.contract === 'CreditLine'
      ? creditLineCreation({
          from: requester,
          registry,
          modelId: model.modelId,
          limitMax: LIMIT_MAX,
          scoreMin: SCORE_MIN,
        })
      : labelReaderCreation({ from: requester, registry });
  const [created] = await sender.send([creation]);
  if (!created?.created) throw new Error('the contract was not created');
  const deposits = await sender.send(
    depositIntents({ from: requester, account: created.created, amount: FEE * BigInt(jobs) }, deployed),
  );
  await sender.mined([created, ...deposits]);
  return created.created;
}
