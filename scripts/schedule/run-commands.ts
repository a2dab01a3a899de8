import { zeroPadValue } from 'ethers';
import { type Hex, parseAddress, parseHex32 } from '../../workers/protocol/ids.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import { type Account, openAccount } from '../chain/account.ts';
import type { ChainArguments, KeyArguments } from '../chain/chain-options.ts';
import type { ChainSession } from '../chain/chain-session.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { findLogs, logsIn } from '../chain/contract-logs.ts';
import { showSeconds } from '../chain/human-units.ts';
import { requiredSigner } from '../chain/required-signer.ts';
import { sentResult } from '../chain/sent-result.ts';
import { depositTokens, openToken, type Token } from '../chain/token.ts';
import { withSession } from '../chain/with-session.ts';
import { readSchedule, type ScheduleView } from './schedule-view.ts';

type RunArguments = ChainArguments & KeyArguments;

/** Deposits for a schedule. Anybody may. */
export function fundCommand(
  reference: string,
  amount: string,
  given: RunArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ view, account, session, token }) => {
    const { schedule, balance, terms } = view;
    const units = token.units(amount);
    const receipt = await depositTokens({ amount: units, account: schedule }, { session, from: account, token });
    const runs = (balance + units) / (terms.fee + terms.tip);
    const line = `${schedule} has ${token.show(balance + units)}, which pays ${runs} runs`;
    const json = { schedule, amount: units, balance: balance + units, runsPaid: Number(runs) };
    return receipt ? sentResult(line, json, receipt) : { lines: [line], json };
  });
}

/** Requests the next job, for the tip. @throws RemitError `SCHEDULE_NOT_DUE` */
export function triggerCommand(reference: string, given: RunArguments, deps: CommandDeps): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ view, account, session, token }) => {
    if (view.state !== 'due') throw notDue(view, token);
    const input = view.terms.feedId === undefined ? await inputOf(view, session, deps.signal) : '0x';
    const receipt = await account.send('Scheduler', 'trigger', [view.schedule, input], 'triggering the schedule');
    const made = logsIn(receipt, 'Scheduler').find(({ name }) => name === 'ScheduleTriggered');
    const jobId = parseHex32(made?.args['jobId']);
    const run = Number(made?.args['run']);
    return sentResult(
      `run ${run} requests job ${jobId}; the tip is ${token.show(view.terms.tip)}`,
      { schedule: view.schedule, run, jobId, tip: view.terms.tip },
      receipt,
    );
  });
}

/** Ends a schedule and pays its balance out; only its owner. */
export function cancelCommand(
  reference: string,
  given: RunArguments & { readonly to?: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ view, account, token }) => {
    const { schedule } = view;
    const to = given.to === undefined ? account.address : parseAddress(given.to);
    if (view.state === 'cancelled' && view.balance === 0n) {
      return {
        lines: [`${schedule} is already cancelled; nothing was sent`],
        json: { schedule, alreadyCancelled: true, refund: 0n },
      };
    }
    const receipt = await account.send('Scheduler', 'cancel', [schedule, to], 'cancelling the schedule');
    const made = logsIn(receipt, 'Scheduler').find(({ name }) => name === 'ScheduleCancelled');
    const refund = (made?.args['refund'] as bigint | undefined) ?? 0n;
    return sentResult(
      `${schedule} is cancelled; ${token.show(refund)} went to ${to}`,
      { schedule, alreadyCancelled: false, refund, to },
      receipt,
    );
  });
}

/** Pays out of a schedule's balance; only its owner. */
export function withdrawCommand(
  reference: string,
  amount: string,
  given: RunArguments & { readonly to?: string },
  deps: CommandDeps,
): Promise<CommandResult> {
  return atDesk(reference, given, deps, async ({ view, account, token }) => {
    const { schedule, balance } = view;
    const units = token.units(amount);
    const to = given.to === undefined ? account.address : parseAddress(given.to);
    const receipt = await account.send('Scheduler', 'withdraw', [schedule, to, units], 'withdrawing');
    return sentResult(
      `${token.show(units)} went to ${to}; ${schedule} has ${token.show(balance - units)} left`,
      { schedule, amount: units, to, balance: balance - units },
      receipt,
    );
  });
}

interface Desk {
  readonly view: ScheduleView;
  readonly account: Account;
  readonly session: ChainSession;
  readonly token: Token;
}

function atDesk(
  reference: string,
  given: RunArguments,
  deps: CommandDeps,
  work: (desk: Desk) => Promise<CommandResult>,
): Promise<CommandResult> {
  const source = requiredSigner(given);
  return withSession(given, deps, async (session) => {
    const account = await openAccount(source, session, deps);
    const view = await readSchedule(reference, session, deps.signal);
    return work({ view, account, session, token: await openToken(session) });
  });
}

/** The fixed input, which is in the event that announced the schedule. */
async function inputOf({ schedule }: ScheduleView, session: ChainSession, signal: AbortSignal): Promise<Hex> {
  const indexed = [zeroPadValue(schedule, 32)];
  const [created] = await findLogs({ contract: 'Scheduler', events: ['ScheduleCreated'], indexed }, session, signal);
  return String(created?.args['input'] ?? '0x') as Hex;
}

function notDue({ schedule, state, notBefore, now, terms, balance }: ScheduleView, token: Token): RemitError {
  const why = {
    waiting: `it waits for another ${showSeconds(notBefore - now)}`,
    'feed not live': 'its feed has no fresh answer, or fewer rounds than the model takes',
    unfunded: `it has ${token.show(balance)}, and a run costs ${token.show(terms.fee + terms.tip)}`,
  };
  return new RemitError({
    code: 'SCHEDULE_NOT_DUE',
    message: `${schedule} cannot be triggered: ${state in why ? why[state as keyof typeof why] : `it is ${state}`}`,
    fix:
      state === 'unfunded'
        ? 'deposit for it with ./dev schedule fund'
        : 'wait until ./dev schedule show says that it is due',
    retryable: state !== 'cancelled',
    context: { schedule, state, notBefore },
  });
}
