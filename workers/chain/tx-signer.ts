import { keccak256, Transaction } from 'ethers';
import type { Hex, Hex32 } from '../protocol/ids.ts';
import { withTimeout } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { Fees } from './fees.ts';
import type { Attempt, TransactionIntent } from './transaction-journal.ts';

/** The fields of a transaction that is to be signed. */
export interface UnsignedTransaction extends Fees {
  readonly type: 2;
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
}

/** A key. An `ethers` wallet is one; so is a remote signer with the same two members. */
export interface TxSigner {
  readonly address: string;
  /** True when the private key is in this process, so that it cannot be exchanged behind our back. */
  readonly inProcess?: boolean;
  signTransaction(transaction: UnsignedTransaction): Promise<string>;
}

export interface AttemptSigner {
  /**
   * Signs `intent`, or with `cancels` an empty transaction to ourselves, and checks the result.
   * @throws RemitError SIGNER_UNAVAILABLE (retryable), SIGNER_BROKEN
   */
  sign(nonce: number, intent: TransactionIntent, fees: Fees, cancels: boolean): Promise<Attempt>;
}

/** Gas of a transfer: what using up a nonce costs. */
export const CANCEL_GAS = 21_000n;
/** Longest wait for one signature, milliseconds. */
const SIGN_MS = 10_000;

export interface AttemptSignerOptions {
  readonly chainId: number;
  /** Longest wait for one signature, milliseconds. What comes later is thrown away. Defaults to 10,000. */
  readonly signMs?: number;
}

export interface AttemptSignerDeps {
  readonly signer: TxSigner;
  readonly clock: Clock;
  /** Ends every wait. */
  readonly signal?: AbortSignal;
}

export function createAttemptSigner(
  { chainId, signMs = SIGN_MS }: AttemptSignerOptions,
  { signer, clock, signal }: AttemptSignerDeps,
): AttemptSigner {
  const deps = { clock, what: 'the signature', ...(signal && { signal }) };
  // Recovering the key costs more than all else in sending a transaction; a key in this process is checked once.
  let proven = false;
  return {
    async sign(nonce, intent, fees, cancels) {
      const body = cancels
        ? { to: signer.address, data: '0x', value: 0n, gasLimit: CANCEL_GAS }
        : { to: intent.to, data: intent.data, value: intent.value, gasLimit: intent.gasLimit };
      const asked = { type: 2, chainId, nonce, ...body, ...fees } as const;
      // Everything that is to be signed waits for this one: a signer that never answers must not stop the others for ever.
      const raw = await withTimeout(signMs, () => signer.signTransaction(asked), deps).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw unavailable(signer.address, error);
      });
      const signed = Transaction.from(raw);
      const isOurs = (proven && signer.inProcess === true) || signed.from === signer.address;
      if (!isOurs || !signed.isSigned() || !isWhatWasAsked(signed, asked)) {
        throw broken(signer.address);
      }
      proven = true;
      return { hash: keccak256(raw) as Hex32, raw: raw as Hex, ...fees, cancels, signedAt: clock.now() };
    },
  };
}

function isWhatWasAsked(signed: Transaction, asked: UnsignedTransaction): boolean {
  return (
    signed.type === asked.type &&
    signed.chainId === BigInt(asked.chainId) &&
    signed.nonce === asked.nonce &&
    signed.to?.toLowerCase() === asked.to.toLowerCase() &&
    signed.data === asked.data.toLowerCase() &&
    signed.value === asked.value &&
    signed.gasLimit === asked.gasLimit &&
    signed.maxFeePerGas === asked.maxFeePerGas &&
    signed.maxPriorityFeePerGas === asked.maxPriorityFeePerGas
  );
}

function unavailable(address: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'SIGNER_UNAVAILABLE',
    message: `the key of ${address} did not sign: ${messageOf(cause)}`,
    fix: 'check the keystore or the signing service; nothing was sent and no nonce was used',
    retryable: true,
    context: { address },
    cause,
  });
}

function broken(address: string): RemitError {
  return new RemitError({
    code: 'SIGNER_BROKEN',
    message: `the signing service returned a transaction that is not what ${address} was asked to sign`,
    fix: 'check that the signing service holds the key of this address and does not change transactions',
    context: { address },
  });
}
