import type { TransactionResponse } from 'ethers';
import type { Address, Hex } from '../../workers/protocol/ids.ts';
import { CallbackPhase, JobReason, JobStatus, type Terms, termsToChain } from '../../workers/protocol/job.ts';
import { sumOf } from './books.ts';
import { type Moment, type SeenEvent, checked } from './checked-action.ts';
import type { CallbackFate } from './checked-attestations.ts';
import { type SlotWord, endedSlot, movedSlot, withDelivered } from './job-slot.ts';
import type { JobStage } from './job-stage.ts';
import { type AttestedJob, type Job, nextAt, sharesOf } from './jobs.ts';

export interface SettleOptions {
  readonly at?: bigint;
  /** Of an `onFinal` callback; it is expected to be delivered by default. */
  readonly callback?: CallbackFate;
  readonly gasLimit?: bigint;
}

/** What settling one job does to balances, stakes, its slot and the log. */
export async function settlementOf(stage: JobStage, job: AttestedJob, callback: CallbackFate = 'delivered') {
  const { terms, id, record, model } = job;
  const { protocolFeeBps, treasury } = await stage.jobs.parametersOf(terms.parametersVersion);
  const shares = sharesOf(terms.fee, model.publisherFeeBps, protocolFeeBps);
  const due = terms.callbackPhase === CallbackPhase.OnFinal;
  const events: SeenEvent[] = [
    ['JobSettled', id, record.operator, shares.operator, shares.publisher, shares.treasury],
    ...(due && callback === 'failed' ? [['CallbackFailed', id] as const] : []),
  ];
  return {
    events,
    balances: sumOf(
      { [record.operator]: shares.operator },
      { [model.publisher]: shares.publisher },
      { [treasury]: shares.treasury },
    ),
    stakes: { [record.operator]: { free: terms.stakeAtRisk, locked: -terms.stakeAtRisk } },
    slotAfter(before: SlotWord): SlotWord {
      const settled = movedSlot(before, JobStatus.Settled, JobReason.ChallengeWindowPassed);
      return due ? withDelivered(settled, callback === 'delivered') : settled;
    },
  };
}

/** The output that `settle` wants: only where an inline `onFinal` callback is due. */
export function outputToSettle({ terms, output }: AttestedJob): Hex {
  return terms.callbackPhase === CallbackPhase.OnFinal ? output.vector : '0x';
}

/** Settles as a stranger, by default in the first second that allows it, and checks who was paid and unlocked. */
export async function settleChecked(stage: JobStage, job: AttestedJob, options: SettleOptions = {}): Promise<Moment> {
  const { at = job.record.challengeEnd + 1n, callback, gasLimit } = options;
  const { events, balances, stakes, slotAfter } = await settlementOf(stage, job, callback);
  const overrides = gasLimit === undefined ? {} : { gasLimit };
  const terms = termsToChain(job.terms);
  await nextAt(stage, at);
  return checked(
    stage,
    [job.id],
    () => stage.jobs.connect(stage.stranger).settle(terms, job.record, outputToSettle(job), overrides),
    ({ before }) => ({
      events,
      books: { balances, stakes },
      slots: new Map([[job.id, slotAfter(before.get(job.id)!)]]),
    }),
  );
}

/** One entry of a batch and what should become of it. */
export interface BatchEntry {
  readonly job: AttestedJob;
  /** Name of the error for which it is left out. */
  readonly skipped?: string;
  readonly callback?: CallbackFate;
  /** The output given, when it is not the one that is due. */
  readonly output?: Hex;
}

