import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effort } from '../support/effort.ts';
import { auditListeners } from '../support/sim-listener-audit.ts';
import { type ListenerSimOptions, runListeners } from '../support/sim-listener.ts';
import { seedOf } from '../support/seeds.ts';

const share = (most: number) => fc.constantFrom(0, most / 4, most);

const worlds: fc.Arbitrary<ListenerSimOptions> = fc.record({
  seed: fc.noShrink(fc.nat()),
  listeners: fc.constantFrom(1, 1, 1, 2),
  jobs: fc.integer({ min: 1, max: 6 }),
  orders: fc.integer({ min: 0, max: 2 }),
  steps: fc.constantFrom(60, 150, 300),
  finality: fc.integer({ min: 2, max: 12 }),
  confirmations: fc.constantFrom(0, 0, 1, 2),
  verify: fc.constantFrom('none', 'others', 'all'),
  expires: fc.boolean(),
  nodes: fc.record({ error: share(0.2), lag: share(0.3), missing: share(0.2), repeated: share(0.3) }),
  partial: fc.boolean(),
  rescan: fc.boolean(),
  redisError: share(0.2),
  crash: share(0.02),
  block: fc.constantFrom(0.08, 0.2),
  reorg: share(0.04),
  flush: share(0.02),
  outage: share(0.02),
  consume: share(0.1),
});

describe('listeners on a chain that reorganises, with nodes that lag and lie, crashes, and a Redis that forgets', () => {
  it('leave what a fold of the final chain says: no gap, no double, no phantom', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (options) => {
        expect(auditListeners(await runListeners(options))).toEqual([]);
      }),
      { numRuns: effort({ test: 1_000, nightly: 50_000 }), seed: seedOf(), endOnFailure: false },
    );
  }, 3_600_000);
});
