import { describe, expect, it } from 'vitest';
import { digestOfRounds } from '../../../support/sim-feed.ts';
import { runSimulation, type SimOptions } from '../../../support/sim-oracle.ts';
import { FEED_TERMS } from '../../../support/sample-feed.ts';

const TERMS = { ...FEED_TERMS, turnSeconds: 10, heartbeat: 400 };
const FAILING = { source: 0.2, transaction: 0.1, peer: 0.05, process: 0.002 };
/** Two seats lie, one is dead, one sees the chain late: one more than may fail, so there is one seat more as well. */
const HOSTILE = {
  terms: { ...TERMS, seats: 7, faults: 2 },
  blockTime: 2,
  liars: 2,
  dead: 1,
  lagging: 1,
  failing: FAILING,
  blocksMax: 100_000,
} satisfies Partial<SimOptions>;

const CLEAN = { wrongMedians: 0, missedHeartbeats: 0, doubleSignatures: 0, disordered: 0 };

async function expectClean(options: SimOptions): Promise<void> {
  const { report } = await runSimulation(options);
  expect({ seed: options.seed, ...report }).toMatchObject({ seed: options.seed, rounds: options.rounds, ...CLEAN });
}

describe('a committee of desks on a made-up chain', () => {
  it('brings 1,000 rounds with liars, a dead leader, a late node, failing sources and lost transactions', async () => {
    const { report } = await runSimulation({ ...HOSTILE, seed: 1, rounds: 1_000 });
    expect(report).toMatchObject({ rounds: 1_000, ...CLEAN });
    // The run has seen what it is for: disputes, suspended liars, transactions that came too late.
    expect(Math.min(report.parked, report.suspensions)).toBeGreaterThan(10);
    expect(report.refused).toBeGreaterThan(0);
  });

  it.each([2, 3, 4, 5])('the same with other luck, seed %i', (seed) => expectClean({ ...HOSTILE, seed, rounds: 200 }));

  it.each([
    { seats: 7, faults: 2, liars: 2 },
    { seats: 4, faults: 1, liars: 1 },
    { seats: 10, faults: 3, liars: 3 },
  ])(
    'with as many liars as may lie, and a dead and a late node besides: $faults of $seats',
    async ({ seats, faults, liars }) => {
      await expectClean({ ...HOSTILE, terms: { ...TERMS, seats, faults }, liars, seed: 6, rounds: 200 });
    },
  );

  it('brings nothing, rather than something, with more silent seats than may fail', async () => {
    const terms = { ...TERMS, seats: 4, faults: 1 };
    const { report } = await runSimulation({
      ...HOSTILE,
      terms,
      liars: 1,
      dead: 2,
      seed: 7,
      rounds: 20,
      blocksMax: 500,
    });
    expect(report).toMatchObject({ rounds: 0, doubleSignatures: 0 });
  });

  it('finds what it looks for: with more liars than may lie, answers are wrong', async () => {
    const terms = { ...TERMS, seats: 4, faults: 1 };
    const { report } = await runSimulation({
      ...HOSTILE,
      terms,
      liars: 3,
      dead: 0,
      seed: 8,
      rounds: 50,
      blocksMax: 3_000,
    });
    expect(report.wrongMedians).toBeGreaterThan(0);
  });

  it('runs the same way for the same seed', async () => {
    const run = async (seed: number) =>
      digestOfRounds((await runSimulation({ ...HOSTILE, seed, rounds: 60 })).feed.rounds);
    expect(await run(9)).toBe(await run(9));
    expect(await run(9)).not.toBe(await run(10));
  });
});
