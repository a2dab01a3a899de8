import type { Address, Hex32, JobId } from './ids.ts';
import { type SigningDomain, type TypedData, digestOfTypedData, recoverSigner } from './typed-data.ts';

/** The one signed object; twin of `Attestation` in `contracts/types/Attestation.sol`. */
export interface Attestation {
  readonly jobId: JobId;
  readonly outputRoot: Hex32;
  /** sha2-256 of the published output vector; zero unless the job's delivery is `Blob`. */
  readonly outputContent: Hex32;
  readonly operator: Address;
}

/** An operator's promise to answer one job; twin of `Offer`. The penalty is in token units, the expiry in Unix seconds. */
export interface Offer {
  readonly jobId: JobId;
  readonly penalty: bigint;
  readonly expiry: bigint;
}

const DOMAIN = { name: 'Remit JobRegistry', version: '1' };

const ATTESTATION_TYPES = {
  Attestation: [
    { name: 'jobId', type: 'bytes32' },
    { name: 'outputRoot', type: 'bytes32' },
    { name: 'outputContent', type: 'bytes32' },
    { name: 'operator', type: 'address' },
  ],
};

const OFFER_TYPES = {
  Offer: [
    { name: 'jobId', type: 'bytes32' },
    { name: 'penalty', type: 'uint128' },
    { name: 'expiry', type: 'uint64' },
  ],
};

/** What an attester signs. `verifyingContract` is the job registry. */
export function attestationTypedData(attestation: Attestation, domain: SigningDomain): TypedData<Attestation> {
  return { domain: { ...DOMAIN, ...domain }, types: ATTESTATION_TYPES, value: attestation };
}

/** What an operator signs to offer. `verifyingContract` is the job registry. */
export function offerTypedData(offer: Offer, domain: SigningDomain): TypedData<Offer> {
  return { domain: { ...DOMAIN, ...domain }, types: OFFER_TYPES, value: offer };
}

export function attestationDigest(attestation: Attestation, domain: SigningDomain): Hex32 {
  return digestOfTypedData(attestationTypedData(attestation, domain));
}

export function offerDigest(offer: Offer, domain: SigningDomain): Hex32 {
  return digestOfTypedData(offerTypedData(offer, domain));
}

/** The key that signed an attestation; whose attester it is, only the chain knows. Undefined for a malformed signature. */
export function recoverAttester(
  attestation: Attestation,
  signature: string,
  domain: SigningDomain,
): Address | undefined {
  return recoverSigner(attestationTypedData(attestation, domain), signature);
}

/** The key that signed an offer. Undefined for a malformed signature. */
export function recoverOfferer(offer: Offer, signature: string, domain: SigningDomain): Address | undefined {
  return recoverSigner(offerTypedData(offer, domain), signature);
}
