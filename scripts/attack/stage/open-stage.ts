import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectContracts, type Contracts } from '../../../workers/chain/contracts.ts';
import type { ContractName } from '../../../workers/chain/deployments.ts';
import { appointmentTypedData } from '../../../workers/protocol/appointment.ts';
import type { Address } from '../../../workers/protocol/ids.ts';
import type { SigningDomain } from '../../../workers/protocol/typed-data.ts';
import type { Clock } from '../../../workers/runtime/clock.ts';
import type { OperatorAccounts } from '../../stack/accounts.ts';
import { deployContracts, type DeployedContracts } from '../../stack/deploy-contracts.ts';
import { tokenInterface } from '../../stack/funding.ts';
import { startLocalChain, type LocalChain } from '../../stack/local-chain.ts';
import { createLogTail } from '../../stack/log-tail.ts';
import type { StackStep } from '../../stack/stack.ts';
import { createTeardown } from '../../stack/teardown.ts';
import { type Cast, createCast } from './cast.ts';
import { type Call, type ContractHandle, callOf, handleOf } from './contract-handle.ts';
import { registerStageModel, type StageModel } from './stage-model.ts';
import { createTransactions, type Transactions } from './transactions.ts';

export const TOKEN = 10n ** 18n;
/** What everybody has in Settlement, and every operator in stake, token units. */
export const BALANCE = 1_000n * TOKEN;
export const STAKE = 1_000n * TOKEN;

export interface OpenStage {
  readonly chain: LocalChain;
  readonly deployed: DeployedContracts;
  readonly contracts: Contracts;
  readonly handles: Readonly<Record<ContractName | 'Token', ContractHandle>>;
  readonly transactions: Transactions;
  readonly cast: Cast;
  readonly model: StageModel;
  /** Of signatures that the job registry takes. */
  readonly domain: SigningDomain;
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Runs `work` and takes the chain back to where it was. */
  isolated<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<readonly string[]>;
}

export interface OpenStageDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onStep: (step: StackStep) => void;
  /** The artifacts that are there are deployed, whatever the sources say. */
  readonly noCompile?: boolean;
}

const ROOT = resolve(import.meta.dirname, '../../..');
/** Longer than a stake epoch, so that the first stake counts for the ladder. */
const EPOCHS = 60;

/** A private chain with `hardhat deploy` on it, and everybody with tokens, stake and keys. */
export async function openStage({ clock, signal, onStep, noCompile }: OpenStageDeps): Promise<OpenStage> {
  const teardown = createTeardown({ clock });
  const folder = await mkdtemp(join(tmpdir(), 'remit-attack-'));
  teardown.add('folder', () => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const step = async <T>(name: string, work: () => Promise<T>, detail?: (result: T) => string): Promise<T> => {
    signal.throwIfAborted();
    const begun = clock.now();
    onStep({ name });
    const result = await work();
    onStep({ name, ms: clock.now() - begun, ...(detail && { detail: detail(result) }) });
    return result;
  };
  const log = createLogTail({ clock });
  try {
    const chain = await step('local chain', () => startLocalChain({ folder, automine: true, signal }, { clock, log }));
    teardown.add('chain', () => chain.process.stop(2_000));
    const cacheFolder = join(ROOT, 'cache/stack');
    const deployed = await step(
      'contracts',
      () => deployContracts(chain, { folder, cacheFolder, hardfork: 'prague', noCompile, signal }, { clock, log }),
      ({ fromCache }) => (fromCache ? 'hardhat deploy, kept from an earlier run' : 'hardhat deploy'),
    );
    const contracts = connectContracts(deployed.addresses, { rpc: chain }, signal);
    const transactions = createTransactions({ rpc: chain, clock });
    const cast = createCast();
    const handles = handlesOf(deployed);
    // A second for every block: nothing here depends on how fast the machine is.
    await chain.call('anvil_setBlockTimestampInterval', [1]);
    const model = await step('cast and model', async () => {
      await fundCast({ cast, handles, chain, transactions });
      await chain.mine((await transactions.now()) + EPOCHS);
      const file = await readFile(join(ROOT, 'models/credit-score/credit-score.onnx'));
      return registerStageModel(file, { cast, handles, transactions });
    });
    return {
      ...{ chain, deployed, contracts, handles, transactions, cast, model, folder, clock, signal },
      domain: { chainId: BigInt(chain.chainId), verifyingContract: deployed.addresses.JobRegistry },
      async isolated(work) {
        const snapshot = await chain.call('evm_snapshot', []);
        try {
          return await work();
        } finally {
          await chain.call('evm_revert', [snapshot]);
        }
      },
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

function handlesOf({ addresses, token }: DeployedContracts): OpenStage['handles'] {
  const named = Object.entries(addresses) as [ContractName, Address][];
  const handles = Object.fromEntries(named.map(([name, address]) => [name, handleOf(name, address)]));
  return {
    ...(handles as Record<ContractName, ContractHandle>),
    Token: { name: 'Token', address: token, abi: tokenInterface },
  };
}

type FundingDeps = Pick<OpenStage, 'cast' | 'handles' | 'transactions'> & { readonly chain: LocalChain };

async function fundCast({ cast, handles, chain, transactions }: FundingDeps): Promise<void> {
  const { Token, Settlement, OperatorStaking } = handles;
  const must = (call: Call): Promise<unknown> => transactions.must(call, 'setting the stage');
  const { publisher, requester, watcher, stranger, mallory, accomplice, operator, rival, seats } = cast;
  const people = [publisher, requester, watcher, stranger, mallory, accomplice, operator.owner, rival.owner];
  for (const one of people) {
    await must(callOf(one, Token, 'mint', [one.address, 2n * BALANCE]));
    await must(callOf(one, Token, 'approve', [Settlement.address, 2n ** 256n - 1n]));
    await must(callOf(one, Settlement, 'deposit', [one.address, BALANCE]));
  }
  for (const { owner, attester } of [operator, rival, ...seats]) {
    await must(callOf(owner, Token, 'mint', [owner.address, STAKE]));
    await must(callOf(owner, Token, 'approve', [OperatorStaking.address, 2n ** 256n - 1n]));
    await must(callOf(owner, OperatorStaking, 'deposit', [STAKE]));
    const consent = await consentOf({ owner, attester }, chain.chainId, OperatorStaking.address);
    await must(callOf(owner, OperatorStaking, 'appointAttester', [attester.address, consent]));
  }
}

/** A key's consent to sign for an operator. */
export function consentOf(
  { owner, attester }: OperatorAccounts,
  chainId: number,
  verifyingContract: Address,
): Promise<string> {
  const { domain, types, value } = appointmentTypedData(
    { operator: owner.address, attester: attester.address },
    { chainId: BigInt(chainId), verifyingContract },
  );
  return attester.signer.signTypedData(domain, types, value);
}
