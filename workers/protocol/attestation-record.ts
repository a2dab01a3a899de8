import { ParamType } from 'ethers';
import { abiCodec } from './abi-codec.ts';
import { FieldReader, type FieldTable, tupleOf } from './fields.ts';
import type { Address, Hex32 } from './ids.ts';
import { keccakOf } from './keccak.ts';

/** What the chain knows of an accepted attestation; twin of `AttestationRecord` in `contracts/types/Job.sol`. */
export interface AttestationRecord {
  readonly outputRoot: Hex32;
  /** sha2-256 of the published output vector; zero unless the job's delivery is `Blob`. */
  readonly outputContent: Hex32;
  readonly operator: Address;
  /** Last second in which a trial may be opened, Unix seconds. */
  readonly challengeEnd: bigint;
}

const FIELDS: FieldTable<AttestationRecord> = [
  ['outputRoot', 'bytes32'],
  ['outputContent', 'bytes32'],
  ['operator', 'address'],
  ['challengeEnd', 'uint64'],
];

const CODEC = abiCodec([ParamType.from(tupleOf(FIELDS))]);

/** `keccak256(abi.encode(record))`. */
export function recordHash(record: AttestationRecord): Hex32 {
  return keccakOf(CODEC.encode([record]));
}

/** A record in JSON: `challengeEnd` as a decimal string. */
export interface AttestationRecordJson {
  readonly outputRoot: string;
  readonly outputContent: string;
  readonly operator: string;
  readonly challengeEnd: string;
}

export function recordToJson(record: AttestationRecord): AttestationRecordJson {
  return { ...record, challengeEnd: record.challengeEnd.toString() };
}

/** A record out of JSON or of a decoded event. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseRecord(value: unknown): AttestationRecord {
  const record = new FieldReader('record', value);
  return {
    outputRoot: record.hex32('outputRoot'),
    outputContent: record.hex32('outputContent'),
    operator: record.address('operator'),
    challengeEnd: record.big('challengeEnd', 64),
  };
}
