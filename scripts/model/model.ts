import { Command, CommanderError, Option } from 'commander';
import { systemClock } from '../../workers/runtime/clock.ts';
import { codeOf, messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { silentLogger } from '../../workers/runtime/logger.ts';
import { type CompileArguments, compileCommand } from './compile-command.ts';
import { type CalibrateArguments, calibrateCommand, DEFAULT_SAMPLES } from './calibrate-command.ts';
import type { CommandResult } from './command-result.ts';
import * as commands from './commands.ts';
import { type ExplainArguments, explainCommand } from './explain-command.ts';
import {
  bindOption,
  countOption,
  listOption,
  numberOption,
  shapeOption,
  withChainOptions,
  withKeyOptions,
} from './model-options.ts';
import { DECLARED_BY_DEFAULT as usual } from './model-spec.ts';

const EX_USAGE = 64;
const STORE = 'data/store';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('stopped')));
const deps = { clock: systemClock, logger: silentLogger, signal: interrupted.signal };

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv, { from: 'user' });
    return process.exitCode === 1 ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EX_USAGE;
    process.stderr.write(`${explained(error)}\n`);
    if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: jsonOf(error) })}\n`);
    return 1;
  }
}

function program(): Command {
  const root = new Command('model')
    .description('compiles, calibrates, explains, registers, inspects, lists, retires and fetches models')
    .exitOverride()
    .showHelpAfterError();
  const command = (name: string, description: string): Command =>
    root
      .command(name)
      .description(description)
      .option('--json', 'print one JSON object')
      .exitOverride()
      .showHelpAfterError();
  const show = ({ lines, json, failure }: CommandResult, asJson: boolean): void => {
    const whole = failure ? { ...json, error: jsonOf(failure) } : json;
    if (asJson) process.stdout.write(`${JSON.stringify(whole)}\n`);
    else if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    if (!failure) return;
    process.stderr.write(`${explained(failure)}\n`);
    process.exitCode = 1;
  };

  withDomain(command('compile', 'shows what FILE compiles to: plan, operators, dearest proof; or all refused nodes'))
    .argument('<file>')
    .option('--shape <name=size>', 'size of a dynamic dimension; may be repeated', shapeOption)
    .option('--bind <name=value>', 'makes an input part of the model: k=5, axes=[0,1]; may be repeated', bindOption)
    .option('--out <file>', 'writes the model with bound inputs and fixed dimensions, to be registered')
    .action(async (file: string, given: CompileArguments & Printed) =>
      show(await compileCommand(file, given, deps), given.json === true),
    );
  withSamples(
    withDomain(
      command(
        'calibrate',
        'compares the engines of this machine with the canonical run, and proposes tolerances',
      ).argument('<file>'),
    ),
  ).action(async (file: string, given: CalibrateArguments & Printed) =>
    show(await calibrateCommand(file, given, deps), given.json === true),
  );
  command('explain', 'shows which instruction and operands make one number of a run')
    .argument('<file>')
    .requiredOption('--input <file>', '.json, .jpg or .png; the first input of several is taken')
    .option('--element <n>', 'index in the trace, as trials name it, or a place in an output: scores[3]')
    .option('--output <name>', 'name or number of an output, instead of --element', '0')
    .addOption(new Option('--at <n>', 'place in that output').argParser(countOption).default(0))
    .addOption(
      new Option('--depth <n>', 'also explains what it is made of, so many levels down')
        .argParser(countOption)
        .default(0),
    )
    .action(async (file: string, given: ExplainArguments & Printed) =>
      show(await explainCommand(file, given, deps), given.json === true),
    );
  withDeclaration(
    withKeyOptions(
      withChainOptions(
        command('register', 'vets and compiles FILE, keeps it in the store and registers it with its plan').argument(
          '<file>',
        ),
      ),
    ),
  )
    .option('--calibrate', 'measure the tolerances as `model calibrate` does, instead of declaring them')
    .addOption(samplesOption())
    .option('--input <file>', 'with --calibrate: inputs that are compared as well')
    .option('--no-plan', 'register without a plan: not triable, nobody can put an answer on trial')
    .option('--store <folder>', 'store that serves the file to operators', STORE)
    .action(async (file: string, given: commands.RegisterArguments & Printed) =>
      show(await commands.registerCommand(file, given, deps), given.json === true),
    );
  withDeclaration(
    withChainOptions(
      command('inspect', 'shows a model file, or a registered model by its id').argument('<file-or-id>'),
    ),
  )
    .option('--publisher <address>', 'for a file: show the spec and id it would have')
    .action(async (reference: string, given: Parameters<typeof commands.inspectCommand>[1] & Printed) =>
      show(await commands.inspectCommand(reference, given, deps), given.json === true),
    );
  withChainOptions(command('list', 'lists every model of the deployment')).action(
    async (given: Parameters<typeof commands.listCommand>[0] & Printed) =>
      show(await commands.listCommand(given, deps), given.json === true),
  );
  withKeyOptions(withChainOptions(command('retire', 'ends new requests for a model').argument('<id>'))).action(
    async (id: string, given: Parameters<typeof commands.retireCommand>[1] & Printed) =>
      show(await commands.retireCommand(id, given, deps), given.json === true),
  );
  command('fetch', 'brings a model file from a store or its peers, and checks its hash')
    .argument('<content-id-or-digest>')
    .option('--store <folder>', 'local store', STORE)
    .option('--peer <url>', 'read-only HTTP peer; may be repeated', listOption)
    .option('--out <file>', 'also copy it here')
    .action(async (reference: string, given: commands.FetchArguments & Printed) =>
      show(await commands.fetchCommand(reference, given, deps), given.json === true),
    );
  return root;
}

interface Printed {
  readonly json?: boolean;
}

function number(flags: string, description: string, value: number): Option {
  return new Option(flags, description).argParser(numberOption).default(value);
}

function withDomain(command: Command): Command {
  return command
    .addOption(number('--lo <x>', 'smallest input element', usual.lo))
    .addOption(number('--hi <x>', 'largest input element', usual.hi));
}

function samplesOption(): Option {
  return new Option('--samples <n>', 'random inputs over the domain to calibrate with')
    .argParser(countOption)
    .default(DEFAULT_SAMPLES);
}

function withSamples(command: Command): Command {
  return command
    .addOption(samplesOption())
    .option('--input <file>', '.json, .jpg or .png: inputs that are compared as well');
}

function withDeclaration(command: Command): Command {
  return withDomain(command)
    .addOption(number('--abs-tol <x>', 'absolute tolerance of float outputs', usual.absTol))
    .addOption(number('--rel-tol <x>', 'relative tolerance of float outputs', usual.relTol))
    .addOption(number('--publisher-fee-bps <n>', 'part of every fee, in 1/10,000, at most 3000', usual.publisherFeeBps))
    .option('--shape <name=size>', 'size of a dynamic dimension; may be repeated', shapeOption);
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
