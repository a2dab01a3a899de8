import { getAddress, isAddress } from 'ethers';
import { MalformedError, shown } from './malformed.ts';

declare const brand: unique symbol;

/** 32 bytes as `0x` and 64 lower-case hex digits. */
export type Hex32 = `0x${string}` & { readonly [brand]: 'Hex32' };

/** Bytes of any length as `0x` and an even number of lower-case hex digits. */
export type Hex = `0x${string}`;

/** `keccak256(abi.encode(chainId, jobRegistry, terms))`. */
export type JobId = Hex32 & { readonly [jobIdBrand]: true };
declare const jobIdBrand: unique symbol;

/** `keccak256(abi.encode(spec))`. */
export type ModelId = Hex32 & { readonly [modelIdBrand]: true };
declare const modelIdBrand: unique symbol;

/** Identity of a feed, as `FeedRegistry.createFeed` computes it. */
export type FeedId = Hex32 & { readonly [feedIdBrand]: true };
declare const feedIdBrand: unique symbol;

/** `keccak256(abi.encode(chainId, feedRegistry, terms))`; zero stands for the rounds of a feed itself. */
export type DataRequestId = Hex32 & { readonly [dataRequestIdBrand]: true };
declare const dataRequestIdBrand: unique symbol;

/** A 20-byte account with its EIP-55 checksum. */
export type Address = `0x${string}` & { readonly [brand]: 'Address' };

export const ZERO_HEX32 = `0x${'0'.repeat(64)}` as Hex32;
export const ZERO_ADDRESS = `0x${'0'.repeat(40)}` as Address;

/** 32 bytes of hex, lower-cased. @throws MalformedError `HEX32_MALFORMED` */
export function parseHex32(value: unknown): Hex32 {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase() as Hex32;
  throw new MalformedError({
    code: 'HEX32_MALFORMED',
    message: `expected 0x and 64 hex digits, got ${shown(value)}`,
    fix: 'give 32 bytes as hex: 0x followed by exactly 64 digits',
  });
}

/** A job's id, lower-cased. @throws MalformedError `HEX32_MALFORMED` */
export function parseJobId(value: unknown): JobId {
  return parseHex32(value) as JobId;
}

/** A model's id, lower-cased. @throws MalformedError `HEX32_MALFORMED` */
export function parseModelId(value: unknown): ModelId {
  return parseHex32(value) as ModelId;
}

/** A checksum costs a hash, and a process sees the same few addresses all the time. */
const checksummed = new Map<string, Address>();
const MAX_CHECKSUMMED = 4_096;

/**
 * An address with its checksum. All-lower-case and all-upper-case digits are accepted and given one; mixed case must
 * already carry the right one, because a wrong one is a typing error. @throws MalformedError `ADDRESS_MALFORMED`
 */
export function parseAddress(value: unknown): Address {
  const known = typeof value === 'string' ? checksummed.get(value) : undefined;
  if (known !== undefined) return known;
  if (typeof value === 'string' && value.startsWith('0x') && isAddress(value)) {
    const address = getAddress(value) as Address;
    if (checksummed.size >= MAX_CHECKSUMMED) checksummed.clear();
    checksummed.set(value, address);
    return address;
  }
  throw new MalformedError({
    code: 'ADDRESS_MALFORMED',
    message: `expected an address, got ${shown(value)}`,
    fix: 'give 0x and 40 hex digits; in mixed case the EIP-55 checksum must be right',
  });
}
