import { subscribe } from 'node:diagnostics_channel';
import { MILESTONE_CHANNEL, type Milestone, type Reached } from '../../workers/runtime/milestone.ts';

/** The points at which a process may be asked to die, as the fault matrix numbers them. */
export const CRASH_POINTS = {
  K1: 'block-fetched',
  K2: 'effect-enqueued',
  K3: 'block-dispatched',
  K4: 'message-taken',
  K5: 'computing',
  K6: 'computed',
  K7: 'answer-recorded',
  K8: 'transaction-signed',
  K9: 'transaction-sent',
  K10: 'transaction-mined',
  K11: 'transaction-marked',
  K12: 'message-done',
} as const satisfies Record<string, Milestone>;

export type CrashPoint = keyof typeof CRASH_POINTS;

/** Variables of a process that gives itself `signal` when it reaches `point` for the `nth` time. */
export function crashAt(
  point: CrashPoint,
  nth = 1,
  signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
): { readonly CRASH_AT: string; readonly NODE_OPTIONS: string } {
  const options = [process.env['NODE_OPTIONS'], `--import=${import.meta.url}`];
  return { CRASH_AT: `${point}:${nth}:${signal}`, NODE_OPTIONS: options.filter((one) => one !== undefined).join(' ') };
}

/** As a preload, this file arms the point that `CRASH_AT` names: `K7`, or `K7:3` for the third time, `K7:3:SIGTERM` for another signal. */
function arm(wanted: string): void {
  const [point = '', nth = '1', signal = 'SIGKILL'] = wanted.split(':');
  if (!Object.hasOwn(CRASH_POINTS, point) || !/^[1-9]\d*$/.test(nth)) throw new Error(`CRASH_AT=${wanted}`);
  const milestone = CRASH_POINTS[point as CrashPoint];
  let left = Number(nth);
  subscribe(MILESTONE_CHANNEL, (message) => {
    if ((message as Reached).milestone !== milestone || (left -= 1) !== 0) return;
    process.kill(process.pid, signal);
  });
}

if (process.env['CRASH_AT'] !== undefined) arm(process.env['CRASH_AT']);
