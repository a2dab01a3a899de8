import type { WeatherOptions } from './sim-trial-weather.ts';

/** Shares of the calls, of the blocks, or of the messages. */
export interface NodeFaults {
  readonly error: number;
  readonly lag: number;
  readonly redis: number;
  /** Transactions that vanish on their way to a block. */
  readonly lost: number;
  /** Blocks in which the listener is too slow. */
  readonly late: number;
  /** Blocks at which Redis forgets everything. */
  readonly flush: number;
}

/** What the claimant does. `honest` and `near` are nodes of ours, one of them with an engine that rounds otherwise; the others cheat, each in one way. */
export type Claim = 'honest' | 'near' | 'output' | 'narrow' | 'trace' | 'padding' | 'silent' | 'mute';

export interface TrialSimOptions extends WeatherOptions {
  readonly seed: number;
  readonly claim: Claim;
  /** Who looks at it: a node of ours, somebody who puts right claims on trial, or both. */
  readonly watch: 'honest' | 'griefer' | 'both';
  readonly faults: NodeFaults;
  /** Share of the steps. */
  readonly crash: number;
  /** Share of the blocks. */
  readonly reorg: number;
  /** Whether a cheat serves its trace, so that nothing has to be demanded. */
  readonly serves: boolean;
  /** What a watcher cannot fetch. */
  readonly hides: 'nothing' | 'input' | 'output';
  /** See `CheatOptions`. */
  readonly stalls: boolean;
}
