import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/types';
import type { AttestationRecord } from '../../workers/protocol/attestation-record.ts';
import { type Address, type Hex, type JobId, ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { CallbackPhase, JobReason, JobStatus, termsToChain } from '../../workers/protocol/job.ts';
import { type StakeParts, sumOf } from './books.ts';
import { type Moment, type SeenEvent, checked } from './checked-action.ts';
import { settlementOf } from './checked-endings.ts';
import { movedSlot } from './job-slot.ts';
import { BURN_ADDRESS, type JobStage, type StagedOperator } from './job-stage.ts';
import { type AttestedJob, type Job, type Output, nextAt } from './jobs.ts';
import { CONVICTION_SHARES, EQUIVOCATION_SHARES } from './system.ts';

/** The ruling, as the registry's enum has it. */
export const TrialOutcome = { None: 0, Acquitted: 1, Convicted: 2, Void: 3 } as const;

/** Who brought a conviction about, and what it cost. */
export interface Award {
  readonly opener: Address;
  readonly openerCosts: bigint;
  readonly prover: Address;
  readonly proverCosts: bigint;
}

export const NO_AWARD: Award = { opener: ZERO_ADDRESS, openerCosts: 0n, prover: ZERO_ADDRESS, proverCosts: 0n };

const Offence = { Equivocation: 2n, WrongResult: 3n, TrialVoid: 4n } as const;

/** Opens a trial as the court; nothing moves but the status. */
export async function openTrialChecked(stage: JobStage, job: AttestedJob, at?: bigint): Promise<Moment> {
  const terms = termsToChain(job.terms);
  if (at !== undefined) await nextAt(stage, at);
  return checked(
    stage,
    [job.id],
    () => stage.jobs.connect(stage.trialCourt).openTrial(terms, job.record),
    ({ before }) => ({
      events: [['JobOnTrial', job.id]],
      books: {},
      slots: new Map([[job.id, movedSlot(before.get(job.id)!, JobStatus.OnTrial, JobReason.None)]]),
    }),
  );
}

/** Ends a trial as the court and checks what each ruling pays, releases or slashes. */
export async function resolveTrialChecked(
  stage: JobStage,
  job: AttestedJob,
  outcome: 'Acquitted' | 'Convicted' | 'Void',
  award: Award = NO_AWARD,
): Promise<Moment> {
  const { id, terms, record } = job;
  const { operator } = record;
  const chainTerms = termsToChain(terms);
  const refund = { [terms.requester]: terms.fee };
  const rulings = {
    Acquitted: async () => {
      const { events, balances, stakes } = await settlementOf(stage, { ...job, terms: { ...terms, callbackPhase: 0 } });
      const acquitted: SeenEvent = ['JobAcquitted', id, operator];
      const to = [JobStatus.Settled, JobReason.Acquitted] as const;
      const due: SeenEvent[] = terms.callbackPhase === CallbackPhase.OnFinal ? [['CallbackFailed', id]] : [];
      return { events: [acquitted, ...events, ...due], books: { balances, stakes }, to };
    },
    Convicted: async () => {
      const loss = { fromLocked: terms.stakeAtRisk, fromFree: 0n, fromUnbonding: 0n };
      const slash = slashOf(stage, job, Offence.WrongResult, loss, award, CONVICTION_SHARES);
      const slashed: SeenEvent = ['JobSlashed', id, operator, BigInt(JobReason.Convicted), terms.fee];
      const books = { ...slash.books, balances: sumOf(refund, slash.books.balances) };
      return { events: [slashed, ...slash.events], books, to: [JobStatus.Slashed, JobReason.Convicted] as const };
    },
    Void: async () => {
      const stakes = { [operator]: { free: terms.stakeAtRisk, locked: -terms.stakeAtRisk } };
      const voided: SeenEvent = ['JobVoided', id, operator, terms.fee];
      const to = [JobStatus.Void, JobReason.TrialVoid] as const;
      const charged = least(award.openerCosts + award.proverCosts, terms.stakeAtRisk);
      if (charged === 0n) return { events: [voided], books: { balances: refund, stakes }, to };
      // Out of what was just set free; costs only, nothing is left to be shared.
      const loss = { fromLocked: 0n, fromFree: charged, fromUnbonding: 0n };
      const slash = slashOf(stage, job, Offence.TrialVoid, loss, award, CONVICTION_SHARES);
      const free = { [operator]: { free: terms.stakeAtRisk - charged, locked: -terms.stakeAtRisk } };
      const books = { ...slash.books, balances: sumOf(refund, slash.books.balances), stakes: free };
      return { events: [voided, ...slash.events], books, to };
    },
  };
  const { events, books, to } = await rulings[outcome]();
  const [status, reason] = to;
  return checked(
    stage,
    [id],
    () => stage.jobs.connect(stage.trialCourt).resolveTrial(chainTerms, record, TrialOutcome[outcome], award),
    ({ before }) => ({ events, books, slots: new Map([[id, movedSlot(before.get(id)!, status, reason)]]) }),
  );
}

/** One side of an equivocation as the court takes it. */
export interface SignedOutput {
  readonly outputRoot: string;
  readonly outputContent: string;
  readonly signature: Hex;
}

export function signedOutput({ root, content }: Pick<Output, 'root' | 'content'>, signature: Hex): SignedOutput {
  return { outputRoot: root, outputContent: content, signature };
}

export interface ProveCase {
  readonly operator: StagedOperator;
  readonly record: AttestationRecord;
  readonly first: SignedOutput;
  readonly second: SignedOutput;
  readonly reporter: HardhatEthersSigner;
  /** What the slash takes. `fromLocked` is the job's own lock: when it is not zero, the job ends as slashed. */
  readonly takes: SlashParts;
}

/** Where a slash takes stake from. */
export interface SlashParts {
  readonly fromLocked: bigint;
  readonly fromFree: bigint;
  readonly fromUnbonding: bigint;
}

/** Proves an equivocation, and checks the slash, its shares, the refund, and that it can be proven only once. */
export async function proveChecked(stage: JobStage, job: Job, proof: ProveCase): Promise<Moment> {
  const { id, terms } = job;
  const { operator, reporter, first, second, record, takes } = proof;
  const endsJob = takes.fromLocked !== 0n;
  const award = { ...NO_AWARD, prover: reporter.address as Address };
  const slash = slashOf(
    stage,
    { id, terms, record: { operator: operator.address } },
    Offence.Equivocation,
    takes,
    award,
    {
      ...EQUIVOCATION_SHARES,
    },
  );
  const proven: SeenEvent = ['EquivocationProven', id, operator.address, reporter.address];
  const ended: SeenEvent = ['JobSlashed', id, operator.address, BigInt(JobReason.Equivocation), terms.fee];
  const chainTerms = termsToChain(terms);
  return checked(
    stage,
    [id],
    () => stage.court.connect(reporter).prove(chainTerms, record, operator.address, first, second),
    ({ before }) => {
      const slot = before.get(id)!;
      return {
        events: [proven, ...(endsJob ? [ended] : []), ...slash.events],
        books: {
          ...slash.books,
          balances: sumOf(endsJob ? { [terms.requester]: terms.fee } : {}, slash.books.balances),
        },
        slots: new Map([[id, endsJob ? movedSlot(slot, JobStatus.Slashed, JobReason.Equivocation) : slot]]),
      };
    },
  );
}

interface Slashed {
  readonly id: JobId;
  readonly terms: Job['terms'];
  readonly record: Pick<AttestationRecord, 'operator'>;
}

/** What a slash does: costs first, then shares of the rest, rounded down; what is left is burned. */
function slashOf(
  stage: JobStage,
  { id, terms, record: { operator } }: Slashed,
  offence: bigint,
  { fromLocked, fromFree, fromUnbonding }: SlashParts,
  award: Award,
  shares: typeof CONVICTION_SHARES,
) {
  const amount = fromLocked + fromFree + fromUnbonding;
  const openerCosts = least(award.openerCosts, amount);
  const proverCosts = least(award.proverCosts, amount - openerCosts);
  const rest = amount - openerCosts - proverCosts;
  const opener = award.opener === ZERO_ADDRESS ? 0n : openerCosts + (rest * shares.openerBps) / 10_000n;
  const prover = award.prover === ZERO_ADDRESS ? 0n : proverCosts + (rest * shares.proverBps) / 10_000n;
  const requester = (rest * shares.requesterBps) / 10_000n;
  const burned = amount - opener - prover - requester;
  const events: SeenEvent[] = [
    ['StakeSlashed', operator, fromLocked, fromFree, fromUnbonding],
    ['Transfer', stage.staking.target, stage.settlement.target, amount],
    [
      'OperatorSlashed',
      ...[id, operator, offence, amount],
      ...[award.opener, opener, award.prover, prover, terms.requester, requester, burned],
    ],
  ];
  const lost: StakeParts = { free: -fromFree, locked: -fromLocked, unbonding: -fromUnbonding };
  const balances = sumOf(
    award.opener === ZERO_ADDRESS ? {} : { [award.opener]: opener },
    award.prover === ZERO_ADDRESS ? {} : { [award.prover]: prover },
    { [terms.requester]: requester },
    { [BURN_ADDRESS]: burned },
  );
  return { events, books: { balances, stakes: { [operator]: lost }, slashed: amount } };
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
