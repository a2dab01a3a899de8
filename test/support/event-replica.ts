import type { Addressable, Interface } from 'ethers';
import { parseRecord } from '../../workers/protocol/attestation-record.ts';
import type { JobId } from '../../workers/protocol/ids.ts';
import { CallbackPhase, JobReason, JobStatus, type Terms, termsOfChain } from '../../workers/protocol/job.ts';
import { outputLength } from '../../workers/protocol/model.ts';
import {
  attestedSlot,
  EMPTY_SLOT,
  endedSlot,
  movedSlot,
  requestedSlot,
  type SlotWord,
  withDelivered,
} from './job-slot.ts';
import { BURN_ADDRESS } from './job-stage.ts';

/** One operator's stake as the logs tell it. */
export interface ReplicaStake {
  free: bigint;
  locked: bigint;
  unbonding: bigint;
  releaseAt: bigint;
}

/** A contract whose logs count. */
interface Source {
  readonly target: string | Addressable;
  readonly interface: Pick<Interface, 'parseLog'>;
}

export type ReplicaSources = Readonly<Record<'settlement' | 'staking' | 'slasher' | 'jobs' | 'models', Source>>;

/** What the replica reads of a transaction's receipt. */
export interface ReplicaReceipt {
  readonly blockNumber: number;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
  getBlock(): Promise<{ readonly timestamp: number }>;
}

/** An event with its arguments by name. */
interface Seen {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A job as the logs tell it. */
interface ReplicaJob {
  readonly terms: Terms;
  slot: SlotWord;
  operator: string;
  acquitted: boolean;
}

/**
 * Balances, stakes, bonds and job slots, built from nothing but logs (and the block they came in): what an indexer, or a
 * node that lost everything, has. Where it differs from the chain, an event is missing (I33).
 */
export class EventReplica {
  readonly balances = new Map<string, bigint>();
  readonly bonds = new Map<string, bigint>();
  readonly stakes = new Map<string, ReplicaStake>();
  readonly jobs = new Map<JobId, ReplicaJob>();
  readonly models = new Map<string, { readonly publisher: string; readonly outputLength: number }>();
  readonly treasuries = new Map<bigint, string>();
  totalHeld = 0n;
  paused = false;
  publisherBond = 0n;
  readonly #sources: ReplicaSources;

  constructor(sources: ReplicaSources) {
    this.#sources = sources;
  }

  async fold(receipt: ReplicaReceipt): Promise<void> {
    const { settlement, staking, slasher, jobs, models } = this.#sources;
    const { timestamp } = await receipt.getBlock();
    for (const log of receipt.logs) {
      const source = [settlement, staking, slasher, jobs, models].find(({ target }) => target === log.address);
      const event = source?.interface.parseLog(log);
      if (!event) continue;
      const seen = { name: event.name, args: event.args.toObject() as Record<string, unknown> };
      this.#settlement(seen);
      this.#staking(seen);
      this.#governance(seen);
      this.#job(seen, BigInt(timestamp), BigInt(receipt.blockNumber));
    }
  }

  balanceOf(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }

  stakeOf(operator: string): ReplicaStake {
    const stake = this.stakes.get(operator) ?? { free: 0n, locked: 0n, unbonding: 0n, releaseAt: 0n };
    this.stakes.set(operator, stake);
    return stake;
  }

  slotOf(jobId: JobId): SlotWord {
    return this.jobs.get(jobId)?.slot ?? EMPTY_SLOT;
  }

  statusOf(jobId: JobId): JobStatus {
    return Number(this.slotOf(jobId) & 0x7fn) as JobStatus;
  }

  #settlement({ name, args }: Seen): void {
    const amount = args['amount'] as bigint;
    const account = args['account'] as string;
    const key = args['key'] as string;
    if (name === 'Deposited') this.#credit(account, amount, amount);
    if (name === 'Withdrawn') this.#credit(account, -amount, -amount);
    if (name === 'BurnSwept') this.#credit(BURN_ADDRESS, -amount, -amount);
    if (name === 'Bonded') {
      this.#credit(account, -amount);
      this.bonds.set(key, (this.bonds.get(key) ?? 0n) + amount);
    }
    if (name === 'BondReleased') {
      this.#credit(account, amount);
      this.bonds.set(key, (this.bonds.get(key) ?? 0n) - amount);
    }
    if (name === 'OperatorSlashed') {
      this.totalHeld += amount;
      for (const part of ['opener', 'prover', 'requester']) {
        this.#credit(args[part] as string, args[`${part}Amount`] as bigint);
      }
      this.#credit(BURN_ADDRESS, args['burned'] as bigint);
    }
  }

