import { type OperatorProcesses, startOperator } from '../../../scripts/stack/operator.ts';
import { TOKEN } from '../../../scripts/stack/stack.ts';
import type { WorkerProcess } from '../../../scripts/stack/worker-process.ts';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import type { Hex32 } from '../../../workers/protocol/ids.ts';
import { Availability, CallbackPhase, type Terms } from '../../../workers/protocol/job.ts';
import { RemitError } from '../../../workers/runtime/errors.ts';
import { ADDER, adderInput, type Job, type Market, type Question } from '../../e2e/support/market.ts';
import { createMoodyConsumer } from '../../e2e/support/moody-consumer.ts';
import { rawTransaction } from '../../e2e/support/transactions.ts';
import type { TestRedis } from '../../support/redis.ts';
import { seedFaults, TROUBLES } from '../../support/rpc-faults.ts';
import type { RpcProxy } from '../../support/rpc-proxy.ts';
import { until } from '../../support/until.ts';
import { REORG_DEPTH_MAX, type SeedFault, type SeedJob, type SeedStep } from './seed-script.ts';
import { startTicks } from './seed-ticks.ts';

/** A job of a script that was asked. */
export interface PlayedJob extends Job {
  readonly seed: number;
  readonly what: SeedJob;
}

/** A whole network that scripts are played on, one batch after another. */
export interface SeedNetwork {
  /** Buries what has been so far deeper than any reorg of a script reaches. */
  bury(): Promise<void>;
  /** Plays all steps, waits until nothing is broken any more, and returns the jobs. */
  play(steps: readonly SeedStep[]): Promise<readonly PlayedJob[]>;
  /** Ends the blocks; the stack ends the rest. */
  stop(): Promise<void>;
}

/** Chain time: enough for the longest script, and for a short one. */
const TIME_TO_ATTEST = 500;
const SOON = 4;
const RPC_ERRORS = 0.2;
/** A call that is never answered takes seconds, which is a row of its own; here a fault is to be over in two. */
const ERRORS = TROUBLES.filter(({ kind }) => kind !== 'hang');
const STARTS_MAX = 5;

export interface SeedFoundations {
  readonly market: Market;
  /** Of the market's stack. */
  readonly redis: TestRedis;
  /** Between the workers and the chain. */
  readonly proxy: RpcProxy;
}

