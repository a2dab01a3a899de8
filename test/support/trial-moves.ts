import { expect } from 'chai';
import type { ContractTransactionResponse, TransactionReceipt } from 'ethers';
import { sumOf } from './books.ts';
import { BURN_ADDRESS } from './job-stage.ts';
import { CONVICTION_SHARES, COURT_SETTINGS } from './system.ts';
import { type Mined, type Trial, type TriedJob, type TrialStage, argsOf, mined } from './trial-stage.ts';

/** Every amount that a trial can move for anybody of the stage. */
interface TrialBooks {
  readonly balances: Record<string, bigint>;
  /** Native currency that the court owes, by account. */
  readonly credits: Record<string, bigint>;
  readonly free: bigint;
  readonly locked: bigint;
  readonly jobBond: bigint;
  readonly modelBond: bigint;
  readonly totalHeld: bigint;
  readonly courtEther: bigint;
}

/** What an action is expected to move; what it does not name must stay as it is. */
export interface Moves {
  readonly balances?: Readonly<Record<string, bigint>>;
  readonly credits?: Readonly<Record<string, bigint>>;
  readonly free?: bigint;
  readonly locked?: bigint;
  readonly jobBond?: bigint;
  readonly modelBond?: bigint;
  readonly courtEther?: bigint;
}

async function readTrialBooks(stage: TrialStage, job: TriedJob): Promise<TrialBooks> {
  const { settlement, staking, trials, accounts, operator, ethers } = stage;
  const balances: Record<string, bigint> = {};
  const credits: Record<string, bigint> = {};
  for (const account of accounts) {
    balances[account] = await settlement.balanceOf(account);
    credits[account] = await trials.creditOf(account);
  }
  const { free, locked } = await staking.stakeOf(operator);
  return {
    balances,
    credits,
    free,
    locked,
    jobBond: await settlement.bondOf(job.id),
    modelBond: await settlement.bondOf(job.terms.modelId),
    totalHeld: await settlement.totalHeld(),
    courtEther: await ethers.provider.getBalance(trials),
  };
}

/** Acts, and checks every balance, stake, bond and credit of the stage to the wei; `Moves` may depend on the receipt. */
export async function moving(
  stage: TrialStage,
  job: TriedJob,
  act: () => Promise<ContractTransactionResponse>,
  expected: Moves | ((done: Mined) => Moves | Promise<Moves>),
): Promise<Mined> {
  const before = await readTrialBooks(stage, job);
  const done = await mined(stage, act());
  const moves = typeof expected === 'function' ? await expected(done) : expected;
  const after = await readTrialBooks(stage, job);
  const { free = 0n, locked = 0n, jobBond = 0n, modelBond = 0n, courtEther = 0n } = moves;
  expect(after).to.deep.equal({
    balances: plus(before.balances, moves.balances),
    credits: plus(before.credits, moves.credits),
    free: before.free + free,
    locked: before.locked + locked,
    jobBond: before.jobBond + jobBond,
    modelBond: before.modelBond + modelBond,
    // What leaves the stake arrives in the ledger (I1).
    totalHeld: before.totalHeld - free - locked,
    courtEther: before.courtEther + courtEther,
  } satisfies TrialBooks);
  return done;
}

function plus(
  books: Readonly<Record<string, bigint>>,
  moves: Readonly<Record<string, bigint>> = {},
): Record<string, bigint> {
  const sum = { ...books };
  for (const [account, amount] of Object.entries(moves)) {
    expect(books, `${account} is nobody of the stage`).to.have.property(account);
    sum[account] = (sum[account] ?? 0n) + amount;
  }
  return sum;
}

/** Whether the court takes a proof for one; it may refuse it for no other reason than that it proves nothing. */
export async function isProof({ trials }: TrialStage, sent: Promise<ContractTransactionResponse>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch {
    await expect(sent).to.be.revertedWithCustomError(trials, 'TrialCourtNotProven');
    return false;
  }
}

/** The base fee of the block that a receipt is in. */
export async function baseFeeOf({ ethers }: TrialStage, receipt: TransactionReceipt): Promise<bigint> {
  const block = await ethers.provider.getBlock(receipt.blockNumber);
  return block!.baseFeePerGas!;
}

/** Names of the events of a receipt, of all contracts of the stage, in order. */
export async function eventNames(stage: TrialStage, receipt: TransactionReceipt): Promise<string[]> {
  const { trials, jobs, settlement, staking, slasher, models } = stage;
  const sources = await Promise.all(
    [trials, jobs, settlement, staking, slasher, models].map(
      async (one) => [await one.getAddress(), one.interface] as const,
    ),
  );
  const known = new Map<string, (typeof sources)[number][1]>(sources);
  return receipt.logs.flatMap((log) => known.get(log.address)?.parseLog(log)?.name ?? []);
}

/** What a conviction moves: the fee back, the lock slashed, costs first, shares of the rest, the opener's bond back. */
export function convictionOf(
  { record, terms, file }: Trial,
  { prover, proverCosts = 0n }: { readonly prover?: string | undefined; readonly proverCosts?: bigint } = {},
): Moves {
  const { opener, openerCosts } = file.docket;
  const rest = terms.stakeAtRisk - openerCosts - proverCosts;
  const share = (bps: bigint): bigint => (rest * bps) / 10_000n;
  const toOpener = openerCosts + share(CONVICTION_SHARES.openerBps);
  const toProver = prover === undefined ? 0n : proverCosts + share(CONVICTION_SHARES.proverBps);
  const toRequester = share(CONVICTION_SHARES.requesterBps);
  expect(record.operator).to.not.equal(opener);
  return {
    balances: sumOf(
      { [opener]: toOpener + COURT_SETTINGS.openerBond },
      prover === undefined ? {} : { [prover]: toProver },
      { [terms.requester]: terms.fee + toRequester },
      { [BURN_ADDRESS]: terms.stakeAtRisk - toOpener - toProver - toRequester },
    ),
    locked: -terms.stakeAtRisk,
    jobBond: -COURT_SETTINGS.openerBond,
  };
}

/** The prover's costs that the court wrote into its verdict. */
export function proverCostsOf(stage: TrialStage, { receipt }: Mined): bigint {
  return argsOf(stage, receipt, 'TrialConvicted')['proverCosts'] as bigint;
}
