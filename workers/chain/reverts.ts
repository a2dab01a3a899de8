import type { Hex } from '../protocol/ids.ts';
import { isTerminal, type JobStatus } from '../protocol/job.ts';
import { errorInterfaces } from './contracts.ts';
import { plainReason, type RevertReason } from './revert-reason.ts';

/** Reads revert data with the errors of all our contracts. */
export function explainRevert(data: Hex): RevertReason {
  for (const known of errorInterfaces) {
    const error = attempt(() => known.parseError(data));
    if (!error || error.name === 'Error' || error.name === 'Panic') continue;
    const args = Object.fromEntries(error.fragment.inputs.map(({ name }, index) => [name, String(error.args[index])]));
    const shown = Object.entries(args).map(([name, value]) => `${name}: ${value}`);
    return { data, name: error.name, args, message: `${error.name}(${shown.join(', ')})` };
  }
  return plainReason(data);
}

/**
 * What a refusal means for the effect that was wanted. `already-done`: somebody, perhaps we, did it before: stand down.
 * `retryable`: time or other people can change it. `terminal`: the same call can never succeed.
 */
export type Disposition = 'already-done' | 'retryable' | 'terminal';

const DISPOSITIONS: Readonly<Record<string, Disposition>> = {
  JobRegistryAlreadyAttested: 'already-done',
  JobRegistryAlreadyRequested: 'already-done',
  EquivocationCourtAlreadyProven: 'already-done',
  ModelRegistryAlreadyRegistered: 'already-done',
  TrialCourtAlreadyCommitted: 'already-done',
  TrialCourtAlreadyDemanded: 'already-done',
  TrialCourtAlreadyMarked: 'already-done',
  TrialCourtNotDemanded: 'already-done',
  TrialCourtNothingToReclaim: 'already-done',
  TrialCourtWrongStatus: 'already-done',
  TrialCourtCaseFileMismatch: 'retryable',
  TrialCourtDemandNotOverdue: 'retryable',
  TrialCourtDemandOutstanding: 'retryable',
  TrialCourtDemandsOpen: 'retryable',
  TrialCourtHearingNotOver: 'retryable',
  TrialCourtInvalidPrice: 'retryable',
  JobRegistryDeadlineNotPassed: 'retryable',
  JobRegistryWindowNotPassed: 'retryable',
  FeedRegistryDeadlineNotPassed: 'retryable',
  // Answered or expired by somebody, or taken back by a reorg: which, the next look says.
  FeedRegistryUnknownRequest: 'retryable',
  JobRegistryLadderNotSeeded: 'retryable',
  JobRegistryNotEligible: 'retryable',
  JobRegistryRequestsPaused: 'retryable',
  JobRegistryInsufficientGas: 'retryable',
  // A reorg took the request or attestation back, and may bring it again.
  JobRegistryUnknownJob: 'retryable',
  JobRegistryRecordMismatch: 'retryable',
  OperatorStakingInsufficientFree: 'retryable',
  OperatorStakingNotReleased: 'retryable',
  SettlementInsufficientBalance: 'retryable',
  ERC20InsufficientBalance: 'retryable',
  ERC20InsufficientAllowance: 'retryable',
};

export function dispositionOf({ name, args }: RevertReason): Disposition {
  if (name === 'JobRegistryWrongStatus')
    return isTerminal(Number(args['status']) as JobStatus) ? 'already-done' : 'retryable';
  return (name === undefined ? undefined : DISPOSITIONS[name]) ?? 'terminal';
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