/** Starts an operator behind the proxy on a market that has none. */
export async function startSeedNetwork({ market, redis, proxy }: SeedFoundations): Promise<SeedNetwork> {
  const { stack } = market;
  const { chain, accounts } = stack;
  const reader = createChainReader({ rpc: chain });
  const model = await market.publish(ADDER);
  const refuser = await createMoodyConsumer(market, 'reverts');
  await market.prepay(accounts.requester.address, 10_000n * TOKEN);
  const common = { REMIT_RPC_URLS: proxy.url };
  const processes: OperatorProcesses = await startOperator(stack, {
    at: 0,
    verified: false,
    environment: {
      listener: { ...common, REMIT_RECONCILE_INTERVAL: '1s', REMIT_EXPIRE_FOR: accounts.requester.address },
      executor: common,
      submitter: { ...common, REMIT_TX_STALL: '2s' },
    },
  });
  await chain.call('evm_setIntervalMining', [0]);
  const ticks = await startTicks(stack);
  let salt = 0;

  async function questionOf(what: SeedJob): Promise<Question> {
    salt += 1;
    const now = await market.now();
    const attestDeadline = BigInt(now + TIME_TO_ATTEST);
    const input = adderInput(salt, 7);
    const callback = (callbackPhase: Terms['callbackPhase']): Question => ({
      model,
      input,
      terms: { attestDeadline, callbackPhase, callbackGas: 200_000, callbackTarget: refuser.address },
    });
    switch (what) {
      case 'answerable':
        return { model, input, terms: { attestDeadline } };
      case 'callback when attested':
        return callback(CallbackPhase.OnAttested);
      case 'callback when final':
        return callback(CallbackPhase.OnFinal);
      case 'unanswerable': {
        // A digest of which nobody has the vector.
        const digest: Hex32 = `0x${salt.toString(16).padStart(64, 'd')}` as Hex32;
        return { model, input: digest, terms: { availability: Availability.Blob, attestDeadline: BigInt(now + SOON) } };
      }
    }
  }

  /** Requests of the batch, as they were signed, in the order of their nonces. */
  let requests: { readonly hash: Hex32; readonly raw: string }[] = [];

  async function ask(seed: number, jobs: readonly SeedJob[]): Promise<readonly PlayedJob[]> {
    // A tick is a block, and a block a second: those that are to expire soon must not have expired before they are asked.
    const asked: readonly Job[] = await ticks.between(async () => {
      const questions: Question[] = [];
      for (const what of jobs) questions.push(await questionOf(what));
      return market.ask(...questions);
    });
    for (const { jobId } of asked) {
      const hash = (await market.history(jobId))[0]!.log.transactionHash;
      requests.push({ hash, raw: await rawTransaction(market, hash) });
    }
    return asked.map((job, at) => ({ ...job, seed, what: jobs[at]! }));
  }

  /** People send again what a reorg took from the chain. */
  async function sendAgain(): Promise<void> {
    for (const { hash, raw } of requests)
      if (!(await reader.receipt(hash))) await chain.call('eth_sendRawTransaction', [raw]);
    await chain.mine();
  }

  async function restart(worker: WorkerProcess): Promise<void> {
    // Whoever looks after a process starts it again when it could not start: a node may answer with errors just then.
    for (let left = STARTS_MAX; ; left -= 1) {
      try {
        await worker.restart();
        return;
      } catch (error) {
        if (left === 1 || !(error instanceof RemitError) || error.code !== 'STACK_PROCESS_FAILED') throw error;
      }
    }
  }

  async function inject(fault: SeedFault): Promise<void> {
    switch (fault.kind) {
      case 'reorg':
        return ticks.between(async () => {
          await chain.call('anvil_reorg', [fault.depth, []]);
          await sendAgain();
        });
      case 'RPC errors':
        seedFaults(proxy, fault.seed, { '*': { rate: RPC_ERRORS, faults: ERRORS } });
        ticks.later(fault.ticks, () => {
          proxy.fault('*', undefined);
        });
        return;
      case 'kill -9':
        await processes[fault.victim].kill();
        return restart(processes[fault.victim]);
      case 'Redis emptied':
        return redis.flush();
      case 'Redis killed':
        await redis.kill();
        await ticks.wait(2);
        return redis.restart();
      case 'transactions dropped':
        return dropTransactions();
      case 'base fee x20':
        ticks.dear(fault.ticks);
        return;
      case 'no blocks':
        ticks.withoutBlocks(fault.ticks);
        return;
    }
  }

  /** At a moment when there are some, if there is one soon. */
  async function dropTransactions(): Promise<void> {
    ticks.withoutBlocks(6);
    const end = ticks.now() + 5;
    await until(
      async () => {
        const { pending } = (await chain.call('txpool_status', [])) as { readonly pending: string };
        return Number(pending) > 0 || ticks.now() >= end;
      },
      { what: 'a transaction to drop' },
    );
    await chain.call('anvil_dropAllTransactions', []);
    ticks.withoutBlocks(0);
  }

  return {
    async bury() {
      requests = [];
      await ticks.between(() => chain.call('anvil_mine', [`0x${(REORG_DEPTH_MAX + 1).toString(16)}`]));
    },
    async play(steps) {
      const jobs: PlayedJob[] = [];
      for (const step of steps) {
        await ticks.wait(step.after);
        if (step.kind === 'ask') jobs.push(...(await ask(step.seed, step.jobs)));
        else await inject(step.fault);
      }
      await ticks.quiet();
      return jobs;
    },
    stop: () => ticks.stop(),
  };
}
