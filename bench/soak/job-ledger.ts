import { createChainReader } from '../../workers/chain/chain-reader.ts';
import type { RawLog } from '../../workers/chain/chain-values.ts';
import { interfaces } from '../../workers/chain/contracts.ts';
import type { Stack } from '../../scripts/stack/stack.ts';

/** What the chain as it is now says of every job, by the salt of its terms. */
export interface JobLedger {
  /** Reads what the chain has that was not read yet; returns how many jobs are settled. */
  read(): Promise<number>;
  /** Forgets everything from this block on: a reorg replaced it. */
  rewind(block: number): void;
  isRequested(salt: number): boolean;
}

/** What was found when everything had ended. */
export interface JobAudit {
  readonly requested: number;
  readonly settled: number;
  /** Not settled. */
  readonly lost: number;
  /** Settled, but not by exactly one request, one attestation and one settlement in this order. */
  readonly doubled: number;
  /** Jobs to which anything else happened: expired, slashed, void. */
  readonly otherwise: number;
}

const SPAN = 100;
/** Of the words of `Terms`, the one that holds the options; the salt is their upper 96 bits. */
const OPTIONS_WORD = 9;
const SALT_DIGITS = 24;

function topicOf(event: string): string {
  const fragment = interfaces.JobRegistry.getEvent(event);
  if (!fragment) throw new Error(`the registry has no event ${event}`);
  return fragment.topicHash;
}

const REQUESTED = topicOf('JobRequested');
const ATTESTED = topicOf('JobAttested');
const SETTLED = topicOf('JobSettled');

/** Decoding whole events of 100,000 jobs would take longer than to answer them. */
function saltIn({ data }: RawLog): number {
  const begin = 2 + OPTIONS_WORD * 64;
  return Number(BigInt(`0x${data.slice(begin, begin + SALT_DIGITS)}`));
}

export function createJobLedger(firstBlock: number, { chain, deployed }: Stack): JobLedger {
  const reader = createChainReader({ rpc: chain });
  const filter = { addresses: [deployed.addresses.JobRegistry], topics: [REQUESTED, SETTLED] };
  /** Blocks of the events. */
  const requested = new Map<number, number>();
  const settled = new Map<string, number>();
  let next = firstBlock;

  return {
    async read() {
      const head = (await reader.head()).number;
      while (next <= head) {
        const last = Math.min(next + SPAN - 1, head);
        for (const log of await reader.logsBetween(next, last, filter)) {
          if (log.topics[0] === REQUESTED) requested.set(saltIn(log), log.blockNumber);
          else settled.set(log.topics[1] ?? '', log.blockNumber);
        }
        next = last + 1;
      }
      return settled.size;
    },
    rewind(block) {
      next = Math.min(next, block);
      for (const blocks of [requested, settled] as readonly Map<unknown, number>[])
        for (const [key, at] of blocks) if (at >= block) blocks.delete(key);
    },
    isRequested: (salt) => requested.has(salt),
  };
}

/** Reads the whole chain once more, from the first block, and counts what happened to every job. */
export async function auditJobs(jobs: number, firstBlock: number, { chain, deployed }: Stack): Promise<JobAudit> {
  const reader = createChainReader({ rpc: chain });
  const filter = { addresses: [deployed.addresses.JobRegistry], topics: [] };
  const head = (await reader.head()).number;
  const letters = new Map([
    [REQUESTED, 'R'],
    [ATTESTED, 'A'],
    [SETTLED, 'S'],
    // Somebody else's settlement came first.
    [topicOf('SettleSkipped'), ''],
  ]);
  const histories = new Map<string, string>();
  for (let from = firstBlock; from <= head; from += SPAN) {
    for (const { topics } of await reader.logsBetween(from, Math.min(from + SPAN - 1, head), filter)) {
      const [topic = '', jobId = ''] = topics;
      histories.set(jobId, (histories.get(jobId) ?? '') + (letters.get(topic) ?? '?'));
    }
  }
  const all = [...histories.values()];
  const count = (matches: (history: string) => boolean): number => all.filter(matches).length;
  return {
    requested: count((history) => history.includes('R')),
    settled: count((history) => history.includes('S')),
    lost: jobs - count((history) => history.includes('S')),
    doubled: count((history) => history.includes('S') && history !== 'RAS'),
    otherwise: count((history) => history.includes('?')),
  };
}
