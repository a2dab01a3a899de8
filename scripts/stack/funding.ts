import type { Interface } from 'ethers';
import { Interface as AbiInterface } from 'ethers';
import { Artifact_DevToken } from '../../generated/artifacts/DevToken.js';
import { interfaces, type Contracts } from '../../workers/chain/contracts.ts';
import { appointmentTypedData } from '../../workers/protocol/appointment.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import type { Account, OperatorAccounts, StackAccounts } from './accounts.ts';
import type { DeployedContracts } from './deploy-contracts.ts';
import type { LocalChain } from './local-chain.ts';
import type { Intent, Sender } from './sender.ts';

/** The dev token: anybody may mint. */
export const tokenInterface: Interface = new AbiInterface(Artifact_DevToken.abi);

/** Generous for every call below; a transaction that is not mined yet cannot be estimated on. */
const GAS = 400_000n;

export interface FundingOptions {
  /** Stake of each operator, token units. */
  readonly stake: bigint;
  /** What the publisher may bond, token units. */
  readonly publisherBalance: bigint;
  /** Time on the chain when everything is ready, Unix seconds. */
  readonly now: number;
}

export interface FundingDeps {
  readonly chain: LocalChain;
  readonly deployed: DeployedContracts;
  readonly contracts: Contracts;
  readonly sender: Sender;
}

/**
 * Real transactions in one block: tokens, stake, attester keys and the publisher's balance. The block lies one stake
 * epoch in the past, so that the stake counts for the first job already.
 */
export async function fundEverybody(
  accounts: StackAccounts,
  { stake, publisherBalance, now }: FundingOptions,
  { chain, deployed, contracts, sender }: FundingDeps,
): Promise<void> {
  const intents = [
    ...depositIntents(
      { from: accounts.publisher, account: accounts.publisher.address, amount: publisherBalance },
      deployed,
    ),
  ];
  for (const operator of accounts.operators) intents.push(...(await operatorIntents(operator, stake, deployed)));
  const sent = await sender.send(intents);
  const epoch = Number(await contracts.OperatorStaking.epochLength());
  await chain.mine(now - epoch - 2);
  await sender.mined(sent);
}

/** Mints `amount` for `from` and deposits it in `Settlement` for `account`. */
export function depositIntents(
  { from, account, amount }: { readonly from: Account; readonly account: Address; readonly amount: bigint },
  { token, addresses: { Settlement } }: DeployedContracts,
): Intent[] {
  return [
    {
      from,
      to: token,
      data: tokenInterface.encodeFunctionData('mint', [from.address, amount]),
      gas: GAS,
      what: 'mint',
    },
    {
      from,
      to: token,
      data: tokenInterface.encodeFunctionData('approve', [Settlement, amount]),
      gas: GAS,
      what: 'approve',
    },
    {
      from,
      to: Settlement,
      data: interfaces.Settlement.encodeFunctionData('deposit', [account, amount]),
      gas: GAS,
      what: 'deposit',
    },
  ];
}

async function operatorIntents(
  { owner: from, attester }: OperatorAccounts,
  stake: bigint,
  { token, chainId, addresses: { OperatorStaking: staking } }: DeployedContracts,
): Promise<Intent[]> {
  const { domain, types, value } = appointmentTypedData(
    { operator: from.address, attester: attester.address },
    { chainId: BigInt(chainId), verifyingContract: staking },
  );
  const consent = await attester.signer.signTypedData(domain, types, value);
  const call = (name: string, values: readonly unknown[]): string =>
    interfaces.OperatorStaking.encodeFunctionData(name, values);
  return [
    { from, to: token, data: tokenInterface.encodeFunctionData('mint', [from.address, stake]), gas: GAS, what: 'mint' },
    {
      from,
      to: token,
      data: tokenInterface.encodeFunctionData('approve', [staking, stake]),
      gas: GAS,
      what: 'approve',
    },
    { from, to: staking, data: call('deposit', [stake]), gas: GAS, what: 'deposit stake' },
    {
      from,
      to: staking,
      data: call('appointAttester', [attester.address, consent]),
      gas: GAS,
      what: 'appoint attester',
    },
  ];
}
