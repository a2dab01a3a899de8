import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperator, type OperatorProcesses } from '../../scripts/stack/operator.ts';
import { publishModel } from '../../scripts/stack/publish-model.ts';
import { startStack, TOKEN, type Stack } from '../../scripts/stack/stack.ts';
import { node, onnxModel, value } from '../../test/support/onnx-builder.ts';
import { startRedis, type TestRedis } from '../../test/support/redis.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { mineOften, type Miner } from '../pipeline/mine-often.ts';
import { createJobLoad, type JobLoad } from './job-load.ts';

export interface StubNetworkOptions {
  /** Requests that are paid for. */
  readonly jobs: number;
  /** Jobs under way at once: what the operator's stake has to cover. */
  readonly openMax: number;
  /** Of the three. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One operator's processes on a private chain and a Redis that can be killed, with a model that does nothing. */
export interface StubNetwork {
  readonly stack: Stack;
  readonly redis: TestRedis;
  readonly miner: Miner;
  readonly processes: OperatorProcesses;
  readonly load: JobLoad;
}

const ELEMENTS = 10;
const IN_FLIGHT = 1_000;
/** Tokens: above what an operator needs before it may answer at all. */
const STAKE_MIN = 10_000;
/** Blocks whose state can be asked for: more than the deepest reorg takes back and the workers look at. */
const CHAIN_HISTORY = 64;
/** Room for a thousand transactions in a block. */
const BLOCK_GAS = '0x77359400';

export async function onStubNetwork<T>(
  { jobs, openMax, environment: common = {} }: StubNetworkOptions,
  { clock }: { readonly clock: Clock },
  body: (network: StubNetwork) => Promise<T>,
): Promise<T> {
  const redis = await startRedis({ durable: true });
  const folder = await mkdtemp(join(tmpdir(), 'remit-soak-'));
  try {
    const stack = await startStack(
      {
        blockTimeSeconds: 0,
        stake: BigInt(Math.max(2 * openMax, STAKE_MIN)) * TOKEN,
        redisUrl: redis.url,
        chainHistory: CHAIN_HISTORY,
      },
      { clock },
    );
    try {
      await stack.chain.call('evm_setBlockGasLimit', [BLOCK_GAS]);
      const miner = await mineOften(stack);
      stack.teardown.add('miner', () => miner.stop());
      const model = await publishModel(
        { file: await identityModel(folder), publisher: stack.accounts.publisher, feeBps: 500 },
        stack,
      );
      const environment = {
        listener: common,
        submitter: { ...common, REMIT_TX_MAX_IN_FLIGHT: String(IN_FLIGHT), REMIT_TX_STALL: '5s' },
        executor: { ...common, REMIT_MODELS: model.modelId },
      };
      const processes = await startOperator(stack, { at: 0, verified: false, environment });
      const load = await createJobLoad({ model, jobs, elements: ELEMENTS }, { stack, miner });
      // The soak looks for itself; a second reader of every event would be measured too.
      await stack.watch.stop();
      return await body({ stack, redis, miner, processes, load });
    } finally {
      await stack.stop();
    }
  } finally {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function identityModel(folder: string): Promise<string> {
  const file = join(folder, 'identity.onnx');
  const tensor = (name: string) => value(name, ['batch', ELEMENTS]);
  const graph = { input: [tensor('x')], output: [tensor('y')], node: [node('Identity', ['x'], ['y'])] };
  await writeFile(file, onnxModel(graph));
  return file;
}

export function pidsOf({ processes, stack }: StubNetwork): Readonly<Record<string, () => number>> {
  const { listener, executor, submitter } = processes;
  return {
    listener: () => listener.process.pid,
    executor: () => executor.process.pid,
    submitter: () => submitter.process.pid,
    chain: () => stack.chain.process.pid,
    bench: () => process.pid,
  };
}
