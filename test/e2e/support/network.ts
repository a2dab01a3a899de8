import { expect } from 'vitest';
import { startStack, type Stack, type StackOptions, TOKEN } from '../../../scripts/stack/stack.ts';
import type { LogLine } from '../../../scripts/stack/log-tail.ts';
import type { WorkerProcess } from '../../../scripts/stack/worker-process.ts';
import type { JobId } from '../../../workers/protocol/ids.ts';
import { systemClock as clock } from '../../../workers/runtime/clock.ts';
import { type Market, openMarket } from './market.ts';
import { descendantsOf, expectGone } from './processes.ts';

/** A stack with a block every second, a market on it, and a requester with 1,000 tokens prepaid. */
export async function startMarket(options: StackOptions = {}): Promise<Market> {
  const stack = await startStack(options, { clock });
  try {
    const market = openMarket(stack);
    await market.prepay(stack.accounts.requester.address, 1_000n * TOKEN);
    return market;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Ends a market's stack, and then what it was built on, and makes sure that nothing is left, however the tests went. */
export function endStack(
  market: Market | undefined,
  ...foundations: readonly ({ stop(): Promise<unknown> } | undefined)[]
): Promise<void> {
  return endStackOf(market?.stack, ...foundations);
}

/** The same for a stack without a market. */
export async function endStackOf(
  stack: Stack | undefined,
  ...foundations: readonly ({ stop(): Promise<unknown> } | undefined)[]
): Promise<void> {
  const pids = await descendantsOf(process.pid);
  const failures = await stack?.stop();
  for (const foundation of foundations) await foundation?.stop();
  expect(failures ?? []).toEqual([]);
  await expectGone(pids);
}

/** What processes say about one job. */
export function said(
  stack: Stack,
  who: WorkerProcess,
  message: string,
  job?: { readonly jobId: JobId },
): Promise<LogLine> {
  const matches = (line: LogLine): boolean =>
    line.process === who.name &&
    line.pid === who.process.pid &&
    line.message === message &&
    (job === undefined || line.fields['jobId'] === job.jobId);
  return stack.log.waitFor(matches, { what: `"${message}" by ${who.name}`, deadlineMs: 45_000 });
}

/** Lines of warnings and errors, for tests in which nobody has anything to complain about. */
export function complaints({ log }: Stack): readonly string[] {
  const loud = log.lines.filter(({ fields }) => typeof fields['level'] === 'number' && fields['level'] >= 50);
  return loud.map(({ process, message, fields }) => `${process}: ${message} ${JSON.stringify(fields)}`);
}
