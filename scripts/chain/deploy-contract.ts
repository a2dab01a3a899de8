import { type InterfaceAbi, ContractFactory, getCreateAddress } from 'ethers';
import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { parseBig, parseQuantity, type Receipt } from '../../workers/chain/chain-values.ts';
import { DEFAULT_FEE_POLICY } from '../../workers/chain/fees.ts';
import { withGasMargin } from '../../workers/chain/gas-estimate.ts';
import { revertDataOf } from '../../workers/chain/revert-reason.ts';
import { explainRevert } from '../../workers/chain/reverts.ts';
import { createTxPreparer } from '../../workers/chain/tx-preparer.ts';
import { type Address, type Hex32, parseAddress } from '../../workers/protocol/ids.ts';
import type { Account } from './account.ts';
import type { ChainSession } from './chain-session.ts';
import type { CommandDeps } from './command-result.ts';
import { awaitReceipt, callRefused } from './send-call.ts';

export interface ContractToDeploy {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly args: readonly unknown[];
  /** For errors: `the aggregator`. */
  readonly what: string;
}

/** Puts a contract on the chain. @throws RemitError `CALL_REFUSED`, and what `sendCall` throws */
export async function deployContract(
  { abi, bytecode, args, what }: ContractToDeploy,
  {
    session,
    from,
    clock,
    signal,
  }: Pick<CommandDeps, 'clock' | 'signal'> & {
    readonly session: ChainSession;
    readonly from: Account;
  },
): Promise<{ readonly address: Address; readonly receipt: Receipt }> {
  const { rpc, chainId } = session;
  const { data } = await new ContractFactory(abi, bytecode).getDeployTransaction(...args);
  const call = { from: from.address, data };
  const estimate = await rpc.call('eth_estimateGas', [call, 'pending'], { signal }).catch((error: unknown) => {
    const refusal = revertDataOf(error);
    throw refusal === undefined ? error : callRefused(`deploying ${what}`, explainRevert(refusal));
  });
  const gasLimit = withGasMargin(parseBig(estimate, 'eth_estimateGas'));
  const preparer = createTxPreparer({ from: from.address, fees: DEFAULT_FEE_POLICY }, { rpc });
  const fees = await preparer.fees(await createChainReader({ rpc }).head(signal), false, signal);
  preparer.checkFunds(await preparer.balance(signal), gasLimit * fees.maxFeePerGas, []);
  const nonce = parseQuantity(
    await rpc.call('eth_getTransactionCount', [from.address, 'pending'], { signal }),
    'nonce',
  );
  const raw = await from.wallet.signTransaction({ type: 2, chainId, nonce, data, gasLimit, ...fees });
  const hash = (await rpc.call('eth_sendRawTransaction', [raw], { signal })) as Hex32;
  const receipt = await awaitReceipt(hash, { rpc, clock, signal });
  if (!receipt.succeeded) {
    throw callRefused(`deploying ${what}`, {
      data: '0x',
      name: undefined,
      args: {},
      message: 'it failed when it was mined',
    });
  }
  return { address: parseAddress(getCreateAddress({ from: from.address, nonce })), receipt };
}
