import { getCreateAddress } from 'ethers';
import { RemitError } from '../workers/runtime/errors.ts';
import { type ChainPort, hasCode, nextNonce, readContract } from './chain-port.ts';
import { CORE, type CoreAddresses, type CoreName, predictAddresses } from './core-contracts.ts';
import { type Address, parseAddress } from '../workers/protocol/ids.ts';

/** What an earlier run wrote down of one contract. */
export interface RecordedContract {
  readonly address: string;
  readonly abi: unknown;
}

export interface CorePlan {
  /** Where each contract is or will be. */
  readonly addresses: CoreAddresses;
  /** The nonce that Settlement takes or took; undefined when nothing is left to deploy. */
  readonly firstNonce: number | undefined;
  /** How many of them, in order, are already there. */
  readonly done: number;
}

/** Immutables that name another contract: what an earlier run promised. */
export const NEIGHBOURS: Readonly<Record<CoreName, Readonly<Record<string, CoreName>>>> = {
  Settlement: {
    jobRegistry: 'JobRegistry',
    modelRegistry: 'ModelRegistry',
    slasher: 'Slasher',
    trialCourt: 'TrialCourt',
    feedRegistry: 'FeedRegistry',
  },
  OperatorStaking: {
    jobRegistry: 'JobRegistry',
    slasher: 'Slasher',
    settlement: 'Settlement',
    feedRegistry: 'FeedRegistry',
  },
  Slasher: {
    operatorStaking: 'OperatorStaking',
    settlement: 'Settlement',
    jobRegistry: 'JobRegistry',
    feedRegistry: 'FeedRegistry',
  },
  ModelRegistry: { settlement: 'Settlement', trialCourt: 'TrialCourt' },
  JobRegistry: {
    modelRegistry: 'ModelRegistry',
    operatorStaking: 'OperatorStaking',
    settlement: 'Settlement',
    slasher: 'Slasher',
    equivocationCourt: 'EquivocationCourt',
    trialCourt: 'TrialCourt',
    feedRequests: 'FeedRequests',
  },
  EquivocationCourt: { jobRegistry: 'JobRegistry', operatorStaking: 'OperatorStaking' },
  TensorJudge: {},
  TrialExaminer: { tensorJudge: 'TensorJudge' },
  TrialCourt: {
    modelRegistry: 'ModelRegistry',
    jobRegistry: 'JobRegistry',
    operatorStaking: 'OperatorStaking',
    settlement: 'Settlement',
    tensorJudge: 'TensorJudge',
    examiner: 'TrialExaminer',
  },
  FeedRegistry: { operatorStaking: 'OperatorStaking', settlement: 'Settlement', slasher: 'Slasher' },
  FeedRequests: { feedRegistry: 'FeedRegistry', jobRegistry: 'JobRegistry', modelRegistry: 'ModelRegistry' },
  Scheduler: {
    feedRequests: 'FeedRequests',
    feedRegistry: 'FeedRegistry',
    jobRegistry: 'JobRegistry',
    modelRegistry: 'ModelRegistry',
    settlement: 'Settlement',
  },
};

/** How far back the nonce of an earlier run is looked for. */
const NONCES_SEARCHED = 20_000;

/**
 * A new deployment starts at the deployer's next nonce. An interrupted one goes on where it stopped, if nothing else was
 * sent from the deployer since: the contracts that exist name addresses that only those nonces can fill.
 *
 * @throws RemitError `DEPLOYMENT_INCOMPLETE` with what does not fit
 */
export async function planCore(
  deployer: Address,
  recorded: ReadonlyMap<CoreName, RecordedContract>,
  { chain }: { readonly chain: ChainPort },
): Promise<CorePlan> {
  const nonce = await nextNonce(chain, deployer);
  const first = recorded.get('Settlement');
  const done = CORE.findIndex((name) => !recorded.has(name));
  const count = done === -1 ? CORE.length : done;
  if (recorded.size !== count) {
    throw incomplete(`${[...recorded.keys()].join(', ')} are recorded, but ${String(CORE[count])} before them is not`);
  }
  if (!first) return { addresses: predictAddresses(deployer, nonce), firstNonce: nonce, done: 0 };

  // Complete: whoever deployed it, nothing is left to predict.
  if (count === CORE.length) {
    const addresses = Object.fromEntries([...recorded].map(([name, { address }]) => [name, parseAddress(address)]));
    return { addresses: addresses as CoreAddresses, firstNonce: undefined, done: count };
  }
  const firstNonce = nonceOf(first.address, deployer, nonce);
  if (firstNonce === undefined) throw incomplete(`Settlement at ${first.address} was not deployed by ${deployer}`);
  const addresses = predictAddresses(deployer, firstNonce);
  for (const [name, contract] of recorded) await requirePlace(name, contract, addresses, chain);
  if (nonce !== firstNonce + count) {
    throw incomplete(
      `${count} of ${CORE.length} contracts exist, and the next must take nonce ${firstNonce + count} of ${deployer}, whose next nonce is ${nonce}`,
    );
  }
  return { addresses, firstNonce, done: count };
}

async function requirePlace(
  name: CoreName,
  contract: RecordedContract,
  at: CoreAddresses,
  chain: ChainPort,
): Promise<void> {
  if (contract.address.toLowerCase() !== at[name].toLowerCase()) {
    throw incomplete(`${name} is recorded at ${contract.address}, and the others name ${at[name]}`);
  }
  if (!(await hasCode(chain, contract.address)))
    throw incomplete(`${name} is recorded at ${contract.address}, where there is no code`);
  for (const [view, named] of Object.entries(NEIGHBOURS[name])) {
    const seen = String(await readContract(chain, contract, view));
    if (seen !== at[named]) throw incomplete(`${name}.${view} is ${seen}, predicted ${at[named]}`);
  }
}

function nonceOf(address: string, deployer: Address, below: number): number | undefined {
  for (let nonce = below - 1; nonce >= Math.max(0, below - NONCES_SEARCHED); nonce--) {
    if (getCreateAddress({ from: deployer, nonce }).toLowerCase() === address.toLowerCase()) return nonce;
  }
  return undefined;
}

function incomplete(why: string): RemitError {
  return new RemitError({
    code: 'DEPLOYMENT_INCOMPLETE',
    message: `an earlier deployment cannot be continued: ${why}`,
    fix: 'move the deployments folder of this network away and deploy anew; nobody uses the contracts of an unfinished deployment. Send nothing else from the deployer meanwhile',
    context: { why },
  });
}
