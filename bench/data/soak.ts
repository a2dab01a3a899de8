import { FEED_TERMS } from '../../test/support/sample-feed.ts';
import { runSimulation, type SimReport } from '../../test/support/sim-oracle.ts';

/** Seven seats of which two may fail. More than that do: two lie, one is dead, one sees the chain late. */
const TERMS = { ...FEED_TERMS, seats: 7, faults: 2, turnSeconds: 10, heartbeat: 400 };

export interface Soak extends SimReport {
  readonly seats: number;
  readonly faults: number;
  readonly wallSeconds: number;
}

/** Rounds of real desks on a made-up chain, with everything going wrong that may. */
export async function soak(rounds: number, seed: number): Promise<Soak> {
  const began = performance.now();
  const { report } = await runSimulation({
    seed,
    terms: TERMS,
    rounds,
    blocksMax: 200 * rounds,
    blockTime: 2,
    liars: 2,
    dead: 1,
    lagging: 1,
    failing: { source: 0.2, transaction: 0.1, peer: 0.05, process: 0.002 },
  });
  const wallSeconds = Number(((performance.now() - began) / 1_000).toFixed(1));
  return { seats: TERMS.seats, faults: TERMS.faults, ...report, wallSeconds };
}
