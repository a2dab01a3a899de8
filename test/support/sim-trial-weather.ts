import type { Random } from '../../models/credit-score/random.ts';
import { CALM_FEE } from './sim-trial-chain.ts';
import { COURT_TIMES } from './sim-trial-court.ts';

/** Gas that is dear for a while. */
export interface Spike {
  /** Times the fee of calm weather. 100 is above the cap of what can wait, and below that of what is urgent. */
  readonly times: number;
  readonly blocks: number;
}

export interface WeatherOptions {
  /** Share of the blocks at which our transactions begin to be left out. */
  readonly censor: number;
  /** Blocks that this lasts. */
  readonly censored: number;
  /** Share of the blocks at which gas becomes dear. */
  readonly dear: number;
  readonly spike: Spike;
}

export const BLOCK_SECONDS_MEAN = 12;
/** Blocks of a window of the court. */
export const WINDOW_BLOCKS = Math.floor(COURT_TIMES.reveal / BLOCK_SECONDS_MEAN);
/** Out of which so many, taken by censorship or by fees above every cap, leave enough for everybody. */
export const STANDABLE_BLOCKS = 12;
/** What is urgent is sent all the same. */
const BEARABLE_TIMES = 100;
/** Between two troubles; else they would be one. */
const CALM_BLOCKS = 20;

/** Whether a court's window stands it, so that nobody honest may lose by it. */
export function isStandable({ censor, censored, dear, spike }: WeatherOptions): boolean {
  const bearsSpike = dear === 0 || spike.times <= BEARABLE_TIMES || spike.blocks <= STANDABLE_BLOCKS;
  return bearsSpike && (censor === 0 || censored <= STANDABLE_BLOCKS);
}

/** What the chain does to everybody, or to us: one trouble at a time. */
export class SimTrialWeather {
  readonly #options: WeatherOptions;
  readonly #random: Random;
  #censored = 0;
  #dear = 0;
  #calm = 0;
  spikes = 0;

  constructor(options: WeatherOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Of the next block. */
  next(): { readonly isCensored: boolean; readonly baseFee: bigint } {
    const { censor, censored, dear, spike } = this.#options;
    if (this.#censored > 0) this.#censored -= 1;
    else if (this.#dear > 0) this.#dear -= 1;
    else if (this.#calm > 0) this.#calm -= 1;
    else if (this.#random.uniform() < censor) [this.#censored, this.#calm] = [censored, CALM_BLOCKS];
    else if (this.#random.uniform() < dear) {
      [this.#dear, this.#calm] = [spike.blocks, CALM_BLOCKS];
      this.spikes += 1;
    }
    return { isCensored: this.#censored > 0, baseFee: this.#dear > 0 ? CALM_FEE * BigInt(spike.times) : CALM_FEE };
  }
}
