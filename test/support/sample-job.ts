import { type Address, type Hex32, type JobId, type ModelId, ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import type { Terms } from '../../workers/protocol/job.ts';

export const OPERATOR = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' as Address;
export const OTHER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' as Address;
export const REQUESTER = '0x90F79bf6EB2c4f870365E785982E1f101E93b906' as Address;
export const REGISTRY = '0x0165878A594ca255338adfa4d48449f69242Eb8F' as Address;
/** Chain time, and local time at the start of every test, Unix seconds. */
export const NOW = 1_700_000_000;

export const hash = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}` as Hex32;
export const jobOf = (n: number): JobId => hash(n) as JobId;

/** A job for `OPERATOR` with ten minutes left to attest. */
export const TERMS: Terms = {
  requester: REQUESTER,
  modelId: hash(7) as ModelId,
  inputRoot: hash(8),
  availability: 1,
  delivery: 1,
  callbackPhase: 2,
  callbackGas: 100_000,
  callbackTarget: ZERO_ADDRESS,
  fee: 10n,
  stakeAtRisk: 100n,
  operator: OPERATOR,
  offerPenalty: 0n,
  attestDeadline: BigInt(NOW + 600),
  challengeWindow: 60,
  policy: ZERO_ADDRESS,
  parametersVersion: 1,
  salt: 0n,
};
