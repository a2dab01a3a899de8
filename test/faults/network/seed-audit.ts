import { expect } from 'vitest';
import { createChainReader } from '../../../workers/chain/chain-reader.ts';
import { list, parseLog } from '../../../workers/chain/chain-values.ts';
import type { Address } from '../../../workers/protocol/ids.ts';
import { JobStatus } from '../../../workers/protocol/job.ts';
import { type Books, expectMoved, feeOf, readBooks, together } from '../../e2e/support/books.ts';
import type { Market } from '../../e2e/support/market.ts';
import { EventReplica } from '../../support/event-replica.ts';
import { positionOf } from '../../support/job-slot.ts';
import { until } from '../../support/until.ts';
import type { PlayedJob } from './seed-network.ts';
import type { SeedJob } from './seed-script.ts';

/** All that the contracts have said about a job in the end, whatever went wrong around it. */
const HISTORIES: Readonly<Record<SeedJob, readonly string[]>> = {
  answerable: ['JobRequested', 'JobAttested', 'JobSettled'],
  'callback when attested': ['JobRequested', 'JobAttested', 'CallbackFailed', 'JobSettled'],
  'callback when final': ['JobRequested', 'JobAttested', 'JobSettled', 'CallbackFailed'],
  unanswerable: ['JobRequested', 'JobExpired'],
};

const endOf = (what: SeedJob): JobStatus => (what === 'unanswerable' ? JobStatus.Expired : JobStatus.Settled);

/** Waits until every job has ended, and asserts from the chain alone that each did once and as it must. */
export async function expectEndedOnce(market: Market, jobs: readonly PlayedJob[]): Promise<void> {
  const { JobRegistry } = market.stack.contracts;
  const ended: readonly bigint[] = [JobStatus.Settled, JobStatus.Expired, JobStatus.Slashed, JobStatus.Void].map(
    BigInt,
  );
  const open = new Set(jobs);
  await until(
    async () => {
      for (const job of open) if (ended.includes((await JobRegistry.stateOf(job.jobId)).status)) open.delete(job);
      return open.size === 0;
    },
    { what: 'the end of all jobs', deadlineMs: 60_000, everyMs: 100 },
  ).catch((error: unknown) => {
    throw new Error([...open].map((job) => linesOf(market, job)).join('\n'), { cause: error });
  });
  await expectHistories(market, jobs);
}

export async function expectHistories(market: Market, jobs: readonly PlayedJob[]): Promise<void> {
  for (const { jobId, what, seed } of jobs) {
    // A settlement that a reorg dropped may be there again beside the one that was made for the new branch: gas, and no effect.
    const events = (await market.history(jobId)).map(({ type }) => type).filter((type) => type !== 'SettleSkipped');
    expect(events, `seed ${seed}, "${what}" ${jobId}`).toEqual(HISTORIES[what]);
    const { status } = await market.stack.contracts.JobRegistry.stateOf(jobId);
    expect(status, `seed ${seed}, "${what}" ${jobId}`).toBe(BigInt(endOf(what)));
  }
}

/** Since `before` exactly the fees of what was settled have moved, and no stake is locked. */
export async function expectPaid(market: Market, before: Books, jobs: readonly PlayedJob[]): Promise<void> {
  const operator = market.stack.accounts.operators[0]!.owner.address;
  const settled = jobs.filter(({ what }) => endOf(what) === JobStatus.Settled);
  const fees = await Promise.all(settled.map((job) => feeOf(market, job, operator)));
  const after = await expectMoved(market, before, { balances: together(...fees) });
  expect(Object.values(after.stakes).map(({ locked }) => locked)).toEqual(Object.values(after.stakes).map(() => 0n));
}

/** Folds all logs since the first block, and compares with what the contracts store. Returns the number of jobs. */
export async function expectFoldIsStorage(market: Market): Promise<number> {
  const { chain, contracts, deployed } = market.stack;
  const { Settlement, OperatorStaking, Slasher, JobRegistry, ModelRegistry } = contracts;
  const reader = createChainReader({ rpc: chain });
  const replica = new EventReplica({
    settlement: Settlement,
    staking: OperatorStaking,
    slasher: Slasher,
    jobs: JobRegistry,
    models: ModelRegistry,
  });
  const filter = { fromBlock: '0x0', toBlock: 'latest' };
  const logs = list(await chain.call('eth_getLogs', [filter]), 'eth_getLogs').map(parseLog);
  for (const [blockNumber, inBlock] of Map.groupBy(logs, (log) => log.blockNumber)) {
    const block = await reader.block(blockNumber);
    if (!block) throw new Error(`there is no block ${blockNumber}`);
    await replica.fold({ blockNumber, logs: inBlock, getBlock: () => Promise.resolve(block) });
  }

  const books = await readBooks(market);
  for (const account of new Set([...Object.keys(books.balances), ...replica.balances.keys()]))
    expect(replica.balanceOf(account), `balance of ${account}`).toBe(await Settlement.balanceOf(account));
  expect(replica.totalHeld).toBe(books.totalHeld);
  for (const [operator, stake] of Object.entries(books.stakes) as [Address, Books['stakes'][Address]][]) {
    const { free, locked, unbonding } = replica.stakeOf(operator);
    expect({ free, locked, unbonding }, `stake of ${operator}`).toEqual(stake);
  }
  expect([...replica.bonds.values()].reduce((sum, bond) => sum + bond, 0n)).toBe(books.bonds);
  for (const [jobId, { slot }] of replica.jobs) {
    const word = await chain.call('eth_getStorageAt', [deployed.addresses.JobRegistry, positionOf(jobId), 'latest']);
    expect(BigInt(String(word)), `slot of ${jobId}`).toBe(slot);
  }
  return replica.jobs.size;
}

/** What all processes said about a job that has not ended. */
function linesOf({ stack }: Market, { jobId, seed, what }: PlayedJob): string {
  const about = stack.log.lines.filter(({ fields }) => fields['jobId'] === jobId);
  const lines = about.map(({ process, message, fields }) => `  ${process}: ${message} ${JSON.stringify(fields)}`);
  return [`seed ${seed}: "${what}" ${jobId} has not ended`, ...lines].join('\n');
}
