import { zeroPadValue } from 'ethers';
import { type Address, parseAddress, parseHex32 } from '../../workers/protocol/ids.ts';
import type { ChainArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, CommandResult, Emit } from '../chain/command-result.ts';
import { type ContractLog, findLogs, headOf } from '../chain/contract-logs.ts';
import { followLogs } from '../chain/follow-logs.ts';
import { showTime } from '../chain/human-units.ts';
import { table } from '../chain/table.ts';
import { openToken, type Token } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { readSchedule } from './schedule-view.ts';
import { often, scheduleJson, showSchedule } from './show-schedule.ts';
import { createChainReader } from '../../workers/chain/chain-reader.ts';

export function showCommand(reference: string, given: ChainArguments, deps: CommandDeps): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const view = await readSchedule(reference, session, deps.signal);
    return { lines: showSchedule(view, await openToken(session)), json: scheduleJson(view) };
  });
}

/** Every schedule that was ever created, or those of one owner, oldest first. */
export function listCommand(
  given: ChainArguments & { readonly owner?: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  return withSession(given, deps, async (session) => {
    const owner = given.owner === undefined ? null : zeroPadValue(parseAddress(given.owner), 32);
    const search = { contract: 'Scheduler', events: ['ScheduleCreated'], indexed: [null, owner] } as const;
    const created = await findLogs(search, session, deps.signal);
    const token = await openToken(session);
    const views = await Promise.all(
      created.map(({ args }) => readSchedule(String(args['schedule']), session, deps.signal)),
    );
    const rows = views.map((view) => [
      view.schedule,
      view.state,
      String(view.runs),
      token.show(view.balance),
      view.terms.feedId === undefined ? 'fixed' : 'feed',
      often(view),
    ]);
    const head = ['schedule', 'state', 'runs', 'balance', 'input', 'every'];
    return {
      lines: views.length === 0 ? ['no schedule was created'] : table([head, ...rows]),
      json: { schedules: views.map(scheduleJson) },
    };
  });
}

const OF_SCHEDULE = ['ScheduleTriggered', 'ScheduleCancelled', 'ScheduleWithdrawn'];
const OF_JOB = ['JobAttested', 'JobSettled', 'JobExpired', 'JobOnTrial', 'JobSlashed', 'JobVoided', 'CallbackFailed'];
/** Jobs that are followed at a time; older ones have ended long ago. */
const JOBS_MAX = 50;

/** A line for every run and for what becomes of its job, until `signal` aborts; `count` runs at most. */
export function watchCommand(
  reference: string,
  given: ChainArguments & { readonly count?: number },
  deps: CommandDeps,
  emit: Emit,
): Promise<void> {
  return withSession(given, deps, async (session) => {
    const { schedule, state } = await readSchedule(reference, session, deps.signal);
    const token = await openToken(session);
    const indexed = [zeroPadValue(schedule, 32)];
    const past = await findLogs(
      { contract: 'Scheduler', events: ['ScheduleTriggered'], indexed },
      session,
      deps.signal,
    );
    const jobs = past.map(({ args }) => parseHex32(args['jobId']));
    const from = (await headOf(session, deps.signal)) + 1;
    deps.progress?.(`watching ${schedule} (${state}), Ctrl-C ends`);
    let left = given.count ?? Infinity;
    const searches = () => [
      { contract: 'Scheduler', events: OF_SCHEDULE, indexed } as const,
      ...jobs.slice(-JOBS_MAX).map((job) => ({ contract: 'JobRegistry', events: OF_JOB, indexed: [job] }) as const),
    ];
    await followLogs(from, searches, session, deps, async (log) => {
      await emitLog(log, { schedule, session, token }, emit, deps.signal);
      if (log.name === 'ScheduleTriggered') {
        jobs.push(parseHex32(log.args['jobId']));
        left -= 1;
      }
      return left > 0;
    });
  });
}

async function emitLog(
  { name, args, log }: ContractLog,
  { schedule, session, token }: { readonly schedule: Address; readonly session: ChainSession; readonly token: Token },
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const block = await createChainReader({ rpc: session.rpc }).block(log.blockNumber, signal);
  const at = block?.timestamp ?? 0;
  const text =
    name === 'ScheduleTriggered'
      ? `run ${String(args['run'])}: job ${String(args['jobId'])}, triggered by ${String(args['triggeredBy'])} for ${token.show(args['tip'] as bigint)}`
      : `${name} ${String(args['jobId'] ?? '')}`.trimEnd();
  emit(`${showTime(at)}  ${text}`, { event: name, schedule, ...args.toObject(), at, transaction: log.transactionHash });
}
