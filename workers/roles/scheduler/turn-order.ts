import { AbiCoder, keccak256 } from 'ethers';
import type { Address } from '../../protocol/ids.ts';

/** Places among which the nodes are spread. */
export const TURN_PLACES = 8;

/** What a node's place is drawn by: another one for every run. */
export interface TurnDraw {
  readonly schedule: Address;
  /** The run that is due, 1 for the first. */
  readonly run: bigint;
  readonly operator: Address;
}

/**
 * A node's place in the order of those who would trigger a run: `keccak256(abi.encode(schedule, run, operator)) mod 8`. Anybody
 * may trigger at any time; nodes that keep their turn rarely pay gas for the same run, and a dead one delays it by little.
 */
export function turnPlace({ schedule, run, operator }: TurnDraw): number {
  const types = ['address', 'uint64', 'address'];
  const draw = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, [schedule, run, operator])));
  return Number(draw % BigInt(TURN_PLACES));
}

/** First second of chain time in which a node triggers a run that was first seen due at `since`; `step` in seconds. */
export function turnBegins(draw: TurnDraw, { since, step }: { readonly since: number; readonly step: number }): number {
  return since + turnPlace(draw) * step;
}
