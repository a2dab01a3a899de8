import { Signature } from 'ethers';
import type { Address, DataRequestId, FeedId, Hex32 } from './ids.ts';
import { type SigningDomain, type TypedData, digestOfTypedData, recoverSigner } from './typed-data.ts';

/** What a reporter signs: one value for one turn. Twin of `Observation` in `contracts/types/Feed.sol`. */
export interface Observation {
  readonly feedId: FeedId;
  /** Zero: a round of the feed itself. */
  readonly requestId: DataRequestId;
  /** `turn · turnSeconds` is its first second. */
  readonly turn: number;
  /** Scaled by the feed's decimals; a signed integer of 128 bits. */
  readonly value: bigint;
}

/** An observation with its 65-byte signature. */
export interface SignedObservation extends Observation {
  readonly signature: string;
}

/** A seat's report as the contract takes it, with the signature in the short form of EIP-2098. */
export interface Report {
  readonly seat: number;
  readonly value: bigint;
  readonly r: Hex32;
  readonly vs: Hex32;
}

export const VALUE_MIN = -(1n << 127n);
export const VALUE_MAX = (1n << 127n) - 1n;

const DOMAIN = { name: 'Remit FeedRegistry', version: '1' };

const OBSERVATION_TYPES = {
  Observation: [
    { name: 'feedId', type: 'bytes32' },
    { name: 'requestId', type: 'bytes32' },
    { name: 'turn', type: 'uint64' },
    { name: 'value', type: 'int128' },
  ],
};

/** What a reporter signs. `verifyingContract` is the feed registry. */
export function observationTypedData(
  { feedId, requestId, turn, value }: Observation,
  domain: SigningDomain,
): TypedData<Observation> {
  return { domain: { ...DOMAIN, ...domain }, types: OBSERVATION_TYPES, value: { feedId, requestId, turn, value } };
}

/** Twin of `FeedRegistry.observationDigest`. */
export function observationDigest(observation: Observation, domain: SigningDomain): Hex32 {
  return digestOfTypedData(observationTypedData(observation, domain));
}

/** The key that signed an observation; which seat it is of, only the chain knows. Undefined for a malformed signature. */
export function recoverReporter(
  observation: Observation,
  signature: string,
  domain: SigningDomain,
): Address | undefined {
  return recoverSigner(observationTypedData(observation, domain), signature);
}

/** @param signature 65 bytes that `recoverReporter` accepts */
export function reportOf(seat: number, { value, signature }: Pick<SignedObservation, 'value' | 'signature'>): Report {
  const { r, yParityAndS } = Signature.from(signature);
  return { seat, value, r: r as Hex32, vs: yParityAndS as Hex32 };
}
