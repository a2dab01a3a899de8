/**
 * Variables of a process whose machine's clock is wrong by so many seconds; with several numbers it jumps from one to the
 * next every second.
 */
export function clockSkew(...seconds: readonly number[]): {
  readonly CLOCK_SKEW: string;
  readonly NODE_OPTIONS: string;
} {
  const options = [process.env['NODE_OPTIONS'], `--import=${import.meta.url}`];
  return {
    CLOCK_SKEW: seconds.join(','),
    NODE_OPTIONS: options.filter((one) => one !== undefined).join(' '),
  };
}

/** As a preload, this file makes the clock wrong before anything else has looked at it. */
function arm(skew: readonly number[]): void {
  if (skew.length === 0 || !skew.every(Number.isFinite)) throw new Error(`CLOCK_SKEW=${skew.join()}`);
  const right = Date.now.bind(Date);
  const wrongBy = (): number => 1_000 * (skew[Math.floor(performance.now() / 1_000) % skew.length] ?? 0);
  Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + wrongBy() });
  Date.now = () => right() + wrongBy();
}

if (process.env['CLOCK_SKEW'] !== undefined) arm(process.env['CLOCK_SKEW'].split(',').map(Number));
