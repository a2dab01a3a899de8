import type { Clock } from '../../workers/runtime/clock.ts';
import type { Logger } from '../../workers/runtime/logger.ts';

export interface CommandDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What a command found: `lines` for people, `json` for programs. */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  /** What the command failed with after it found this; the exit code is 1. */
  readonly failure?: Error;
}
