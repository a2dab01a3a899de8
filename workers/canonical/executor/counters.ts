/** How the sums of products of one instruction, or of a run, were decided. */
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

export function newDotCounters(): DotCounters {
  return { macs: 0, direct: 0, compensated: 0, exact: 0 };
}

export function addDotCounters(to: DotCounters, more: DotCounters): void {
  to.macs += more.macs;
  to.direct += more.direct;
  to.compensated += more.compensated;
  to.exact += more.exact;
}
