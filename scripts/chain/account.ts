import { decodeBytes32String } from 'ethers';
import type { Wallet } from 'ethers';
import type { Receipt } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { ContractName } from '../../workers/chain/deployments.ts';
import type { RevertReason } from '../../workers/chain/revert-reason.ts';
import { type Address, type Hex, parseAddress, ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { SignerSource } from '../../workers/runtime/keystore.ts';
import type { ChainSession } from './chain-session.ts';
import type { CommandDeps } from './command-result.ts';
import { callRefused, type CallToSend, sendCall, type SentCall } from './send-call.ts';

/** A person's account at the terminal: one transaction after another, each waited for. */
export interface Account {
  readonly address: Address;
  readonly wallet: Wallet;
  /** Calls one of our contracts. @throws RemitError `CALL_REFUSED`, and what `sendCall` throws */
  send(contract: ContractName, method: string, values: readonly unknown[], what: string): Promise<Receipt>;
  /** The same, for a caller that knows what a refusal means. */
  attempt(contract: ContractName, method: string, values: readonly unknown[]): Promise<SentCall>;
  /** Calls any contract. @throws like `send` */
  sendTo(call: CallToSend, what: string): Promise<Receipt>;
}

/** @throws RemitError `SIGNER_…` */
export async function openAccount(
  source: SignerSource,
  session: ChainSession,
  { clock, signal }: Pick<CommandDeps, 'clock' | 'signal'>,
): Promise<Account> {
  const wallet = await session.signer(source);
  const deps = { rpc: session.rpc, chainId: session.chainId, signer: wallet, clock, signal };

  const attempt: Account['attempt'] = (contract, method, values) =>
    sendCall(
      {
        to: addressOf(contract, session),
        data: interfaces[contract].encodeFunctionData(method, values) as Hex,
      },
      deps,
    );
  const mined = (sent: SentCall, what: string): Receipt => {
    if (sent.ok) return sent.receipt;
    throw callRefused(what, inWords(sent.reason));
  };
  return {
    address: parseAddress(wallet.address),
    wallet,
    attempt,
    send: async (contract, method, values, what) => mined(await attempt(contract, method, values), what),
    sendTo: async (call, what) => mined(await sendCall(call, deps), what),
  };
}

/** Where a contract is. @throws RemitError `CONTRACT_NOT_DEPLOYED` when this deployment has none */
export function addressOf(contract: ContractName, { deployment }: Pick<ChainSession, 'deployment'>): Address {
  const address = deployment.addresses[contract];
  if (address !== ZERO_ADDRESS) return address;
  throw new RemitError({
    code: 'CONTRACT_NOT_DEPLOYED',
    message: `this deployment on chain ${deployment.chainId} has no ${contract}`,
    fix: 'name another deployment with --network or --deployment, or deploy the contracts of this version',
    context: { contract, chainId: deployment.chainId },
  });
}

/** Fields of refusals are text in 32 bytes: `seats`, not 0x7365617473… */
export function inWords(reason: RevertReason): RevertReason {
  const text = reason.args['field'] === undefined ? undefined : textOf(reason.args['field']);
  if (text === undefined) return reason;
  return { ...reason, message: `${reason.name ?? 'refused'}(${text})`, args: { ...reason.args, field: text } };
}

/** Text of at most 31 bytes in a word; undefined for a word that holds none. */
export function textOf(word: string): string | undefined {
  try {
    return decodeBytes32String(word) || undefined;
  } catch {
    return undefined;
  }
}
