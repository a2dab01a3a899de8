import type { ChainEvent, LogRef } from '../../chain/events.ts';
import type { AttestationRecord } from '../../protocol/attestation-record.ts';
import type { Hex } from '../../protocol/ids.ts';
import type { BookedAttestation, JobBook, Place } from '../../store/job-book.ts';

/** The event, with what its log does not carry. */
export interface FoldedEvent {
  readonly event: ChainEvent;
  /** Chain time of its block, Unix seconds. */
  readonly timestamp: number;
  /** For `JobAttested`: the output vector where somebody here needs it, else `0x`. */
  readonly output: Hex;
}

type Book = Pick<JobBook, 'find' | 'put' | 'attest' | 'tried' | 'close' | 'forget'>;

/** Writes into the book what an event says. Idempotent. */
export function fold(book: Book, { event, timestamp, output }: FoldedEvent): void {
  switch (event.type) {
    case 'JobRequested': {
      const { jobId, terms, input, log } = event;
      book.put({ jobId, terms, input, request: placeOf(log, timestamp) });
      return;
    }
    case 'JobAttested':
      book.attest(event.jobId, attestationOf(event, timestamp, output));
      return;
    case 'JobOnTrial':
      book.tried(event.jobId, event.log.blockNumber);
      return;
    case 'JobSettled':
    case 'JobExpired':
    case 'JobSlashed':
    case 'JobVoided':
      book.close(event.jobId, event.log.blockNumber);
      return;
    default:
  }
}

/** Takes back what a dropped event had said. Dropped events come newest first. */
export function unfold(book: Book, event: ChainEvent): void {
  switch (event.type) {
    case 'JobRequested':
      book.forget(event.jobId);
      return;
    case 'JobAttested':
      book.attest(event.jobId, undefined);
      return;
    case 'JobOnTrial':
      book.tried(event.jobId, undefined);
      return;
    case 'JobSettled':
    case 'JobExpired':
    case 'JobSlashed':
    case 'JobVoided':
      book.close(event.jobId, undefined);
      return;
    default:
  }
}

export function placeOf({ blockNumber, blockHash, transactionHash, logIndex }: LogRef, timestamp: number): Place {
  return { blockNumber, blockHash, txHash: transactionHash, logIndex, timestamp };
}

export function attestationOf(
  event: Extract<ChainEvent, { type: 'JobAttested' }>,
  timestamp: number,
  output: Hex,
): BookedAttestation {
  return { record: recordOf(event), output, place: placeOf(event.log, timestamp) };
}

export function recordOf(event: Extract<ChainEvent, { type: 'JobAttested' }>): AttestationRecord {
  const { outputRoot, outputContent, operator, challengeEnd } = event;
  return { outputRoot, outputContent, operator, challengeEnd };
}
