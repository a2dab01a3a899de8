import { speedUpEthers } from '../protocol/ethers-keccak.ts';
import type { Hex32 } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { HealthCheck } from '../runtime/health.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Service } from '../runtime/service.ts';
import { type ChainReader, createChainReader } from './chain-reader.ts';
import type { ChainConfig } from './config.ts';
import { type Deployment, loadDeployment, verifyDeployment } from './deployments.ts';
import { createRpcPool, type RpcPool } from './rpc-pool.ts';
import { inconsistent } from './rpc.ts';

/** The chain and our contracts on it, checked: what every role builds on. */
export interface ChainAccess {
  readonly rpc: RpcPool;
  readonly reader: ChainReader;
  readonly deployment: Deployment;
  /** Hash of block 0 as the nodes say it: tells a local chain that was started anew from the one before it. */
  readonly genesisHash: Hex32;
  /** Closes the connections at the end. Its start does nothing: opening was the start. */
  readonly service: Service;
  readonly check: HealthCheck;
}

/**
 * Connects to the nodes, reads the deployment, and makes sure that they belong together.
 * @throws RemitError CHAIN_ID_MISMATCH, RPC_UNREACHABLE, DEPLOYMENT_MISSING, DEPLOYMENT_WRONG_CHAIN, DEPLOYMENT_NO_CODE
 */
export async function openChain(
  { rpcUrls, chainId, deployment: folder }: Pick<ChainConfig, 'rpcUrls' | 'chainId' | 'deployment'>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<ChainAccess> {
  // Every role comes by here before it reads, hashes or signs.
  speedUpEthers();
  const deployment = await loadDeployment(folder, { chainId });
  const rpc = createRpcPool({ urls: rpcUrls, chainId }, { clock, logger });
  try {
    await rpc.start();
    await verifyDeployment(folder, deployment, { rpc });
    const reader = createChainReader({ rpc });
    const genesis = await reader.block(0);
    if (!genesis) throw inconsistent('a node has no block 0');
    const service: Service = { name: 'chain', start: () => Promise.resolve(), stop: () => rpc.stop() };
    return { rpc, reader, deployment, genesisHash: genesis.hash, service, check: createChainCheck(rpc) };
  } catch (error) {
    await rpc.stop();
    throw error;
  }
}

/** The nodes for `/readyz`: failing when none is usable, degraded when some are not. */
function createChainCheck(rpc: Pick<RpcPool, 'health' | 'call'>): HealthCheck {
  return {
    name: 'chain',
    check: async (signal) => {
      // A read of now, so that an outage shows at once and not with the next probe.
      await rpc.call('eth_blockNumber', [], { signal });
      const nodes = rpc.health();
      const alive = nodes.filter(({ state }) => state === 'alive').length;
      const head = Math.max(...nodes.map((node) => node.head ?? 0));
      return {
        state: alive === nodes.length ? 'ok' : 'degraded',
        detail: `${alive} of ${nodes.length} nodes usable, head at ${head} when last probed`,
      };
    },
  };
}
