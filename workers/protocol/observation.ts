import { Signature } from 'ethers';
import type { Address, DataRequestId, FeedId, Hex32 } from './ids.ts';
import { digestOfTypedData, recoverSigner, type SigningDomain, type TypedData } from './typed-data.ts';

/** What a data node signs; twin of `Observation` in `contracts/types/Feed.sol`. At most one per subject and turn, ever. */
export interface Observation {
  readonly feedId: FeedId;
  /** Zero: a round of the feed itself. */
  readonly requestId: DataRequestId;
  /** `⌊chain time / turnSeconds⌋`: the turn is the time. */
  readonly turn: bigint;
  /** Scaled by the feed's decimals; an int128. */
  readonly value: bigint;
}

/** One seat's signed value as the contract takes it; twin of `Report`. The signature is in the short form of EIP-2098. */
export interface Report {
  readonly seat: number;
  readonly value: bigint;
  readonly r: Hex32;
  readonly vs: Hex32;
}

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
export function observationTypedData(observation: Observation, domain: SigningDomain): TypedData<Observation> {
  return { domain: { ...DOMAIN, ...domain }, types: OBSERVATION_TYPES, value: observation };
}

export function observationDigest(observation: Observation, domain: SigningDomain): Hex32 {
  return digestOfTypedData(observationTypedData(observation, domain));
}

/** The key that signed an observation; whose seat it has, only the chain knows. Undefined for a malformed signature. */
export function recoverReporter(
  observation: Observation,
  signature: string,
  domain: SigningDomain,
): Address | undefined {
  return recoverSigner(observationTypedData(observation, domain), signature);
}

/** A report out of a signature of 65 bytes. */
export function reportOf(seat: number, value: bigint, signature: string): Report {
  const { r, yParityAndS } = Signature.from(signature);
  return { seat, value, r: r as Hex32, vs: yParityAndS as Hex32 };
}
