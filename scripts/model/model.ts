import { type Command, Option } from 'commander';
import {
  countOption,
  listOption,
  withChainOptions,
  withKeyOptions as withKeyOptionsOf,
} from '../chain/chain-options.ts';
import { type CommandLine, type Printed, runCommandLine } from '../chain/command-line.ts';
import { type CompileArguments, compileCommand } from './compile-command.ts';
import { type CalibrateArguments, calibrateCommand, DEFAULT_SAMPLES } from './calibrate-command.ts';
import * as commands from './commands.ts';
import { type ExplainArguments, explainCommand } from './explain-command.ts';
import { bindOption, numberOption, shapeOption } from './model-options.ts';
import { DECLARED_BY_DEFAULT as usual } from './model-spec.ts';

const STORE = 'data/store';

process.exitCode = await runCommandLine(
  {
    name: 'model',
    description: 'compiles, calibrates, explains, registers, inspects, lists, retires and fetches models',
    argv: process.argv.slice(2),
  },
  define,
);

function define({ deps, command, show }: CommandLine): void {
  withDomain(command('compile', 'shows what FILE compiles to: plan, operators, dearest proof; or all refused nodes'))
    .argument('<file>')
    .option('--shape <name=size>', 'size of a dynamic dimension; may be repeated', shapeOption)
    .option('--bind <name=value>', 'makes an input part of the model: k=5, axes=[0,1]; may be repeated', bindOption)
    .option('--out <file>', 'writes the model with bound inputs and fixed dimensions, to be registered')
    .action(async (file: string, given: CompileArguments & Printed) =>
      show(await compileCommand(file, given, deps), given.json),
    );
  withSamples(
    withDomain(
      command(
        'calibrate',
        'compares the engines of this machine with the canonical run, and proposes tolerances',
      ).argument('<file>'),
    ),
  ).action(async (file: string, given: CalibrateArguments & Printed) =>
    show(await calibrateCommand(file, given, deps), given.json),
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
      show(await explainCommand(file, given, deps), given.json),
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
      show(await commands.registerCommand(file, given, deps), given.json),
    );
  withDeclaration(
    withChainOptions(
      command('inspect', 'shows a model file, or a registered model by its id').argument('<file-or-id>'),
    ),
  )
    .option('--publisher <address>', 'for a file: show the spec and id it would have')
    .action(async (reference: string, given: Parameters<typeof commands.inspectCommand>[1] & Printed) =>
      show(await commands.inspectCommand(reference, given, deps), given.json),
    );
  withChainOptions(command('list', 'lists every model of the deployment')).action(
    async (given: Parameters<typeof commands.listCommand>[0] & Printed) =>
      show(await commands.listCommand(given, deps), given.json),
  );
  withKeyOptions(withChainOptions(command('retire', 'ends new requests for a model').argument('<id>'))).action(
    async (id: string, given: Parameters<typeof commands.retireCommand>[1] & Printed) =>
      show(await commands.retireCommand(id, given, deps), given.json),
  );
  command('fetch', 'brings a model file from a store or its peers, and checks its hash')
    .argument('<content-id-or-digest>')
    .option('--store <folder>', 'local store', STORE)
    .option('--peer <url>', 'read-only HTTP peer; may be repeated', listOption)
    .option('--out <file>', 'also copy it here')
    .action(async (reference: string, given: commands.FetchArguments & Printed) =>
      show(await commands.fetchCommand(reference, given, deps), given.json),
    );
}

function withKeyOptions(command: Command): Command {
  return withKeyOptionsOf(command, 'publisher');
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
