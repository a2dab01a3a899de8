import type { Random } from '../credit-score/random.ts';

/** A made-up price path. */
export interface Path {
  /** Prices round by round, oldest first, as a feed would show them. */
  readonly prices: readonly number[];
}

/** How a path moves. Volatilities are standard deviations of a round's log return. */
interface Character {
  /** long-run volatility in the calm regime */
  readonly base: number;
  /** GARCH(1,1): share of the last squared return in the next variance */
  readonly alpha: number;
  /** GARCH(1,1): share of the last variance in the next one */
  readonly beta: number;
  /** chance of a jump in a round */
  readonly jumps: number;
  /** error of a feed's answer, as a share of `base` */
  readonly noise: number;
  /** chance that the regime changes in a round */
  readonly switches: number;
}

/** What regimes multiply the long-run volatility with. */
const REGIMES = [0.5, 1, 2.5];
/** Degrees of freedom of the returns: fat tails, finite variance. */
const FREEDOM = 6;
const BURN_IN = 100;

/** Draws a path of `rounds` prices: GARCH(1,1) with fat tails, jumps, regimes and the noise of a feed. */
export function drawPath(random: Random, rounds: number): Path {
  const character = drawCharacter(random);
  const { base, alpha, beta, jumps, noise, switches } = character;
  const prices: number[] = [];
  let level = 1 + random.below(100_000);
  let regime = random.below(REGIMES.length);
  let variance = base * base;
  for (let round = -BURN_IN; round < rounds; round += 1) {
    if (random.uniform() < switches) regime = random.below(REGIMES.length);
    const longRun = (base * (REGIMES[regime] ?? 1)) ** 2;
    const moved = Math.sqrt(variance) * fatTailed(random);
    const jumped =
      random.uniform() < jumps
        ? (3 + 3 * random.uniform()) * Math.sqrt(variance) * (random.uniform() < 0.5 ? -1 : 1)
        : 0;
    // A jump passes: it does not feed the variance of the rounds to come.
    variance = (1 - alpha - beta) * longRun + alpha * moved * moved + beta * variance;
    level *= Math.exp(moved + jumped);
    if (round >= 0) prices.push(level * (1 + noise * base * random.normal()));
  }
  return { prices };
}

function drawCharacter(random: Random): Character {
  const alpha = 0.03 + 0.17 * random.uniform();
  return {
    // from 0.02 % to 2 % per round, evenly on the scale of logarithms
    base: 2e-4 * Math.exp(Math.log(100) * random.uniform()),
    alpha,
    beta: (0.98 - alpha) * (0.8 + 0.2 * random.uniform()),
    jumps: 0.01 * random.uniform(),
    noise: 0.2 * random.uniform(),
    switches: 0.02 * random.uniform(),
  };
}

/** Student's t scaled to variance 1, out of square roots only. */
function fatTailed(random: Random): number {
  let sum = 0;
  for (let at = 0; at < FREEDOM; at += 1) sum += random.normal() ** 2;
  return random.normal() * Math.sqrt((FREEDOM - 2) / sum);
}
