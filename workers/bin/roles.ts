import type { Role } from '../runtime/role.ts';

export interface RoleEntry {
  /** One line for `--help`. */
  readonly summary: string;
  readonly load: () => Promise<Role>;
}

/** Every role a process can have. Loaded when needed, because what one role imports another does not need. */
export const roles = {
  listener: {
    summary: 'chain → queues: reads events and says what has to be done',
    load: async () => (await import('../roles/listener/compose.ts')).listenerRole,
  },
  executor: {
    summary: 'inference queue → attestation queue: runs models',
    load: async () => (await import('../roles/executor/compose.ts')).executorRole,
  },
  submitter: {
    summary: 'attestation, settlement and transaction queues → chain: signs and sends; one per signer',
    load: async () => (await import('../roles/submitter/compose.ts')).submitterRole,
  },
  watchtower: {
    summary: 'verification queue → trial queue: runs attested jobs again and compares',
    load: async () => (await import('../roles/watchtower/compose.ts')).watchtowerRole,
  },
  trial: {
    summary: 'trial queue → transaction queue: opens and plays trials, defends our own claims',
    load: async () => (await import('../roles/trial/compose.ts')).trialRole,
  },
  oracle: {
    summary: 'data queue and sources → transaction queue: signs observations of feeds, leads rounds, answers questions',
    load: async () => (await import('../roles/oracle/compose.ts')).oracleRole,
  },
  scheduler: {
    summary: 'schedule queue → transaction queue: triggers recurring requests that are due, for their tip',
    load: async () => (await import('../roles/scheduler/compose.ts')).schedulerRole,
  },
} satisfies Record<string, RoleEntry>;

export type RoleName = keyof typeof roles;
export const ROLE_NAMES = Object.keys(roles) as readonly RoleName[];
