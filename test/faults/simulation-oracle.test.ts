import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effort } from '../support/effort.ts';
import { FEED_TERMS } from '../support/sample-feed.ts';
import { seedOf } from '../support/seeds.ts';
import { runSimulation, type SimOptions } from '../support/sim-oracle.ts';

const CLEAN = { wrongMedians: 0, missedHeartbeats: 0, doubleSignatures: 0, disordered: 0 };

/** One seat more than has to answer, so that a dead and a late one can be missing besides the liars. */
const committees: fc.Arbitrary<SimOptions> = fc.record({
  seed: fc.noShrink(fc.nat()),
  terms: fc.constantFrom(1, 2).map((faults) => ({
    ...FEED_TERMS,
    turnSeconds: 10,
    heartbeat: 400,
    seats: 3 * faults + 1,
    faults,
  })),
  rounds: fc.constant(4),
  blocksMax: fc.constant(4_000),
  blockTime: fc.constantFrom(2, 4),
  liars: fc.integer({ min: 0, max: 1 }),
  dead: fc.constant(0),
  lagging: fc.integer({ min: 0, max: 1 }),
  failing: fc.record({
    source: fc.constantFrom(0, 0.2),
    transaction: fc.constantFrom(0, 0.1),
    peer: fc.constantFrom(0, 0.05),
    process: fc.constantFrom(0, 0.01, 0.1),
    step: fc.constantFrom(0, 0.002, 0.01),
    reorg: fc.constantFrom(0, 0.02, 0.1),
  }),
});

describe('committees of desks with liars, late nodes, lost transactions, reorgs, and processes that die at any step', () => {
  it('bring right answers in order, and sign one value per turn', async () => {
    await fc.assert(
      fc.asyncProperty(committees, async (options) => {
        const { report } = await runSimulation(options);
        expect(report).toMatchObject({ rounds: options.rounds, ...CLEAN });
      }),
      { numRuns: effort({ test: 500, nightly: 10_000 }), seed: seedOf() },
    );
  }, 3_600_000);
});
