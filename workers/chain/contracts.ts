import { Contract, type ContractRunner, Interface, type InterfaceAbi } from 'ethers';
import { Artifact_EquivocationCourt } from '../../generated/artifacts/EquivocationCourt.js';
import { Artifact_IFeedRegistry } from '../../generated/artifacts/IFeedRegistry.js';
import { Artifact_IFeedRequests } from '../../generated/artifacts/IFeedRequests.js';
import { Artifact_InferenceConsumer } from '../../generated/artifacts/InferenceConsumer.js';
import { Artifact_IScheduler } from '../../generated/artifacts/IScheduler.js';
import { Artifact_JobRegistry } from '../../generated/artifacts/JobRegistry.js';
import { Artifact_ModelRegistry } from '../../generated/artifacts/ModelRegistry.js';
import { Artifact_OperatorStaking } from '../../generated/artifacts/OperatorStaking.js';
import { Artifact_Settlement } from '../../generated/artifacts/Settlement.js';
import { Artifact_Slasher } from '../../generated/artifacts/Slasher.js';
import { Artifact_TrialCourt } from '../../generated/artifacts/TrialCourt.js';
import type {
  EquivocationCourt,
  IFeedRegistry,
  IFeedRequests,
  IScheduler,
  JobRegistry,
  ModelRegistry,
  OperatorStaking,
  Settlement,
  Slasher,
  TrialCourt,
} from '../../types/index.ts';
import type { Addresses, ContractName } from './deployments.ts';
import type { Rpc } from './rpc.ts';

const ABIS: Readonly<Record<ContractName, InterfaceAbi>> = {
  JobRegistry: Artifact_JobRegistry.abi,
  ModelRegistry: Artifact_ModelRegistry.abi,
  OperatorStaking: Artifact_OperatorStaking.abi,
  Settlement: Artifact_Settlement.abi,
  Slasher: Artifact_Slasher.abi,
  EquivocationCourt: Artifact_EquivocationCourt.abi,
  TrialCourt: Artifact_TrialCourt.abi,
  FeedRegistry: Artifact_IFeedRegistry.abi,
  FeedRequests: Artifact_IFeedRequests.abi,
  Scheduler: Artifact_IScheduler.abi,
};

/** Our contracts' ABIs by name. */
export const interfaces: Readonly<Record<ContractName, Interface>> = mapValues(ABIS, (abi) => new Interface(abi));

/** Every interface whose errors a transaction of ours may meet. */
export const errorInterfaces: readonly Interface[] = [
  ...Object.values(interfaces),
  new Interface(Artifact_InferenceConsumer.abi),
  new Interface([
    'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
    'error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
    'error SafeERC20FailedOperation(address token)',
    'error AccessManagedUnauthorized(address caller)',
  ]),
];

/**
 * The contracts as ethers sees them, for reading (`contracts.JobRegistry.stateOf(id)`) and for encoding
 * (`contracts.JobRegistry.interface.encodeFunctionData('expire', [terms])`). They cannot send: that is the transaction manager's.
 */
export interface Contracts {
  readonly JobRegistry: JobRegistry;
  readonly ModelRegistry: ModelRegistry;
  readonly OperatorStaking: OperatorStaking;
  readonly Settlement: Settlement;
  readonly Slasher: Slasher;
  readonly EquivocationCourt: EquivocationCourt;
  readonly TrialCourt: TrialCourt;
  readonly FeedRegistry: IFeedRegistry;
  readonly FeedRequests: IFeedRequests;
  readonly Scheduler: IScheduler;
}

/** Reads go through `rpc`, and end when `signal` aborts. A read that reverts throws what `rpc` throws. */
export function connectContracts(addresses: Addresses, { rpc }: { rpc: Rpc }, signal?: AbortSignal): Contracts {
  const runner: ContractRunner = {
    provider: null,
    call: async ({ to, data, from, blockTag }) => {
      const block =
        typeof blockTag === 'number' || typeof blockTag === 'bigint'
          ? `0x${blockTag.toString(16)}`
          : (blockTag ?? 'latest');
      const call = { to, data, ...(from != null && { from }) };
      return String(await rpc.call('eth_call', [call, block], signal && { signal }));
    },
  };
  // ethers types every contract alike; what its methods are is known from the same ABI that `types/` was generated from.
  return mapValues(ABIS, (abi, name) => new Contract(addresses[name], abi, runner)) as unknown as Contracts;
}

function mapValues<V, W>(
  record: Readonly<Record<ContractName, V>>,
  map: (value: V, name: ContractName) => W,
): Record<ContractName, W> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, map(value, name as ContractName)]),
  ) as Record<ContractName, W>;
}
