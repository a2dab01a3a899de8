import { localAccount, stackAccounts, type Account, type OperatorAccounts } from '../../stack/accounts.ts';

/** Everybody who takes part: honest people, attackers, operators with stake. */
export interface Cast {
  /** Deployed, and keeps no right. */
  readonly deployer: Account;
  /** `ADMIN` and `GOVERNOR`. */
  readonly admin: Account;
  /** May pause new requests. */
  readonly guardian: Account;
  readonly treasury: Account;
  readonly publisher: Account;
  readonly requester: Account;
  /** Runs the job again and challenges. */
  readonly watcher: Account;
  readonly stranger: Account;
  /** The attacker, and a second account of hers. */
  readonly mallory: Account;
  readonly accomplice: Account;
  /** An honest operator, and one that competes with it. */
  readonly operator: OperatorAccounts;
  readonly rival: OperatorAccounts;
  /** Four data nodes. */
  readonly seats: readonly OperatorAccounts[];
  /** An operator whose stake comes late. */
  readonly latecomer: OperatorAccounts;
}

const OPERATORS = 7;

export function createCast(): Cast {
  const { deployer, admin, publisher, requester, applicant, bystander, operators } = stackAccounts(OPERATORS);
  const [operator, rival, first, second, third, fourth, latecomer] = operators as readonly OperatorAccounts[] &
    Record<0 | 1 | 2 | 3 | 4 | 5 | 6, OperatorAccounts>;
  return {
    deployer,
    admin,
    guardian: localAccount('guardian', 8),
    treasury: localAccount('treasury', 9),
    publisher,
    requester,
    watcher: localAccount('watcher', 6),
    stranger: localAccount('stranger', 7),
    mallory: { ...applicant, name: 'mallory' },
    accomplice: { ...bystander, name: 'accomplice' },
    operator: renamed(operator, 'operator'),
    rival: renamed(rival, 'rival'),
    seats: [first, second, third, fourth].map((seat, at) => renamed(seat, `seat ${at}`)),
    latecomer: renamed(latecomer, 'latecomer'),
  };
}

function renamed({ owner, attester }: OperatorAccounts, name: string): OperatorAccounts {
  return { owner: { ...owner, name }, attester: { ...attester, name: `${name}'s key` } };
}
