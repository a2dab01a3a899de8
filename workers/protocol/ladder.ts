import { AbiCoder, keccak256 } from 'ethers';
import type { Address, Hex32, JobId } from './ids.ts';

/** The width doubles at every step, and no more after this many. */
export const LADDER_STEPS_MAX = 64;

/** An operator's place on the sortition ladder of one open job. Stakes in token units, as of the request's checkpoint. */
export interface LadderPlace {
  /** Undefined when the chain has forgotten the block's hash: then everybody with stake is eligible. */
  readonly seed: Hex32 | undefined;
  readonly operator: Address;
  readonly stake: bigint;
  readonly totalStake: bigint;
  /** Expected number of operators eligible at step 0. */
  readonly width: bigint;
}

/** When a job's ladder starts and how fast it climbs: Unix seconds of the request's block, seconds per step. */
export interface LadderTime {
  readonly requestedAt: number;
  readonly step: number;
}

/** `keccak256(abi.encode(jobId, blockhash(requestBlock + 1)))`: known to nobody when the job is requested. */
export function ladderSeed(jobId: JobId, nextBlockHash: Hex32): Hex32 {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32'], [jobId, nextBlockHash])) as Hex32;
}

/** An operator's draw, uniform in [0, 2^256): `keccak256(abi.encode(seed, operator))`. */
export function ladderTicket(seed: Hex32, operator: Address): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'address'], [seed, operator])));
}

/** How often the width has doubled: `min(floor((now − requestedAt) / step), 64)`; 0 before the request. */
export function ladderStep({ requestedAt, step }: LadderTime, now: number): number {
  return Math.min(Math.max(Math.floor((now - requestedAt) / step), 0), LADDER_STEPS_MAX);
}

/**
 * Whether an operator may attest when the width has doubled `doublings` times:
 * `floor(ticket · totalStake / 2^256) < stake · width · 2^doublings`. The contract's bounds on stakes and width
 * keep its right side below 2^256, so unbounded integers agree with it.
 */
export function eligibleAt(place: LadderPlace, doublings: number): boolean {
  const { seed, operator, stake, totalStake, width } = place;
  if (stake === 0n) return false;
  if (seed === undefined) return true;
  return (ladderTicket(seed, operator) * totalStake) >> 256n < (stake * width) << BigInt(doublings);
}

/** Whether an operator may attest at chain time `now`. */
export function eligible(place: LadderPlace, time: LadderTime, now: number): boolean {
  return eligibleAt(place, ladderStep(time, now));
}

/**
 * The first second of chain time in which an operator may attest. From then on it stays eligible.
 *
 * @returns undefined when it never will be: it had no stake, or too small a part of it for 64 doublings.
 */
export function eligibleFrom(place: LadderPlace, { requestedAt, step }: LadderTime): number | undefined {
  for (let doublings = 0; doublings <= LADDER_STEPS_MAX; doublings++) {
    if (eligibleAt(place, doublings)) return requestedAt + doublings * step;
  }
  return undefined;
}
