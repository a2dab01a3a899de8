import { join } from 'node:path';
import { expect } from 'vitest';
import type { OperatorProcesses } from '../../../scripts/stack/operator.ts';
import type { ProcessExit } from '../../../scripts/stack/managed-process.ts';
import { startWorker, type WorkerProcess } from '../../../scripts/stack/worker-process.ts';
import { type JobKey, messageId, type QueueName } from '../../../workers/queue/catalog.ts';
import type { ModelSpec } from '../../../workers/protocol/model.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { adderInput, type Job, type Market } from '../../e2e/support/market.ts';
import { sentBy } from '../../e2e/support/transactions.ts';
import { crashAt, type CrashPoint } from '../../support/crash-at.ts';
import { until } from '../../support/until.ts';

/** One process that is made to die once. */
export interface Kill {
  readonly point: CrashPoint;
  readonly victim: 'listener' | 'executor' | 'submitter';
  /** Default: SIGKILL, which ends it there; SIGTERM asks it to stop there. */
  readonly signal?: 'SIGTERM';
  /** It dies when it gets there for the nth time. */
  readonly nth: number;
  /** Jobs asked in one block meanwhile. */
  readonly jobs: number;
}

export interface Lane {
  readonly market: Market;
  readonly model: ModelSpec;
  readonly processes: OperatorProcesses;
}

let salt = 0;

/** Arms the point, asks, waits until the process has killed itself there, and starts it again. */
export async function killOnce(
  { market, model, processes }: Lane,
  { point, victim, signal, nth, jobs }: Kill,
): Promise<readonly Job[]> {
  const worker = processes[victim];
  const end: ProcessExit = signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' };
  const died = await restartToDie(worker, { ...crashAt(point, nth, signal) }, end);
  const questions = Array.from({ length: jobs }, () => ({ model, input: adderInput((salt += 1), 3) }));
  const asked = await market.ask(...questions);
  if (!died) {
    const { process } = worker;
    await until(() => !process.running(), { what: `the end of ${victim} at ${point}:${nth}`, deadlineMs: 30_000 });
    expect(await process.exited, `how ${victim} ended at ${point}:${nth}`).toEqual(end);
  }
  await worker.restart();
  return asked;
}

/** True when it died on its way up already: what was left over from before took it to its point. */
async function restartToDie(
  worker: WorkerProcess,
  environment: Readonly<Record<string, string>>,
  { code, signal }: ProcessExit,
): Promise<boolean> {
  try {
    await worker.restart(environment);
    return false;
  } catch (error) {
    const how = error instanceof RemitError ? error.context : {};
    if (how['code'] === code && how['signal'] === signal) return true;
    throw error;
  }
}

/** Transactions that the operator's signer has on the chain. */
export function sent({ market }: Lane): Promise<number> {
  return sentBy(market, market.stack.accounts.operators[0]!.attester.address);
}

/** The ids of all messages of one queue, whatever became of them. */
export async function messagesIn({ market: { stack } }: Lane, queue: QueueName): Promise<readonly string[]> {
  const prefix = `remit-${stack.runId}-1:${queue}:`;
  const keys = (await stack.redis.command('KEYS', `${prefix}*-*`)) as readonly string[];
  const ids = keys
    .map((key) => key.slice(prefix.length))
    .filter((id) => /^\d+-[0-9a-f]{8}-[0-9a-f]{64}-[a-z]+(-[0-9a-f]{8})?$/.test(id));
  return ids.sort();
}

/** The ids that the messages of these jobs have in a queue where each job has one. */
export function expectedIn({ market: { stack } }: Lane, jobs: readonly Job[], phase: string): readonly string[] {
  const { chain, deployed } = stack;
  const key = { chainId: chain.chainId, registry: deployed.addresses.JobRegistry };
  return jobs.map(({ jobId }) => messageId({ ...key, jobId } satisfies JobKey, phase)).sort();
}

/** Another executor of the same operator, on the same Redis. */
export function startSecondExecutor({ market: { stack } }: Lane): Promise<WorkerProcess> {
  const name = 'executor-1-b';
  return startWorker(stack, {
    role: 'executor',
    name,
    environment: {
      REMIT_NAMESPACE: `remit-${stack.runId}-1`,
      REMIT_OPERATOR: stack.accounts.operators[0]!.owner.address,
      REMIT_STORE_FOLDER: join(stack.folder, name, 'store'),
      REMIT_STORE_PEERS: stack.storeUrl,
    },
  });
}
