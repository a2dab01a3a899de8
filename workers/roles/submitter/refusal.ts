import type { RevertReason } from '../../chain/revert-reason.ts';
import { dispositionOf } from '../../chain/reverts.ts';
import type { SendOutcome } from '../../chain/tx-manager.ts';
import type { Address, Hex32 } from '../../protocol/ids.ts';
import { RemitError } from '../../runtime/errors.ts';

/** Why an effect did not happen. */
export type Refusal =
  | { readonly kind: 'already-done' }
  | { readonly kind: 'too-late' }
  | { readonly kind: 'later'; readonly reason: RevertReason | undefined }
  | { readonly kind: 'never'; readonly reason: RevertReason };

/** What it means that a transaction was not sent, or was mined and refused. */
export function refusalOf(outcome: Exclude<SendOutcome, { status: 'mined' }>): Refusal {
  if (outcome.status === 'abandoned' && outcome.why !== 'would-revert')
    return outcome.why === 'deadline' ? { kind: 'too-late' } : { kind: 'later', reason: undefined };
  const { reason } = outcome;
  if (reason.name === 'JobRegistryDeadlinePassed') return { kind: 'too-late' };
  const disposition = dispositionOf(reason);
  if (disposition === 'already-done') return { kind: 'already-done' };
  return disposition === 'retryable' ? { kind: 'later', reason } : { kind: 'never', reason };
}

/** Not enough free stake for the lock. */
export function isStakeShort(reason: RevertReason | undefined): boolean {
  return reason?.name === 'OperatorStakingInsufficientFree';
}

export function noStake(operator: Address, { args }: RevertReason): RemitError {
  return new RemitError({
    code: 'NO_STAKE',
    message: `operator ${operator} has ${args['free'] ?? 'too little'} token units of free stake; this job locks ${args['needed'] ?? 'more'}`,
    fix: 'deposit stake (OperatorStaking.deposit), wait until jobs under way are settled, or lower REMIT_STAKE_AT_RISK_MAX',
    retryable: true,
    context: { operator, ...args },
  });
}

/** @param what the effect and the kind of its subject, `the settlement of job` */
export function refused(what: string, subject: Hex32, reason: RevertReason): RemitError {
  return new RemitError({
    code: 'JOB_REGISTRY_REFUSED',
    message: `${what} ${subject} was refused: ${reason.message}`,
    fix: 'read the reason: it is final. If it names the attester, appoint the key again; if it names the output, compare model and registry',
    context: { subject, reason: reason.message, name: reason.name },
  });
}
