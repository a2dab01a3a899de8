import { createChainReader } from '../../workers/chain/chain-reader.ts';
import { parseQuantity, type Receipt } from '../../workers/chain/chain-values.ts';
import { DEFAULT_FEE_POLICY } from '../../workers/chain/fees.ts';
import type { RevertReason } from '../../workers/chain/revert-reason.ts';
import { explainRevert } from '../../workers/chain/reverts.ts';
import type { Rpc } from '../../workers/chain/rpc.ts';
import { createTxPreparer } from '../../workers/chain/tx-preparer.ts';
import { createAttemptSigner, type TxSigner } from '../../workers/chain/tx-signer.ts';
import type { Address, Hex, Hex32 } from '../../workers/protocol/ids.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { RemitError } from '../../workers/runtime/errors.ts';

export interface CallToSend {
  readonly to: Address;
  readonly data: Hex;
}

export interface SendCallDeps {
  readonly rpc: Rpc;
  readonly chainId: number;
  readonly signer: TxSigner;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Refused calls cost nothing: they are tried before they are sent. */
export type SentCall =
  { readonly ok: true; readonly receipt: Receipt } | { readonly ok: false; readonly reason: RevertReason };

const MINED_WITHIN_MS = 180_000;
const POLL_MS = 250;

/**
 * One transaction of a person at a terminal, waited for with a limit. It keeps no journal: what it sends may be sent
 * again. Workers send through their transaction manager.
 *
 * @throws RemitError `SIGNER_NO_GAS`, `FEE_ABOVE_CAP`, `RPC_UNREACHABLE`, `RPC_REJECTED`, `TRANSACTION_NOT_MINED`
 */
export async function sendCall({ to, data }: CallToSend, deps: SendCallDeps): Promise<SentCall> {
  const { rpc, chainId, signer, clock, signal } = deps;
  const from = signer.address;
  const reader = createChainReader({ rpc });
  const preparer = createTxPreparer({ from, fees: DEFAULT_FEE_POLICY }, { rpc, explain: explainRevert });
  const call = { to, data, value: 0n, urgent: false };
  const tried = await preparer.simulate(call, undefined, 'pending', signal);
  if (!tried.ok) return tried;

  const fees = await preparer.fees(await reader.head(signal), false, signal);
  preparer.checkFunds(await preparer.balance(signal), tried.gasLimit * fees.maxFeePerGas, []);
  const nonce = parseQuantity(await rpc.call('eth_getTransactionCount', [from, 'pending'], { signal }), 'nonce');
  const { gasLimit } = tried;
  const { raw, hash } = await createAttemptSigner({ chainId }, { signer, clock }).sign(
    nonce,
    { ...call, gasLimit },
    fees,
    false,
  );
  await rpc.call('eth_sendRawTransaction', [raw], { signal });

  const receipt = await awaitReceipt(hash, deps);
  if (receipt.succeeded) return { ok: true, receipt };
  return { ok: false, reason: await preparer.postMortem({ ...call, gasLimit }, receipt.blockNumber, signal) };
}

/** Waits with a limit. @throws RemitError `TRANSACTION_NOT_MINED`, `RPC_…` */
export async function awaitReceipt(
  hash: Hex32,
  { rpc, clock, signal }: Pick<SendCallDeps, 'rpc' | 'clock' | 'signal'>,
): Promise<Receipt> {
  const reader = createChainReader({ rpc });
  const deadline = clock.now() + MINED_WITHIN_MS;
  for (;;) {
    const receipt = await reader.receipt(hash, signal);
    if (receipt) return receipt;
    if (clock.now() > deadline) throw notMined(hash);
    await clock.sleep(POLL_MS, signal);
  }
}

/** A refusal that ends the command. */
export function callRefused(what: string, { message, name }: RevertReason): RemitError {
  return new RemitError({
    code: 'CALL_REFUSED',
    message: `${what} is refused: ${message}`,
    fix: 'the reason names the rule of the contract that was broken, with the values it saw',
    context: { what, reason: name ?? message },
  });
}

function notMined(hash: string): RemitError {
  return new RemitError({
    code: 'TRANSACTION_NOT_MINED',
    message: `transaction ${hash} was sent and is not mined after ${MINED_WITHIN_MS / 1000} s`,
    fix: 'look it up on a block explorer; running the same command again is safe',
    retryable: true,
    context: { hash },
  });
}
