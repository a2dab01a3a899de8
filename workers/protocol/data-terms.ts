import { AbiCoder, keccak256 } from 'ethers';
import { FieldReader, type FieldTable, tupleOf, valuesOf } from './fields.ts';
import type { Address, DataRequestId, FeedId, Hex32 } from './ids.ts';

/** A question to a feed's committee, answered once; twin of `DataTerms` in `contracts/types/Feed.sol`. */
export interface DataTerms {
  /** The feed whose committee answers. */
  readonly committee: FeedId;
  readonly requester: Address;
  /** sha2-256 of the sources document. */
  readonly specDigest: Hex32;
  /** Shared by those who reported, token units. */
  readonly fee: bigint;
  /** Last second in which an answer is accepted, Unix seconds. */
  readonly deadline: bigint;
  /** The zero address: nobody is called. */
  readonly callbackTarget: Address;
  readonly callbackGas: number;
  readonly salt: bigint;
}

/** Twin of `DataStatus` in `contracts/types/Feed.sol`. */
export const DataStatus = { None: 0, Requested: 1, Answered: 2, Expired: 3 } as const;
export type DataStatus = (typeof DataStatus)[keyof typeof DataStatus];

const DATA_TERMS_FIELDS: FieldTable<DataTerms> = [
  ['committee', 'bytes32'],
  ['requester', 'address'],
  ['specDigest', 'bytes32'],
  ['fee', 'uint128'],
  ['deadline', 'uint40'],
  ['callbackTarget', 'address'],
  ['callbackGas', 'uint32'],
  ['salt', 'uint96'],
];
const DATA_TERMS_TUPLE = tupleOf(DATA_TERMS_FIELDS);

/** Identity of a data request: `keccak256(abi.encode(chainId, feedRegistry, terms))`. */
export function dataRequestIdOf(
  terms: DataTerms,
  { chainId, registry }: { readonly chainId: bigint; readonly registry: Address },
): DataRequestId {
  const values = [chainId, registry, valuesOf(terms, DATA_TERMS_FIELDS)];
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(['uint256', 'address', DATA_TERMS_TUPLE], values),
  ) as DataRequestId;
}

/** Data terms in JSON: bigints as decimal strings. */
export type DataTermsJson = {
  readonly [K in keyof DataTerms]: DataTerms[K] extends bigint ? string : DataTerms[K];
};

export function dataTermsToJson({ fee, deadline, salt, ...rest }: DataTerms): DataTermsJson {
  return { ...rest, fee: fee.toString(), deadline: deadline.toString(), salt: salt.toString() };
}

/** Data terms out of JSON, or out of a decoded event. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseDataTerms(value: unknown): DataTerms {
  const terms = new FieldReader('data terms', value);
  return {
    committee: terms.hex32('committee') as FeedId,
    requester: terms.address('requester'),
    specDigest: terms.hex32('specDigest'),
    fee: terms.big('fee', 128),
    deadline: terms.big('deadline', 40),
    callbackTarget: terms.address('callbackTarget'),
    callbackGas: terms.number('callbackGas', 32),
    salt: terms.big('salt', 96),
  };
}
