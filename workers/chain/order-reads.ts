import { DataStatus } from '../protocol/data-terms.ts';
import { FieldReader } from '../protocol/fields.ts';
import type { Address, DataRequestId } from '../protocol/ids.ts';
import { ScheduleState } from '../protocol/schedule.ts';
import type { ContractRead } from './contract-reads.ts';

/** Where a schedule stands now. Times in Unix seconds of chain time. */
export interface ScheduleStanding {
  readonly state: ScheduleState;
  /** First second in which it can be due by the clock; 0 before its first run. */
  readonly notBefore: number;
  /** Runs so far. */
  readonly runs: bigint;
  /** When the last run was; 0 before the first. */
  readonly ranAt: number;
}

/** What the chain says about questions and schedules. Reads throw what `ContractRead` throws. */
export interface OrderReads {
  questionStatus(requestId: DataRequestId, signal?: AbortSignal): Promise<DataStatus>;
  standingOf(schedule: Address, signal?: AbortSignal): Promise<ScheduleStanding>;
}

export function createOrderReads({ read }: { readonly read: ContractRead }): OrderReads {
  return {
    async questionStatus(requestId, signal) {
      const [state] = await read('FeedRegistry', 'dataState', [requestId], signal);
      return new FieldReader('data state', state).member('status', DataStatus);
    },
    async standingOf(schedule, signal) {
      const [state, last] = await Promise.all([
        read('Scheduler', 'stateOf', [schedule], signal),
        read('Scheduler', 'lastRun', [schedule], signal),
      ]);
      const now = new FieldReader('schedule state', state);
      const run = new FieldReader('last run', last);
      return {
        state: now.member('state', ScheduleState),
        // The sum of two unsigned numbers of at most 40 bits.
        notBefore: now.number('notBefore', 64),
        runs: run.big('run', 64),
        ranAt: run.number('ranAt', 64),
      };
    },
  };
}
