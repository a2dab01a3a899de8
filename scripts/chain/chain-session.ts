import type { Wallet } from 'ethers';
import { parseQuantity } from '../../workers/chain/chain-values.ts';
import { type Contracts, connectContracts } from '../../workers/chain/contracts.ts';
import { type Deployment, loadDeployment, verifyDeployment } from '../../workers/chain/deployments.ts';
import { createRpcNode } from '../../workers/chain/json-rpc.ts';
import { nodeName, type Rpc } from '../../workers/chain/rpc.ts';
import { createRpcPool } from '../../workers/chain/rpc-pool.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { openSigner, type SignerSource } from '../../workers/runtime/keystore.ts';
import type { Logger } from '../../workers/runtime/logger.ts';

/** A deployment on a chain that answers. */
export interface ChainSession {
  readonly chainId: number;
  readonly deployment: Deployment;
  readonly contracts: Contracts;
  readonly rpc: Rpc;
  /** @throws RemitError `SIGNER_…` */
  signer(source: SignerSource): Promise<Wallet>;
  close(): Promise<void>;
}

export interface ChainSessionOptions {
  readonly rpcUrl: string;
  /** What `hardhat deploy` wrote for the network. */
  readonly deploymentFolder: string;
}

/** @throws RemitError `NETWORK_UNREACHABLE`, `DEPLOYMENT_MISSING`, `DEPLOYMENT_WRONG_CHAIN`, `DEPLOYMENT_NO_CODE` */
export async function openChainSession(
  { rpcUrl, deploymentFolder }: ChainSessionOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<ChainSession> {
  const node = createRpcNode({ url: rpcUrl, timeoutMs: 8_000 }, { clock });
  const chainId = await node.call('eth_chainId', []).then(
    (value) => parseQuantity(value, 'eth_chainId'),
    (error: unknown) => {
      throw unreachable(rpcUrl, error);
    },
  );
  const deployment = await loadDeployment(deploymentFolder, { chainId });
  const rpc = createRpcPool({ urls: [rpcUrl], chainId }, { clock, logger });
  try {
    await verifyDeployment(deploymentFolder, deployment, { rpc });
  } catch (error) {
    await rpc.stop();
    throw error;
  }
  return {
    chainId,
    deployment,
    contracts: connectContracts(deployment.addresses, { rpc }),
    rpc,
    signer: (source) => openSigner(source, { chainId }),
    close: () => rpc.stop(),
  };
}

function unreachable(rpcUrl: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'NETWORK_UNREACHABLE',
    message: `no chain answers at ${nodeName(rpcUrl)}: ${messageOf(cause)}`,
    fix: 'start the node, or name another one with --rpc',
    retryable: true,
    cause,
  });
}
