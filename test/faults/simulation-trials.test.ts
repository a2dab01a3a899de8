import fc from 'fast-check';
import { expect, it } from 'vitest';
import { effort } from '../support/effort.ts';
import { seedOf } from '../support/seeds.ts';
import { runTrial, STANDABLE_BLOCKS, type TrialSimOptions, WINDOW_BLOCKS } from '../support/sim-trials.ts';

/** Watchtower and trial player, with the court, the chain and its nodes, Redis, the disk and the process made up. */

const share = (most: number): fc.Arbitrary<number> => fc.constantFrom(0, most / 4, most);

const worlds: fc.Arbitrary<TrialSimOptions> = fc.record({
  seed: fc.noShrink(fc.nat()),
  claim: fc.constantFrom('honest', 'honest', 'output', 'narrow', 'trace', 'padding', 'silent', 'mute'),
  watch: fc.constantFrom('honest', 'honest', 'griefer', 'both'),
  faults: fc.record({
    error: share(0.1),
    lag: share(0.2),
    redis: share(0.1),
    lost: share(0.4),
    late: share(0.3),
    flush: share(0.01),
  }),
  crash: share(0.004),
  reorg: share(0.05),
  censor: share(0.04),
  censored: fc.constantFrom(4, STANDABLE_BLOCKS, STANDABLE_BLOCKS, 2 * WINDOW_BLOCKS),
  serves: fc.boolean(),
});

const parameters = { numRuns: effort({ test: 300, nightly: 20_000 }), seed: seedOf() };

it('convicts every cheat that can be convicted, and no honest claimant loses', async () => {
  const ends = new Map<string, number>();
  let [lives, reorgs, paid] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(worlds, async (options) => {
      const report = await runTrial(options);
      ends.set(report.end, (ends.get(report.end) ?? 0) + 1);
      [lives, reorgs, paid] = [lives + report.lives, reorgs + report.reorgs, paid + (report.paid ? 1 : 0)];
      expect(report.violations).toEqual([]);
    }),
    parameters,
  );
  // All of it has been met: every end there is, processes that died, branches that were dropped, proofs that were paid.
  expect([...ends.keys()].sort()).toEqual([
    'acquitted',
    'convicted: proveElement',
    'convicted: proveGap',
    'convicted: provePadding',
    'convicted: reveal withheld',
    'convicted: trace withheld',
    'unchallenged',
    'void: narrow gap',
  ]);
  expect(Math.min(lives - parameters.numRuns, reorgs, paid)).toBeGreaterThan(parameters.numRuns / 10);
}, 3_600_000);

it('runs the same again with the same seed, and not with another', async () => {
  const [options] = fc.sample(
    worlds.filter(({ claim, watch, reorg, crash }) => claim === 'trace' && watch === 'honest' && reorg * crash > 0),
    { seed: 1, numRuns: 1 },
  );
  const first = await runTrial(options!);
  for (let again = 0; again < 3; again += 1) expect(await runTrial(options!)).toEqual(first);
  expect((await runTrial({ ...options!, seed: options!.seed + 1 })).digest).not.toBe(first.digest);
});
