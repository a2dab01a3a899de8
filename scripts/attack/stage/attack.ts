import type { Stage } from './scene.ts';

/** One scripted attack: what is attempted, and what stops it. */
export interface Attack {
  /** As the command line names it. */
  readonly name: string;
  /** Ids of docs/audit/threats.md. */
  readonly threats: readonly string[];
  /** One line. */
  readonly what: string;
  readonly run: (stage: Stage) => Promise<void>;
}
