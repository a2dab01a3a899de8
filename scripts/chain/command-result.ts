import type { Clock } from '../../workers/runtime/clock.ts';
import type { Logger } from '../../workers/runtime/logger.ts';

export interface CommandDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Where a command that waits says what for. */
  readonly progress?: (line: string) => void;
}

/** One thing that a command which goes on saw: a line for people, an object for programs. */
export type Emit = (line: string, json: Readonly<Record<string, unknown>>) => void;

/** What a command found: `lines` for people, `json` for programs. */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  /** What the command failed with after it found this; the exit code is 1. */
  readonly failure?: Error;
}
