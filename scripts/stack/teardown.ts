import { withTimeout } from '../../workers/runtime/abort.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf } from '../../workers/runtime/errors.ts';

/** What has been started, ended in reverse order. */
export interface Teardown {
  add(name: string, end: () => Promise<unknown>): void;
  /** Ends everything once, whatever fails on the way; says what did. Later calls return the first's answer. */
  run(): Promise<readonly string[]>;
}

/** Longest time for one part to end, in milliseconds; longer than a process is given before it is killed. */
const LIMIT_MS = 20_000;

export function createTeardown({ clock }: { readonly clock: Clock }): Teardown {
  const parts: { readonly name: string; readonly end: () => Promise<unknown> }[] = [];
  let running: Promise<readonly string[]> | undefined;

  async function endAll(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let part = parts.pop(); part; part = parts.pop()) {
      const { name, end } = part;
      try {
        await withTimeout(LIMIT_MS, end, { clock, what: `the end of ${name}` });
      } catch (error) {
        failures.push(`${name}: ${messageOf(error)}`);
      }
    }
    return failures;
  }

  return {
    add: (name, end) => void parts.push({ name, end }),
    run: () => (running ??= endAll()),
  };
}
