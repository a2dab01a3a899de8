import type { Stack } from '../../scripts/stack/stack.ts';
import { seededChance } from '../../test/support/rpc-proxy.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { jobFaults } from './job-faults.ts';
import { auditJobs, createJobLedger, type JobAudit, type JobLedger } from './job-ledger.ts';
import { type ProcessReport, watchProcesses } from './process-watch.ts';
import { onStubNetwork, pidsOf, type StubNetwork } from './stub-network.ts';

export interface JobsOptions {
  readonly jobs: number;
  readonly seed: number;
  /** Faults are injected one after another, this many in all; none for a run that measures. */
  readonly faults: number;
}

export interface JobsReport extends JobAudit {
  readonly jobs: number;
  readonly seed: number;
  readonly seconds: number;
  readonly jobsPerSecond: number;
  /** Without the time from each fault to the next settled job. */
  readonly jobsPerSecondUndisturbed: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Longest time from the end of a fault to the next settled job, seconds. */
  readonly longestRecoverySeconds: number;
  /** Stake that is still locked, and fees that are missing from the books, token units. */
  readonly lockedStake: string;
  readonly missingFees: string;
  readonly processes: readonly ProcessReport[];
}

/** Jobs under way at once: what the operator's stake and the queues are to hold. */
const OPEN_MAX = 3_000;
const LOOK_MS = 250;
/** Without a settled job for so long the soak has failed. */
const STUCK_MS = 180_000;

/** Real processes, Redis, chain and onnxruntime; a model that does nothing; everything that can be killed is. */
export function soakJobs(
  options: JobsOptions,
  { clock, say }: { readonly clock: Clock; readonly say: (line: string) => void },
): Promise<JobsReport> {
  return onStubNetwork({ jobs: options.jobs, openMax: OPEN_MAX }, { clock }, (network) => run(options, network, say));
}

async function run(
  { jobs, seed, faults }: JobsOptions,
  network: StubNetwork,
  say: (line: string) => void,
): Promise<JobsReport> {
  const { stack } = network;
  const before = await heldBy(stack);
  const firstBlock = Number(await stack.chain.call('eth_blockNumber', [])) + 1;
  const ledger = createJobLedger(firstBlock, stack);
  const watched = watchProcesses(pidsOf(network), stack);
  const play = await playJobs({ jobs, seed, faults }, { ...network, ledger, say });
  const reports = watched.end();
  // What the last settlement freed is on the chain by now; nothing is under way.
  const audit = await auditJobs(jobs, firstBlock, stack);
  const [operator] = stack.accounts.operators;
  const { locked } = await stack.contracts.OperatorStaking.stakeOf(operator?.owner.address ?? '');
  return {
    jobs,
    seed,
    ...play,
    ...audit,
    lockedStake: locked.toString(),
    // Fees leave the requester and reach three balances: what the vault holds for them stays the same.
    missingFees: (before - (await heldBy(stack))).toString(),
    processes: reports,
  };
}

async function heldBy({ contracts }: Stack): Promise<bigint> {
  return contracts.Settlement.totalHeld();
}

interface PlayDeps extends StubNetwork {
  readonly ledger: JobLedger;
  readonly say: (line: string) => void;
}

type Play = Pick<
  JobsReport,
  'seconds' | 'jobsPerSecond' | 'jobsPerSecondUndisturbed' | 'faults' | 'longestRecoverySeconds'
>;

/** Keeps jobs under way until all are settled, and breaks something after every so many. */
async function playJobs({ jobs, seed, faults }: JobsOptions, deps: PlayDeps): Promise<Play> {
  const { stack, ledger, load, say } = deps;
  const { clock } = stack;
  let drawn = 0;
  const chance = (): number => seededChance(seed, (drawn += 1));
  const resend = (): Promise<void> =>
    load.send(Array.from({ length: sent }, (_, salt) => salt).filter((salt) => !ledger.isRequested(salt)));
  const kinds = jobFaults({ ...deps, resend }, chance);
  const injected: Record<string, number> = {};
  const every = faults === 0 ? Infinity : Math.floor(jobs / (faults + 1));
  const begun = clock.now();
  let [sent, settled, nextFault, disturbedMs, longestMs] = [0, 0, every, 0, 0];
  let movedAt = begun;
  let fault: { readonly name: string; readonly endedAt: number; readonly startedAt: number } | undefined;

  while (settled < jobs) {
    const room = Math.min(OPEN_MAX - (sent - settled), jobs - sent);
    if (room > 0) {
      const salts = Array.from({ length: room }, (_, at) => sent + at);
      sent += room;
      await load.send(salts);
    }
    await clock.sleep(LOOK_MS);
    const now = await ledger.read();
    if (now > settled) {
      movedAt = clock.now();
      if (fault) {
        disturbedMs += movedAt - fault.startedAt;
        longestMs = Math.max(longestMs, movedAt - fault.endedAt);
        say(`  ${now} settled; after ${fault.name}: going again in ${movedAt - fault.endedAt} ms`);
        fault = undefined;
      }
    } else if (clock.now() - movedAt > STUCK_MS) {
      throw new Error(`seed ${seed}: nothing settled for ${STUCK_MS / 1_000} s; ${now} of ${jobs} are (${sent} sent)`);
    }
    settled = now;
    if (settled >= nextFault && sent > settled) {
      const kind = kinds[Math.floor(chance() * kinds.length)];
      if (!kind) throw new Error('unreachable');
      const startedAt = clock.now();
      await kind.inject();
      settled = await ledger.read();
      fault = { name: kind.name, startedAt, endedAt: clock.now() };
      injected[kind.name] = (injected[kind.name] ?? 0) + 1;
      nextFault += every;
    }
  }
  const ms = clock.now() - begun;
  return {
    seconds: Math.round(ms / 1_000),
    jobsPerSecond: Math.round((jobs * 1_000) / ms),
    jobsPerSecondUndisturbed: Math.round((jobs * 1_000) / (ms - disturbedMs)),
    faults: injected,
    longestRecoverySeconds: Math.round(longestMs / 100) / 10,
  };
}
