import type { OperatorProcesses } from '../../scripts/stack/operator.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import type { TestRedis } from '../../test/support/redis.ts';
import type { Miner } from '../pipeline/mine-often.ts';
import type { JobLedger } from './job-ledger.ts';

/** One thing that goes wrong while jobs are under way. */
export interface JobFault {
  readonly name: string;
  inject(): Promise<void>;
}

export interface FaultSubjects {
  readonly stack: Stack;
  readonly redis: TestRedis;
  readonly miner: Miner;
  readonly processes: OperatorProcesses;
  readonly ledger: JobLedger;
  /** Hands requests to the chain again that a reorg dropped. */
  readonly resend: () => Promise<void>;
}

const DEPTH_MAX = 12;
const REDIS_AWAY_MS = 3_000;

/** All faults of this soak; the caller draws. `chance` is uniform in [0, 1). */
export function jobFaults(subjects: FaultSubjects, chance: () => number): readonly JobFault[] {
  const { stack, redis, miner, processes, ledger, resend } = subjects;
  const { chain, clock } = stack;

  const killed = (role: keyof Omit<OperatorProcesses, 'storeUrl'>): JobFault => ({
    name: `kill -9 of the ${role}`,
    async inject() {
      await processes[role].kill();
      await processes[role].restart();
    },
  });

  return [
    killed('listener'),
    killed('executor'),
    killed('submitter'),
    {
      name: 'Redis killed and started again',
      async inject() {
        await redis.kill();
        await clock.sleep(REDIS_AWAY_MS);
        await redis.restart();
      },
    },
    { name: 'Redis emptied', inject: () => redis.flush() },
    {
      name: 'reorg',
      async inject() {
        miner.pause();
        try {
          const depth = 1 + Math.floor(chance() * DEPTH_MAX);
          const head = Number(await chain.call('eth_blockNumber', []));
          await chain.call('anvil_reorg', [depth, []]);
          ledger.rewind(head - depth + 1);
          await ledger.read();
          await resend();
        } finally {
          miner.resume();
        }
      },
    },
    { name: 'transactions dropped', inject: dropAll },
  ];

  async function dropAll(): Promise<void> {
    await chain.call('anvil_dropAllTransactions', []);
    await ledger.read();
    await resend();
  }
}
