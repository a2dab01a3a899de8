import { expect } from 'chai';
import type { TransactionResponse, TransactionReceipt } from 'ethers';
import type { JobId } from '../../workers/protocol/ids.ts';
import { type BookChange, expectBooks, readBooks } from './books.ts';
import { type SlotWord, positionOf, readSlot, stateOfSlot } from './job-slot.ts';
import type { JobStage } from './job-stage.ts';

/** An event of one of the system's contracts: its name and all of its arguments. */
export type SeenEvent = readonly [name: string, ...args: unknown[]];

/** Everything that an action must have done, and nothing else. */
export interface Expected {
  /** All events of the system's contracts, in order. */
  readonly events: readonly SeenEvent[];
  readonly books: BookChange;
  /** The whole word of every job that is looked at. */
  readonly slots: ReadonlyMap<JobId, SlotWord>;
}

export interface Moment {
  /** Unix seconds of the action's block. */
  readonly at: bigint;
  readonly block: bigint;
  readonly receipt: TransactionReceipt;
  /** The slots of the looked-at jobs before the action. */
  readonly before: ReadonlyMap<JobId, SlotWord>;
}

/**
 * Acts, and compares what was with what is: every entry of the books, every word of the named jobs, `stateOf`, every
 * event with every argument; and that no other word of the registry was written.
 */
export async function checked(
  stage: JobStage,
  jobIds: readonly JobId[],
  act: () => Promise<TransactionResponse>,
  expectedAt: (moment: Moment) => Expected,
): Promise<Moment> {
  const books = await readBooks(stage);
  const before = new Map<JobId, SlotWord>();
  for (const jobId of jobIds) before.set(jobId, await readSlot(stage, jobId));

  const receipt = await (await act()).wait();
  if (receipt === null) throw new Error('not mined');
  const { timestamp } = await receipt.getBlock();
  const moment = { at: BigInt(timestamp), block: BigInt(receipt.blockNumber), receipt, before };
  const expected = expectedAt(moment);

  expect(await eventsOf(stage, receipt)).to.deep.equal(expected.events);
  expectBooks(await readBooks(stage), books, expected.books);
  for (const [jobId, word] of expected.slots) {
    expect(hex(await readSlot(stage, jobId))).to.equal(hex(word));
    expect([...(await stage.jobs.stateOf(jobId))]).to.deep.equal(stateOfSlot(word));
  }
  const allowed = jobIds.map(positionOf);
  for (const position of await registryWrites(stage, receipt.hash)) expect(allowed).to.include(position);
  return moment;
}

/** Storage positions of the registry that a transaction changed. */
export async function registryWrites({ jobs, ethers }: JobStage, transaction: string): Promise<string[]> {
  const registry = (await jobs.getAddress()).toLowerCase();
  const trace = (await ethers.provider.send('debug_traceTransaction', [
    transaction,
    { tracer: 'prestateTracer', tracerConfig: { diffMode: true } },
  ])) as Readonly<Record<'pre' | 'post', Readonly<Record<string, { storage?: Record<string, string> }>>>>;
  const positions = [trace.pre, trace.post].flatMap((side) => Object.keys(side[registry]?.storage ?? {}));
  return [...new Set(positions)];
}

/** The events of a receipt that the system's contracts emitted. */
export async function eventsOf(stage: JobStage, receipt: TransactionReceipt): Promise<SeenEvent[]> {
  const { jobs, settlement, staking, slasher, court, token } = stage;
  const sources = new Map(
    await Promise.all(
      [jobs, settlement, staking, slasher, court, token].map(
        async (one) => [await one.getAddress(), one.interface] as const,
      ),
    ),
  );
  return receipt.logs.flatMap((log): SeenEvent[] => {
    const parsed = sources.get(log.address)?.parseLog(log);
    return parsed ? [[parsed.name, ...parsed.args.map(plain)]] : [];
  });
}

/** A decoded value without ethers' wrappings: tuples become arrays. */
function plain(value: unknown): unknown {
  return Array.isArray(value) ? value.map(plain) : value;
}

function hex(word: SlotWord): string {
  return `0x${word.toString(16).padStart(64, '0')}`;
}
