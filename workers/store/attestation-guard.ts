import {
  type Address,
  type Hex32,
  type JobId,
  parseAddress,
  parseHex32,
  parseJobId,
  ZERO_HEX32,
} from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import type { Journal } from './journal.ts';

/** What is about to be signed, as far as a second signature could contradict it. */
export interface GuardedAttestation {
  readonly operator: Address;
  readonly jobId: JobId;
  readonly outputRoot: Hex32;
  /** sha2-256 of the published output; zero when none is. Two values for one job are an equivocation too. */
  readonly outputContent?: Hex32;
}

/** The record before the signature. Nothing may be signed for a job unless `admit` returned. */
export interface AttestationGuard {
  /**
   * `recorded`: first attestation of this job, now on the disk. `same`: exactly this one was recorded before.
   * @throws RemitError EQUIVOCATION (fatal: stop the signer) when another output was recorded; JOURNAL_UNWRITABLE.
   */
  admit(attestation: GuardedAttestation): 'recorded' | 'same';
  find(operator: Address, jobId: JobId): GuardedAttestation | undefined;
  /** Everything recorded, for another machine that takes over the key. */
  export(): GuardInterchange;
  /** Takes over another guard's records, all or none. @throws RemitError EQUIVOCATION, GUARD_IMPORT_REFUSED */
  import(interchange: unknown): { readonly added: number };
}

export interface GuardInterchange {
  readonly format: 'remit-attestation-guard';
  readonly version: 1;
  readonly chainId: number;
  readonly genesisHash: string;
  readonly attestations: readonly GuardedAttestation[];
}

export interface AttestationGuardDeps {
  readonly journal: Journal;
  readonly clock: Clock;
}

export function createAttestationGuard({ journal, clock }: AttestationGuardDeps): AttestationGuard {
  function find(operator: Address, jobId: JobId): Required<GuardedAttestation> | undefined {
    const row = journal.get(
      'SELECT output_root, output_content FROM attestations WHERE operator = ? AND job_id = ?',
      operator,
      jobId,
    );
    return (
      row && { operator, jobId, outputRoot: row['output_root'] as Hex32, outputContent: row['output_content'] as Hex32 }
    );
  }

  /** Inside a transaction: between the look and the write nothing else can be written. */
  function admit({ operator, jobId, outputRoot, outputContent = ZERO_HEX32 }: GuardedAttestation): 'recorded' | 'same' {
    const before = find(operator, jobId);
    if (!before) {
      journal.run(
        'INSERT INTO attestations VALUES (?, ?, ?, ?, ?)',
        operator,
        jobId,
        outputRoot,
        outputContent,
        clock.now(),
      );
      return 'recorded';
    }
    if (before.outputRoot === outputRoot && before.outputContent === outputContent) return 'same';
    throw equivocation(before, { operator, jobId, outputRoot, outputContent });
  }

  return {
    admit: (attestation) => journal.transact(() => admit(normal(attestation))),
    find,
    export: () => ({
      format: 'remit-attestation-guard',
      version: 1,
      chainId: journal.owner.chainId,
      genesisHash: journal.owner.genesisHash,
      attestations: journal.all('SELECT * FROM attestations ORDER BY recorded_at, operator, job_id').map((row) => ({
        operator: row['operator'] as Address,
        jobId: row['job_id'] as JobId,
        outputRoot: row['output_root'] as Hex32,
        outputContent: row['output_content'] as Hex32,
      })),
    }),
    import(interchange) {
      const { attestations } = parseInterchange(interchange, journal);
      return journal.transact(() => ({
        added: attestations.filter((attestation) => admit(attestation) === 'recorded').length,
      }));
    },
  };
}

/** One spelling per value: two spellings of one id would be two records. */
function normal({ operator, jobId, outputRoot, outputContent }: GuardedAttestation): GuardedAttestation {
  return {
    operator: parseAddress(operator),
    jobId: parseJobId(jobId),
    outputRoot: parseHex32(outputRoot),
    outputContent: parseHex32(outputContent ?? ZERO_HEX32),
  };
}

function parseInterchange(value: unknown, { owner }: Journal): GuardInterchange {
  const { format, version, chainId, genesisHash, attestations } = (value ?? {}) as Partial<
    Record<keyof GuardInterchange, unknown>
  >;
  if (format !== 'remit-attestation-guard' || version !== 1)
    throw refused(`not an attestation guard export of version 1`);
  if (chainId !== owner.chainId || genesisHash !== owner.genesisHash)
    throw refused(`made on chain ${String(chainId)}, this journal is for chain ${owner.chainId}`);
  if (!Array.isArray(attestations)) throw refused('it has no list of attestations');
  try {
    return {
      format,
      version,
      chainId,
      genesisHash,
      attestations: attestations.map((entry) => normal(entry as GuardedAttestation)),
    };
  } catch (error) {
    throw refused(messageOf(error));
  }
}

function refused(why: string): RemitError {
  return new RemitError({
    code: 'GUARD_IMPORT_REFUSED',
    message: `the attestation guard export was not imported: ${why}`,
    fix: 'export it again from the machine that signed before, on the same chain',
  });
}

function equivocation(recorded: GuardedAttestation, refusedOne: GuardedAttestation): RemitError {
  return new RemitError({
    code: 'EQUIVOCATION',
    message: `job ${recorded.jobId}: output ${recorded.outputRoot} was attested before, refusing to sign ${refusedOne.outputRoot}`,
    fix: 'do not restart the signer before you know why two runs differ: a signature for a second output is slashable. The job is safe with the first attestation',
    context: { recorded, refused: refusedOne },
  });
}
