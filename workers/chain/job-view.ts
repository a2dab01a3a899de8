import { type AttestationRecord, recordHash } from '../protocol/attestation-record.ts';
import type { Address, Hex32, JobId } from '../protocol/ids.ts';
import { FieldReader } from '../protocol/fields.ts';
import { JobStatus } from '../protocol/job.ts';
import { type LadderPlace, ladderSeed, type LadderTime } from '../protocol/ladder.ts';
import type { ChainReader } from './chain-reader.ts';
import type { ContractRead } from './contract-reads.ts';

/** Where a job stands on the chain now. `requestBlock` and `requestedAt` (Unix seconds) are zero unless it is requested. */
export interface JobStanding {
  readonly status: JobStatus;
  readonly requestBlock: number;
  readonly requestedAt: number;
  /** Of what stands on the chain of the answer; see `isCommittedTo`. Zero unless there is one. */
  readonly commitment: Hex32;
}

/** Whether `record` is the one that the chain keeps of the job's answer. After a reorg it may be another one. */
export function isCommittedTo({ commitment }: Pick<JobStanding, 'commitment'>, record: AttestationRecord): boolean {
  return recordHash(record).slice(0, COMMITMENT_DIGITS) === commitment.slice(0, COMMITMENT_DIGITS);
}

/** The slot has room for the first 29 bytes of the hash. */
const COMMITMENT_DIGITS = 2 + 2 * 29;

export interface LadderQuestion {
  readonly jobId: JobId;
  readonly operator: Address;
  readonly parametersVersion: number;
  readonly requestBlock: number;
  readonly requestedAt: number;
  /** Height of the newest block. */
  readonly head: number;
}

export interface LadderStanding {
  readonly place: LadderPlace;
  readonly time: LadderTime;
}

/** What a role asks the chain before it acts on a job. */
export interface JobView {
  standingOf(jobId: JobId, signal?: AbortSignal): Promise<JobStanding>;
  /** An operator's place on the ladder of an open job; undefined while the block that seeds it is not mined. */
  ladderOf(question: LadderQuestion, signal?: AbortSignal): Promise<LadderStanding | undefined>;
}

/** EIP-2935 serves this many hashes; older seeds are forgotten, and then everybody with stake may answer. */
const HASH_HISTORY_BLOCKS = 8_191;

/** Reads throw what `ContractRead` and `ChainReader` throw. */
export function createJobView({
  read,
  reader,
}: {
  readonly read: ContractRead;
  readonly reader: Pick<ChainReader, 'block'>;
}): JobView {
  const rules = new Map<number, Promise<{ readonly step: number; readonly width: bigint }>>();

  /** A version's parameters never change. */
  function rulesOf(version: number): Promise<{ readonly step: number; readonly width: bigint }> {
    const known = rules.get(version);
    if (known) return known;
    const asked = read('JobRegistry', 'parametersOf', [version]).then(([parameters]) => {
      const fields = new FieldReader('parameters', parameters);
      return { step: fields.number('ladderStep', 32), width: BigInt(fields.number('ladderWidth', 16)) };
    });
    rules.set(version, asked);
    asked.catch(() => rules.delete(version));
    return asked;
  }

  return {
    async standingOf(jobId, signal) {
      const [state] = await read('JobRegistry', 'stateOf', [jobId], signal);
      const fields = new FieldReader('state', state);
      return {
        status: fields.member('status', JobStatus),
        requestBlock: fields.number('requestBlock', 64),
        requestedAt: fields.number('requestedAt', 64),
        commitment: fields.hex32('commitment'),
      };
    },
    async ladderOf({ jobId, operator, parametersVersion, requestBlock, requestedAt, head }, signal) {
      const seedBlock = requestBlock + 1;
      const forgotten = head - seedBlock > HASH_HISTORY_BLOCKS;
      const [block, { step, width }, stakes] = await Promise.all([
        forgotten ? undefined : reader.block(seedBlock, signal),
        rulesOf(parametersVersion),
        read('OperatorStaking', 'ladderStakes', [operator, requestedAt], signal),
      ]);
      if (!block && !forgotten) return undefined;
      const fields = new FieldReader('ladderStakes', stakes);
      return {
        place: {
          seed: block && ladderSeed(jobId, block.hash),
          operator,
          stake: fields.big('stake', 256),
          totalStake: fields.big('total', 256),
          width,
        },
        time: { requestedAt, step },
      };
    },
  };
}
