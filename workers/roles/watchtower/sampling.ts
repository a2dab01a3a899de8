import { keccak } from '../../protocol/keccak.ts';
import type { JobId } from '../../protocol/ids.ts';

/**
 * Whether a job is among those that are checked: always the same answer for the same job, so that a message that comes
 * again is not drawn again.
 *
 * @param ratio part of all jobs, 0 to 1
 * @param salt keeps operators from knowing which of their jobs nobody will check
 */
export function isSampled(jobId: JobId, ratio: number, salt: string): boolean {
  if (ratio >= 1) return true;
  const drawn = Buffer.from(keccak(Buffer.from(`${salt}|${jobId}`)));
  return drawn.readUIntBE(0, 6) / 2 ** 48 < ratio;
}
