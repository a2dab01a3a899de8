import type { JobStage } from './job-stage.ts';

/** `CallbackProbe.Behaviour` */
export const ProbeBehaviour = { Record: 0, Revert: 1, BurnGas: 2, ReturnBomb: 3, RevertBomb: 4, Reenter: 5 } as const;

/** Gas between the call and the probe's first look at it, at most; coverage instrumentation needs most of it. */
export const ENTRY_GAS = 2_000n;

/** How the probe was called: what a consumer sees, and the gas it had. */
export async function callsOf(probe: JobStage['probe']) {
  return (await probe.calls()).map(({ selector, jobId, outputRoot, outputContent, outputHash, gasOnEntry }) => ({
    seen: [selector, jobId, outputRoot, outputContent, outputHash],
    gasOnEntry,
  }));
}
