import type { ChainSession } from './chain-session.ts';
import type { CommandDeps } from './command-result.ts';
import { type ContractLog, findLogs, headOf, type LogSearch } from './contract-logs.ts';

const LOOK_MS = 1_000;

/**
 * Hands every event from block `from` on to `take`, oldest first, until `take` returns false or `signal` aborts.
 * `searches` is asked anew before every look. A reorg shows nothing twice and takes nothing back.
 */
export async function followLogs(
  from: number,
  searches: () => readonly Omit<LogSearch, 'from' | 'to'>[],
  session: ChainSession,
  { clock, signal }: Pick<CommandDeps, 'clock' | 'signal'>,
  take: (log: ContractLog) => Promise<boolean>,
): Promise<void> {
  try {
    let next = from;
    for (;;) {
      const to = await headOf(session, signal);
      if (to >= next) {
        const found = await Promise.all(searches().map((one) => findLogs({ ...one, from: next, to }, session, signal)));
        for (const log of found.flat().sort(byPlace)) if (!(await take(log))) return;
        next = to + 1;
      }
      await clock.sleep(LOOK_MS, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function byPlace({ log: a }: ContractLog, { log: b }: ContractLog): number {
  return a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
}
