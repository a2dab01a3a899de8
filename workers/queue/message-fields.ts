import * as z from 'zod';
import type { Address, DataRequestId, FeedId, Hex, Hex32, JobId } from '../protocol/ids.ts';

/** 32 bytes as hex, lower-cased. */
export const hex32 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits')
  .transform((value) => value.toLowerCase() as Hex32);

export const jobId = hex32.transform((value) => value as JobId);

export const feedId = hex32.transform((value) => value as FeedId);

export const requestId = hex32.transform((value) => value as DataRequestId);

/** Bytes of any length as hex, lower-cased; `0x` is none. */
export const hex = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, 'expected 0x and an even number of hex digits')
  .transform((value) => value.toLowerCase() as Hex);

/** A 20-byte account. Its checksum was checked where it entered the system. */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits')
  .transform((value) => value as Address);

/** An unsigned integer of at most 256 bits as a decimal text, because JSON numbers stop at 2^53. */
export const uint = z.string().regex(/^(0|[1-9]\d{0,77})$/, 'expected an unsigned integer as decimal text');

/** How the input can be obtained, as its number in the contract's terms. */
export const availability = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

/** A member of one of the three-valued enums of the contract's terms, as its number. */
export const member = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** A count, height or Unix time in seconds. */
export const count = z.number().int().nonnegative();

/** Where an event was seen. A reorg may move it, so it is for logs and ages, never for identity. */
export const coordinates = z.strictObject({
  blockNumber: count,
  blockHash: hex32,
  txHash: hex32,
  logIndex: count,
  /** Chain time of the block, Unix seconds. */
  timestamp: count,
});
