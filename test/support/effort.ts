/** How much of a test runs: what is worth every change, or what fits into a night. */
export interface Effort {
  readonly test: number;
  readonly nightly: number;
}

/** The number of rounds, seeds or kills: `REMIT_EFFORT=nightly`, which `./dev nightly` sets, asks for the larger one. */
export function effort({ test, nightly }: Effort): number {
  return process.env['REMIT_EFFORT'] === 'nightly' ? nightly : test;
}
