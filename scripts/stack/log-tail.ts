import type { Clock } from '../../workers/runtime/clock.ts';
import { firstMatch } from './first-match.ts';
import type { WaitOptions } from './timed-out.ts';

/** One line that a process wrote. */
export interface LogLine {
  /** The process, `executor-1`. */
  readonly process: string;
  /** Its process id: a worker that was started again keeps its name. */
  readonly pid: number;
  /** When it was written if it says so, else when it was read; milliseconds since the Unix epoch. */
  readonly at: number;
  /** The constant message of a structured line, else the line itself. */
  readonly message: string;
  /** The other fields of a structured line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What processes have said, in the order in which it was read. */
export interface LogTail {
  readonly lines: readonly LogLine[];
  add(source: { readonly name: string; readonly pid: number }, text: string): void;
  /** Called for every line from now on; the result ends it. */
  follow(listener: (line: LogLine) => void): () => void;
  /** The first line, past or future, for which `matches` holds. @throws RemitError `STACK_TIMEOUT` */
  waitFor(matches: (line: LogLine) => boolean, options: WaitOptions): Promise<LogLine>;
}

/** Lines kept in memory; the files keep them all. */
const KEPT = 50_000;

export function createLogTail({ clock }: { readonly clock: Clock }): LogTail {
  const lines: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();

  const follow: LogTail['follow'] = (listener) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };

  return {
    lines,
    add(source, text) {
      const line = parseLine(source, text, clock.now());
      lines.push(line);
      if (lines.length > KEPT) lines.splice(0, KEPT / 10);
      for (const listener of [...listeners]) listener(line);
    },
    follow,
    waitFor: (matches, options) =>
      firstMatch({ known: lines, follow }, (line) => (matches(line) ? line : undefined), options, { clock }),
  };
}

function parseLine({ name, pid }: { name: string; pid: number }, text: string, now: number): LogLine {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'msg' in parsed) {
      const { msg, time, ...fields } = parsed as Record<string, unknown>;
      return { process: name, pid, at: typeof time === 'number' ? time : now, message: String(msg), fields };
    }
  } catch {
    // A plain line: kept as it is.
  }
  return { process: name, pid, at: now, message: text, fields: {} };
}
