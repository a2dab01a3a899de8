/** How the sums of products of one instruction were decided. */
export interface DotCounters {
  /** multiplications with an addition */
  macs: number;
  /** elements decided by the float64 sum and its error bound */
  direct: number;
  /** elements that needed the compensated sum */
  compensated: number;
  /** elements that needed integers */
  exact: number;
}

/** How an instruction, or a run, went. */
export interface RunTotals extends DotCounters {
  /** elementary functions that float64 could not decide */
  fallbacks: number;
  /** elements of a `PICK` whose index its data does not have: they make a trial void */
  outOfRange: number;
}

export function newRunTotals(): RunTotals {
  return { macs: 0, direct: 0, compensated: 0, exact: 0, fallbacks: 0, outOfRange: 0 };
}

export function addRunTotals(to: RunTotals, more: RunTotals): void {
  to.macs += more.macs;
  to.direct += more.direct;
  to.compensated += more.compensated;
  to.exact += more.exact;
  to.fallbacks += more.fallbacks;
  to.outOfRange += more.outOfRange;
}
