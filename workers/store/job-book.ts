import { type AttestationRecord, parseRecord, recordToJson } from '../protocol/attestation-record.ts';
import type { Hex, Hex32, JobId } from '../protocol/ids.ts';
import { parseTerms, type Terms, termsToJson } from '../protocol/job.ts';
import type { Journal, Row } from './journal.ts';

/** Where an event was seen. */
export interface Place {
  readonly blockNumber: number;
  readonly blockHash: Hex32;
  readonly txHash: Hex32;
  readonly logIndex: number;
  /** Chain time of the block, Unix seconds. */
  readonly timestamp: number;
}

export interface BookedAttestation {
  readonly record: AttestationRecord;
  /** The output vector, where it is known and somebody will need it; else `0x`. */
  readonly output: Hex;
  readonly place: Place;
}

/** A job as the events so far tell it. */
export interface BookedJob {
  readonly jobId: JobId;
  readonly terms: Terms;
  /** The vector (inline or from a feed), the digest of the published one (blob), or nothing. */
  readonly input: Hex;
  readonly request: Place;
  readonly attestation?: BookedAttestation;
  /** Block in which it was put on trial. */
  readonly triedAt?: number;
  /** Block of the event that ended it; absent while it can still change. */
  readonly closedAt?: number;
}

/**
 * The jobs that concern this node, folded from the chain's events; durable, because later events name only the job's id.
 * Every change can be undone, until `prune`.
 */
export interface JobBook {
  find(jobId: JobId): BookedJob | undefined;
  /** Jobs that have not ended, in no order. */
  open(): readonly BookedJob[];
  /** Keeps, or replaces, a job that was requested. */
  put(job: BookedJob): void;
  attest(jobId: JobId, attestation: BookedAttestation | undefined): void;
  /** The job was put on trial in block `triedAt`; undefined: it was not after all. */
  tried(jobId: JobId, triedAt: number | undefined): void;
  /** The job ended in block `closedAt`; undefined: it did not end after all. */
  close(jobId: JobId, closedAt: number | undefined): void;
  /** The request itself was undone. */
  forget(jobId: JobId): void;
  /** Forgets jobs that ended in a block up to `block`, which must be final. */
  prune(block: number): void;
  /** Several changes as one: all of them are on the disk, or none. */
  transact<T>(work: () => T): T;
}

export function createJobBook({ journal }: { readonly journal: Journal }): JobBook {
  return {
    find(jobId) {
      const row = journal.get('SELECT * FROM jobs WHERE job_id = ?', jobId);
      return row && jobOf(row);
    },
    open: () => journal.all('SELECT * FROM jobs WHERE closed_at IS NULL').map(jobOf),
    put({ jobId, terms, input, request, attestation, triedAt, closedAt }) {
      journal.run(
        'INSERT OR REPLACE INTO jobs (job_id, request, attestation, closed_at, tried_at) VALUES (?, ?, ?, ?, ?)',
        jobId,
        JSON.stringify({ terms: termsToJson(terms), input, place: request }),
        attestation ? attestationText(attestation) : null,
        closedAt ?? null,
        triedAt ?? null,
      );
    },
    attest(jobId, attestation) {
      journal.run(
        'UPDATE jobs SET attestation = ? WHERE job_id = ?',
        attestation ? attestationText(attestation) : null,
        jobId,
      );
    },
    tried(jobId, triedAt) {
      journal.run('UPDATE jobs SET tried_at = ? WHERE job_id = ?', triedAt ?? null, jobId);
    },
    close(jobId, closedAt) {
      journal.run('UPDATE jobs SET closed_at = ? WHERE job_id = ?', closedAt ?? null, jobId);
    },
    forget(jobId) {
      journal.run('DELETE FROM jobs WHERE job_id = ?', jobId);
    },
    prune(block) {
      journal.run('DELETE FROM jobs WHERE closed_at <= ?', block);
    },
    transact: (work) => journal.transact(work),
  };
}

function attestationText({ record, output, place }: BookedAttestation): string {
  return JSON.stringify({ record: recordToJson(record), output, place });
}

function jobOf(row: Row): BookedJob {
  const { terms, input, place } = JSON.parse(String(row['request'])) as { terms: unknown; input: Hex; place: Place };
  const attestation = row['attestation'] === null ? undefined : attestationOf(String(row['attestation']));
  return {
    jobId: row['job_id'] as JobId,
    terms: parseTerms(terms),
    input,
    request: place,
    ...(attestation && { attestation }),
    ...(row['tried_at'] !== null && { triedAt: Number(row['tried_at']) }),
    ...(row['closed_at'] !== null && { closedAt: Number(row['closed_at']) }),
  };
}

function attestationOf(text: string): BookedAttestation {
  const { record, output, place } = JSON.parse(text) as { record: unknown; output: Hex; place: Place };
  return { record: parseRecord(record), output, place };
}
