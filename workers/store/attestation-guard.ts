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
import { RemitError } from '../runtime/errors.ts';
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
}

export interface AttestationGuardDeps {
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
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
  };
}

/** Everything recorded, oldest first. */
export function attestationsIn(journal: Pick<Journal, 'all'>): readonly Required<GuardedAttestation>[] {
  return journal.all('SELECT * FROM attestations ORDER BY recorded_at, operator, job_id').map((row) => ({
    operator: row['operator'] as Address,
    jobId: row['job_id'] as JobId,
    outputRoot: row['output_root'] as Hex32,
    outputContent: row['output_content'] as Hex32,
  }));
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

function equivocation(recorded: GuardedAttestation, refusedOne: GuardedAttestation): RemitError {
  return new RemitError({
    code: 'EQUIVOCATION',
    message: `job ${recorded.jobId}: output ${recorded.outputRoot} was attested before, refusing to sign ${refusedOne.outputRoot}`,
    fix: 'do not restart the signer before you know why two runs differ: a signature for a second output is slashable. The job is safe with the first attestation',
    context: { recorded, refused: refusedOne },
  });
}
