import fc from 'fast-check';
import { expect, it } from 'vitest';
import { effort } from '../support/effort.ts';
import { simulateTransactions, type TxSimOptions } from '../support/sim-transactions.ts';
import { seedOf } from '../support/seeds.ts';

/** The transaction manager and its journal, with the chain, its nodes, the signer, the clock and the process made up. */

const share = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 100 }).map((n) => (n * most) / 100);

const worlds: fc.Arbitrary<TxSimOptions> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  intents: fc.integer({ min: 1, max: 12 }),
  blocks: fc.constantFrom(20, 40, 60),
  nodes: fc.record({ error: share(0.1), lag: share(0.15), lostAnswer: share(0.3), lostTransaction: share(0.3) }),
  crash: fc.constantFrom(0, 0.001, 0.002),
  slow: share(0.1),
  reorg: fc.constantFrom(0, 0.05, 0.15),
  drop: share(0.2),
  spike: share(0.2),
  reorgDepth: fc.integer({ min: 1, max: 12 }),
  confirmations: fc.constantFrom(1, 1, 3),
  maxInFlight: fc.integer({ min: 1, max: 8 }),
  thefts: fc.constantFrom(0, 0, 0, 1),
  signer: share(0.1),
  poor: fc.boolean(),
});

const parameters = {
  numRuns: effort({ test: 800, nightly: 50_000 }),
  seed: seedOf(),
};

it('leaves no nonce out, does nothing twice, offers no more than the cap, and brings every intent to its end', async () => {
  const ends = new Set<string>();
  let [lives, bumped] = [0, 0];
  await fc.assert(
    fc.asyncProperty(worlds, async (options) => {
      const report = await simulateTransactions(options);
      for (const end of Object.keys(report.ends)) ends.add(end);
      lives += report.lives - 1;
      bumped += Math.max(0, report.attempts - options.intents);
      expect(report.violations).toEqual([]);
    }),
    parameters,
  );
  // All of it has been met: processes that died, transactions that were paid better, and every end that there is.
  expect([...ends].sort()).toEqual(['deadline', 'mined', 'replaced', 'reverted', 'would-revert']);
  expect(Math.min(lives, bumped)).toBeGreaterThan(parameters.numRuns / 4);
}, 3_600_000);

it('runs the same again with the same seed, and not with another', async () => {
  const [options] = fc.sample(
    worlds.filter(({ intents, crash }) => intents > 6 && crash > 0),
    { seed: 1, numRuns: 1 },
  );
  const first = await simulateTransactions(options!);
  for (let again = 0; again < 3; again += 1) expect(await simulateTransactions(options!)).toEqual(first);
  const other = await simulateTransactions({ ...options!, seed: options!.seed + 1 });
  expect(other.digest).not.toBe(first.digest);
});
