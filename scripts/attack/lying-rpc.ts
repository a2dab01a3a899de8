import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { createLogFetcher } from '../../workers/chain/log-fetcher.ts';
import { createRpcPool } from '../../workers/chain/rpc-pool.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';

/** A node that leaves events out, makes some up, or is on another chain is contradicted by its own blocks. */
export const lyingRpc: Attack = {
  name: 'lying-rpc',
  threats: ['O4'],
  what: 'a JSON-RPC node hides a job from its operator, makes one up, or answers for another chain',
  async run(stage) {
    const { chain, clock, deployed } = stage;
    await requested(stage);
    const block = await createChainReader({ rpc: chain }).head();
    const filter = { addresses: [deployed.addresses.JobRegistry], topics: [] };
    const logsThrough = (lie: (logs: unknown[]) => unknown[]) => {
      const rpc: Rpc = {
        async call(method, params) {
          const answer = await chain.call(method, params);
          return method === 'eth_getLogs' && Array.isArray(answer) ? lie(answer) : answer;
        },
      };
      return createLogFetcher({ filter }, { reader: createChainReader({ rpc }) }).ofBlock(block);
    };
    const honest = await logsThrough((logs) => logs);
    stage.shows('control', `an honest node tells ${honest.length} event of the block`, honest.length === 1);
    await stage.failsWith('a node leaves the request out', 'RPC_INCONSISTENT', () => logsThrough(() => []));
    const other = `0x${'ab'.repeat(32)}`;
    await stage.failsWith('a node tells an event of a block that is not asked for', 'RPC_INCONSISTENT', () =>
      logsThrough((logs) => logs.map((log) => ({ ...(log as object), blockHash: other }))),
    );
    const join = async (chainId: number): Promise<void> => {
      const pool = createRpcPool({ urls: [chain.url], chainId }, { clock, logger: silentLogger });
      try {
        await pool.start(stage.signal);
      } finally {
        await pool.stop();
      }
    };
    await stage.failsWith('a node of another chain is named as one of this', 'CHAIN_ID_MISMATCH', () => join(1));
    await join(chain.chainId);
    stage.shows('control', 'a node of this chain is taken');
  },
};
