import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Stack } from './stack.ts';
import { startWorker, type Environment, type WorkerProcess } from './worker-process.ts';

/** One operator: three processes that meet in Redis, each with a data folder of its own. */
export interface OperatorProcesses {
  readonly listener: WorkerProcess;
  readonly executor: WorkerProcess;
  readonly submitter: WorkerProcess;
  /** Where the operator serves its outputs. */
  readonly storeUrl: string;
}

export interface OperatorOptions {
  /** Which of the stack's operators, from 0. */
  readonly at: number;
  /** More variables, by role. */
  readonly environment?: Readonly<Partial<Record<'listener' | 'executor' | 'submitter', Environment>>>;
  /** False when no watchtower will read what the listener sends it. Default true. */
  readonly verified?: boolean;
}

/** Starts listener, executor and submitter of one operator and waits until they work. */
export async function startOperator(
  stack: Stack,
  { at, environment = {}, verified = true }: OperatorOptions,
): Promise<OperatorProcesses> {
  const operator = stack.accounts.operators[at];
  if (!operator)
    throw new RangeError(`the stack has ${stack.accounts.operators.length} operators; there is none at ${at}`);
  const common = { REMIT_NAMESPACE: namespaceOf(stack, at), REMIT_OPERATOR: operator.owner.address };
  const storePort = await freePort();
  const start = (role: keyof typeof environment, own: Environment): Promise<WorkerProcess> =>
    startWorker(stack, { role, name: `${role}-${at + 1}`, environment: { ...common, ...own, ...environment[role] } });
  const [listener, executor, submitter] = await Promise.all([
    start('listener', { REMIT_POLL_INTERVAL: '100ms', REMIT_VERIFY: verified ? 'all' : 'none' }),
    start('executor', storeVariables(stack, `executor-${at + 1}`, [stack.storeUrl], storePort)),
    start('submitter', { REMIT_POLL_INTERVAL: '100ms', REMIT_DEV_KEY: `anvil:${operator.attester.index}` }),
  ]);
  return { listener, executor, submitter, storeUrl: `http://127.0.0.1:${storePort}` };
}

export interface WatchtowerOptions {
  /** Reads what the listener of this operator sends it. */
  readonly at: number;
  /** Where outputs can be fetched, beside the publisher's store. */
  readonly peers?: readonly string[];
  readonly environment?: Environment;
}

export function startWatchtower(
  stack: Stack,
  { at, peers = [], environment = {} }: WatchtowerOptions,
): Promise<WorkerProcess> {
  const name = `watchtower-${at + 1}`;
  return startWorker(stack, {
    role: 'watchtower',
    name,
    environment: {
      REMIT_NAMESPACE: namespaceOf(stack, at),
      ...storeVariables(stack, name, [stack.storeUrl, ...peers]),
      ...environment,
    },
  });
}

/** Starts the process that opens and plays trials for an operator's node, with the signer of its submitter. */
export function startTrialPlayer(stack: Stack, { at, environment = {} }: WatchtowerOptions): Promise<WorkerProcess> {
  const operator = stack.accounts.operators[at];
  if (!operator) throw new RangeError(`there is no operator at ${at}`);
  const name = `trial-${at + 1}`;
  return startWorker(stack, {
    role: 'trial',
    name,
    environment: {
      REMIT_NAMESPACE: namespaceOf(stack, at),
      REMIT_OPERATOR: operator.owner.address,
      REMIT_DEV_KEY: `anvil:${operator.attester.index}`,
      REMIT_TRIAL_POLL: '500ms',
      ...storeVariables(stack, name, [stack.storeUrl]),
      ...environment,
    },
  });
}

/** Starts the process that triggers schedules for an operator's node. Its listener has to be told by `REMIT_SCHEDULES`. */
export function startScheduler(
  stack: Stack,
  { at, environment = {} }: Omit<WatchtowerOptions, 'peers'>,
): Promise<WorkerProcess> {
  const operator = stack.accounts.operators[at];
  if (!operator) throw new RangeError(`there is no operator at ${at}`);
  return startWorker(stack, {
    role: 'scheduler',
    name: `scheduler-${at + 1}`,
    environment: {
      REMIT_NAMESPACE: namespaceOf(stack, at),
      REMIT_OPERATOR: operator.owner.address,
      REMIT_SCHEDULE_STEP: '0s',
      REMIT_SCHEDULE_POLL: '500ms',
      ...environment,
    },
  });
}

/** Keeps operators apart, and apart from what else lives on a Redis that is not ours. */
function namespaceOf({ runId }: Stack, at: number): string {
  return `remit-${runId}-${at + 1}`;
}

function storeVariables({ folder }: Stack, name: string, peers: readonly string[], port?: number): Environment {
  return {
    REMIT_STORE_FOLDER: join(folder, name, 'store'),
    REMIT_STORE_PEERS: peers.join(','),
    ...(port !== undefined && { REMIT_STORE_PORT: String(port) }),
  };
}
