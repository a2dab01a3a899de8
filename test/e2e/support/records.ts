import type { AttestationRecord } from '../../../workers/protocol/attestation-record.ts';
import type { Job, Market } from './market.ts';

/** The recorded attestation of a job, as later calls must bring it. */
export async function recordOf(market: Market, { jobId }: Pick<Job, 'jobId'>): Promise<AttestationRecord> {
  const attested = (await market.history(jobId)).find((event) => event.type === 'JobAttested');
  if (!attested) throw new Error(`job ${jobId} is not attested`);
  const { outputRoot, outputContent, operator, challengeEnd } = attested;
  return { outputRoot, outputContent, operator, challengeEnd };
}
