import { Command, CommanderError } from 'commander';
import { systemClock } from '../../workers/runtime/clock.ts';
import { codeOf, messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import type { CommandDeps, CommandResult, Emit } from './command-result.ts';

const EX_USAGE = 64;

/** What every command takes. */
export interface Printed {
  readonly json?: boolean;
}

/** What the commands of a program are made with. */
export interface CommandLine {
  readonly deps: CommandDeps;
  /** A new command that knows `--json` and `--help`. */
  readonly command: (name: string, description: string) => Command;
  /** Prints what a command found. */
  readonly show: (result: CommandResult, asJson: boolean | undefined) => void;
  /** Prints what a command sees while it goes on, one line or object each. */
  readonly emitter: (asJson: boolean | undefined) => Emit;
}

/**
 * Runs one program of a person at a terminal; Ctrl-C aborts it. Results go to stdout, as lines or with `--json` as one object,
 * errors with code, cause and fix to stderr. Resolves to the exit code: 0 done, 1 failed, 64 wrong usage.
 */
export async function runCommandLine(
  {
    name,
    description,
    argv,
  }: { readonly name: string; readonly description: string; readonly argv: readonly string[] },
  define: (line: CommandLine) => void,
): Promise<number> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('stopped')));
  const root = new Command(name).description(description).exitOverride().showHelpAfterError();
  const failures: Error[] = [];
  try {
    define({
      deps: { clock: systemClock, logger: silentLogger, signal: interrupted.signal, progress },
      command: (commandName, text) =>
        root
          .command(commandName)
          .description(text)
          .option('--json', 'print one JSON object')
          .exitOverride()
          .showHelpAfterError(),
      emitter: (asJson) => (text, json) => void process.stdout.write(`${asJson ? jsonLine(json) : text}\n`),
      show({ lines, json, failure }, asJson) {
        if (asJson) process.stdout.write(`${jsonLine(failure ? { ...json, error: jsonOf(failure) } : json)}\n`);
        else if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
        if (!failure) return;
        process.stderr.write(`${explained(failure)}\n`);
        failures.push(failure);
      },
    });
    await root.parseAsync(argv, { from: 'user' });
    return failures.length > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EX_USAGE;
    process.stderr.write(`${explained(error)}\n`);
    if (argv.includes('--json')) process.stdout.write(`${jsonLine({ error: jsonOf(error) })}\n`);
    return 1;
  }
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Amounts and other numbers beyond 2^53 are decimal strings. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}

function explained(error: unknown): string {
  if (error instanceof RemitError) return error.explain();
  return codeOf(error) === 'UNEXPECTED' ? messageOf(error) : `${codeOf(error)}: ${messageOf(error)}${fixOf(error)}`;
}

/** Errors of the protocol carry a fix too. */
function fixOf(error: unknown): string {
  return error instanceof Error && 'fix' in error && typeof error.fix === 'string' ? `\n  fix:  ${error.fix}` : '';
}

function jsonOf(error: unknown): unknown {
  return error instanceof RemitError ? error : { code: codeOf(error), message: messageOf(error) };
}