/** Settles a batch as a stranger, and checks every job in it; `outputs` is left empty unless it is needed. */
export async function settleManyChecked(
  stage: JobStage,
  entries: readonly BatchEntry[],
  options: { readonly at?: bigint; readonly gasLimit?: bigint } = {},
): Promise<Moment> {
  const { jobs, stranger } = stage;
  const calls = entries.map(({ job }) => ({ terms: termsToChain(job.terms), record: job.record }));
  const given = entries.map(({ job, output }) => output ?? outputToSettle(job));
  const outputs = given.some((output) => output !== '0x') ? given : [];
  const results = await Promise.all(
    entries.map(async ({ job, skipped, callback }) =>
      skipped === undefined ? settlementOf(stage, job, callback) : undefined,
    ),
  );
  const stakes: Record<string, { free: bigint; locked: bigint }> = {};
  for (const [operator, { free, locked }] of results.flatMap((result) => Object.entries(result?.stakes ?? {}))) {
    const sum = (stakes[operator] ??= { free: 0n, locked: 0n });
    sum.free += free;
    sum.locked += locked;
  }
  const last = entries.map(({ job }) => job.record.challengeEnd).reduce((a, b) => (a > b ? a : b), 0n);
  await nextAt(stage, options.at ?? last + 1n);
  const overrides = options.gasLimit === undefined ? {} : { gasLimit: options.gasLimit };
  return checked(
    stage,
    entries.map(({ job }) => job.id),
    () => jobs.connect(stranger).settleMany(calls, outputs, overrides),
    ({ before }) => {
      const slots = new Map(before);
      for (const [i, { job }] of entries.entries()) {
        const result = results[i];
        if (result) slots.set(job.id, result.slotAfter(slots.get(job.id)!));
      }
      return {
        events: entries.flatMap(({ job, skipped }, i): readonly SeenEvent[] =>
          skipped === undefined
            ? results[i]!.events
            : [['SettleSkipped', job.id, jobs.interface.getError(skipped)!.selector]],
        ),
        books: { balances: sumOf(...results.map((result) => result?.balances ?? {})), stakes },
        slots,
      };
    },
  );
}

/** Expires as a stranger, by default in the first second that allows it: fee and penalty go to the requester. */
export async function expireChecked(stage: JobStage, job: Job, at = job.terms.attestDeadline + 1n): Promise<Moment> {
  const { terms, id } = job;
  const { fee, offerPenalty: penalty, operator, requester } = terms;
  const chainTerms = termsToChain(terms);
  await nextAt(stage, at);
  return checked(
    stage,
    [id],
    () => stage.jobs.connect(stage.stranger).expire(chainTerms),
    () => ({
      events: [['JobExpired', id, fee, penalty], ...(penalty === 0n ? [] : missedOffer(stage, id, terms))],
      books: {
        balances: { [requester]: fee + penalty },
        stakes: penalty === 0n ? {} : { [operator]: { locked: -penalty } },
        slashed: penalty,
      },
      slots: new Map([
        [id, endedSlot(JobStatus.Expired, penalty === 0n ? JobReason.DeadlinePassed : JobReason.OfferMissed)],
      ]),
    }),
  );
}

const MISSED_OFFER = 1n;
const NOBODY = '0x0000000000000000000000000000000000000000' as Address;

function missedOffer(stage: JobStage, id: string, { operator, requester, offerPenalty }: Terms): SeenEvent[] {
  const { staking, settlement } = { staking: stage.staking.target, settlement: stage.settlement.target };
  return [
    ['StakeSlashed', operator, offerPenalty, 0n, 0n],
    ['Transfer', staking, settlement, offerPenalty],
    ['OperatorSlashed', id, operator, MISSED_OFFER, offerPenalty, NOBODY, 0n, NOBODY, 0n, requester, offerPenalty, 0n],
  ];
}

/** Calls a failed callback again as a stranger; it must succeed. */
export async function retryChecked(stage: JobStage, { id, terms, record, output }: AttestedJob): Promise<Moment> {
  const chainTerms = termsToChain(terms);
  const send = (): Promise<TransactionResponse> =>
    stage.jobs.connect(stage.stranger).retryCallback(chainTerms, record, output.vector);
  return checked(stage, [id], send, ({ before }) => ({
    events: [['CallbackRetried', id]],
    books: {},
    slots: new Map([[id, withDelivered(before.get(id)!, true)]]),
  }));
}
