import type { Hex32 } from '../../protocol/ids.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanInputs } from './execute.ts';
import type { RunTotals } from './counters.ts';

/** What a thread is asked for, as its `workerData`. */
export interface ThreadTask extends PlanInputs {
  readonly plan: Plan;
  /** also build the tree of the trace, for its root */
  readonly root: boolean;
}

/** An error on its way between threads, where classes are lost. */
export interface ThreadFailure {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What a thread says: progress, then how it ended. */
export type ThreadMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number }
  | { readonly kind: 'trace'; readonly trace: Uint32Array; readonly totals: RunTotals; readonly merkleRoot?: Hex32 }
  | { readonly kind: 'failed'; readonly failure: ThreadFailure };
