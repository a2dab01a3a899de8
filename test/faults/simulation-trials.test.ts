import fc from 'fast-check';
import { expect, it } from 'vitest';
import { effort } from '../support/effort.ts';
import { seedOf } from '../support/seeds.ts';
import { STANDABLE_BLOCKS, WINDOW_BLOCKS } from '../support/sim-trial-weather.ts';
import type { TrialSimOptions } from '../support/sim-trial-options.ts';
import { runTrial } from '../support/sim-trials.ts';

/** Watchtower, trial player and the submitter's handlers, with the court, the chain and its nodes, Redis, the disk and the process made up. */

const share = (most: number): fc.Arbitrary<number> => fc.constantFrom(0, most / 4, most);

const worlds: fc.Arbitrary<TrialSimOptions> = fc.record({
  seed: fc.noShrink(fc.nat()),
  claim: fc.constantFrom('honest', 'honest', 'near', 'output', 'narrow', 'trace', 'padding', 'silent', 'mute'),
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
  dear: share(0.04),
  // The first is between the two caps, and so only too dear for what can wait.
  spike: fc.constantFrom(
    { times: 100, blocks: 10 * WINDOW_BLOCKS },
    { times: 100, blocks: WINDOW_BLOCKS },
    { times: 1_000, blocks: STANDABLE_BLOCKS },
    { times: 1_000, blocks: 2 * WINDOW_BLOCKS },
  ),
  serves: fc.boolean(),
  hides: fc.constantFrom('nothing', 'nothing', 'input', 'output'),
  stalls: fc.boolean(),
});

const parameters = { numRuns: effort({ test: 300, nightly: 20_000 }), seed: seedOf() };

it('convicts every cheat that can be convicted, and nobody honest loses anything', async () => {
  const ends = new Map<string, number>();
  const met = {
    deaths: 0,
    reorgs: 0,
    paid: 0,
    spikes: 0,
    postpone: 0,
    demand: 0,
    reveal: 0,
    reclaim: 0,
    outbid: 0,
    cancel: 0,
  };
  await fc.assert(
    fc.asyncProperty(worlds, async (options) => {
      const { violations, end, deaths, reorgs, spikes, calls, paid } = await runTrial(options);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      const told: Readonly<Record<string, number>> = { ...calls, deaths, reorgs, spikes, paid: paid ? 1 : 0 };
      for (const name of Object.keys(met) as (keyof typeof met)[]) met[name] += told[name] ?? 0;
      expect(violations).toEqual([]);
    }),
    parameters,
  );
  // All of it has been met: every end there is, processes that died, branches that were dropped, proofs that were paid, dear
  // gas, answers that were put off, demanded for more and given, bonds that were fetched, transactions that came too late.
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
  const { cancel, outbid, ...often } = met;
  expect(Math.min(...Object.values(often))).toBeGreaterThan(parameters.numRuns / 20);
  expect(Math.min(cancel, outbid)).toBeGreaterThan(0);
}, 3_600_000);

it('runs the same again with the same seed, and not with another', async () => {
  const [options] = fc.sample(
    worlds.filter(
      ({ claim, watch, reorg, crash, dear }) => claim === 'trace' && watch === 'honest' && reorg * crash * dear > 0,
    ),
    { seed: 1, numRuns: 1 },
  );
  const first = await runTrial(options!);
  for (let again = 0; again < 3; again += 1) expect(await runTrial(options!)).toEqual(first);
  expect((await runTrial({ ...options!, seed: options!.seed + 1 })).digest).not.toBe(first.digest);
});