  #staking({ name, args }: Seen): void {
    if (!name.startsWith('Stake')) return;
    const stake = this.stakeOf(args['operator'] as string);
    const amount = args['amount'] as bigint;
    if (name === 'StakeDeposited') stake.free += amount;
    if (name === 'StakeUnbonding') {
      stake.free -= amount;
      stake.unbonding += amount;
      stake.releaseAt = args['releaseAt'] as bigint;
    }
    if (name === 'StakeWithdrawn') [stake.unbonding, stake.releaseAt] = [stake.unbonding - amount, 0n];
    if (name === 'StakeSlashed') {
      stake.locked -= args['fromLocked'] as bigint;
      stake.free -= args['fromFree'] as bigint;
      stake.unbonding -= args['fromUnbonding'] as bigint;
    }
  }

  #governance({ name, args }: Seen): void {
    if (name === 'RequestsPaused') this.paused = true;
    if (name === 'RequestsUnpaused') this.paused = false;
    if (name === 'PublisherBondSet') this.publisherBond = args['publisherBond'] as bigint;
    if (name === 'ParametersSet') {
      const [treasury] = (args['parameters'] as unknown[]).filter((value) => typeof value === 'string');
      this.treasuries.set(args['version'] as bigint, treasury as string);
    }
    if (name === 'ModelRegistered') {
      const { outputs } = args['spec'] as { readonly outputs: readonly { readonly length: bigint }[] };
      // Named results are arrays too, so their length in elements hides behind `length`.
      const lengths = outputs.map((output) => ({ length: Number((output as unknown as readonly bigint[])[1]) }));
      const model = { publisher: args['publisher'] as string, outputLength: outputLength({ outputs: lengths }) };
      this.models.set(args['modelId'] as string, model);
    }
  }

  #job({ name, args }: Seen, at: bigint, block: bigint): void {
    const jobId = args['jobId'] as JobId;
    if (name === 'JobRequested') {
      const terms = termsOfChain((args['terms'] as { toObject(): unknown }).toObject());
      const { outputLength: length } = this.models.get(terms.modelId)!;
      const slot = requestedSlot({ requestedAt: at, requestBlock: block, outputLength: length });
      this.jobs.set(jobId, { terms, slot, operator: terms.operator, acquitted: false });
      this.#credit(terms.requester, -terms.fee);
      this.#lock(terms.operator, terms.offerPenalty);
      return;
    }
    const job = this.jobs.get(jobId);
    if (job === undefined) return;
    const { terms } = job;
    switch (name) {
      case 'JobAttested':
        job.slot = attestedSlot(parseRecord(args), terms.callbackPhase === CallbackPhase.OnAttested);
        job.operator = args['operator'] as string;
        this.#lock(job.operator, terms.stakeAtRisk - terms.offerPenalty);
        break;
      case 'CallbackFailed':
        job.slot = withDelivered(job.slot, false);
        break;
      case 'CallbackRetried':
        job.slot = withDelivered(job.slot, true);
        break;
      case 'JobAcquitted':
        job.acquitted = true;
        break;
      case 'JobOnTrial':
        job.slot = movedSlot(job.slot, JobStatus.OnTrial, JobReason.None);
        break;
      case 'JobSettled':
        this.#settled(job, args);
        break;
      case 'JobExpired':
        job.slot = endedSlot(
          JobStatus.Expired,
          args['penalty'] === 0n ? JobReason.DeadlinePassed : JobReason.OfferMissed,
        );
        this.#credit(terms.requester, args['refund'] as bigint);
        break;
      case 'JobSlashed':
        job.slot = movedSlot(job.slot, JobStatus.Slashed, Number(args['reason']) as JobReason);
        this.#credit(terms.requester, args['refund'] as bigint);
        break;
      case 'JobVoided':
        job.slot = movedSlot(job.slot, JobStatus.Void, JobReason.TrialVoid);
        this.#credit(terms.requester, args['refund'] as bigint);
        this.#lock(job.operator, -terms.stakeAtRisk);
        break;
    }
  }

  #settled(job: ReplicaJob, args: Seen['args']): void {
    const { terms, acquitted } = job;
    const reason = acquitted ? JobReason.Acquitted : JobReason.ChallengeWindowPassed;
    job.slot = movedSlot(job.slot, JobStatus.Settled, reason);
    if (!acquitted && terms.callbackPhase === CallbackPhase.OnFinal) job.slot = withDelivered(job.slot, true);
    this.#lock(job.operator, -terms.stakeAtRisk);
    this.#credit(job.operator, args['operatorAmount'] as bigint);
    this.#credit(this.models.get(terms.modelId)!.publisher, args['publisherAmount'] as bigint);
    this.#credit(this.treasuries.get(BigInt(terms.parametersVersion))!, args['treasuryAmount'] as bigint);
  }

  #credit(account: string, amount: bigint, held = 0n): void {
    if (amount !== 0n) this.balances.set(account, this.balanceOf(account) + amount);
    this.totalHeld += held;
  }

  #lock(operator: string, amount: bigint): void {
    if (amount === 0n) return;
    const stake = this.stakeOf(operator);
    stake.free -= amount;
    stake.locked += amount;
  }
}
