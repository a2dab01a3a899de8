import { Transaction } from 'ethers';
import type { Hex } from '../protocol/ids.ts';
import { withTimeout } from '../runtime/abort.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { keccakOf } from '../protocol/keccak.ts';
import type { Fees } from './fees.ts';
import { isSignedForm, type UnsignedTransaction } from './transaction-bytes.ts';
import type { Attempt, TransactionIntent } from './transaction-journal.ts';

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
      const isKnown = proven && signer.inProcess === true;
      if (!isSignedForm(raw, asked) || !(isKnown || Transaction.from(raw).from === signer.address))
        throw broken(signer.address);
      proven = true;
      return { hash: keccakOf(raw.slice(2)), raw: raw as Hex, ...fees, cancels, signedAt: clock.now() };
    },
  };
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
