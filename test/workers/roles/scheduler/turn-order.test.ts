import { describe, expect, it } from 'vitest';
import { AbiCoder, keccak256 } from 'ethers';
import { turnBegins, TURN_PLACES, turnPlace } from '../../../../workers/roles/scheduler/turn-order.ts';
import { parseAddress } from '../../../../workers/protocol/ids.ts';
import { OPERATOR } from '../../../support/sample-job.ts';
import { SCHEDULE } from '../../../support/sample-orders.ts';

const operatorOf = (n: number) => parseAddress(`0x${(n + 1).toString(16).padStart(40, '0')}`);

describe('the order of nodes', () => {
  it('is drawn by schedule, run and operator', () => {
    const words = AbiCoder.defaultAbiCoder().encode(
      ['uint256', 'uint256', 'uint256'],
      [BigInt(SCHEDULE), 3n, BigInt(OPERATOR)],
    );
    expect(turnPlace({ schedule: SCHEDULE, run: 3n, operator: OPERATOR })).toBe(Number(BigInt(keccak256(words)) % 8n));
  });

  it('spreads operators evenly, and every operator over the runs', () => {
    const counts = (places: readonly number[]): number[] =>
      Array.from({ length: TURN_PLACES }, (_, place) => places.filter((one) => one === place).length);
    const thousand = Array.from({ length: 1_000 }, (_, n) => n);
    const operators = thousand.map((n) => turnPlace({ schedule: SCHEDULE, run: 1n, operator: operatorOf(n) }));
    const runs = thousand.map((n) => turnPlace({ schedule: SCHEDULE, run: BigInt(n), operator: OPERATOR }));
    for (const count of [...counts(operators), ...counts(runs)]) {
      expect(count).toBeGreaterThan(85);
      expect(count).toBeLessThan(165);
    }
  });

  it('begins a whole number of steps after the run was due', () => {
    const draw = { schedule: SCHEDULE, run: 1n, operator: OPERATOR };
    expect(turnBegins(draw, { since: 100, step: 12 })).toBe(100 + 12 * turnPlace(draw));
    expect(turnBegins(draw, { since: 100, step: 0 })).toBe(100);
  });
});
