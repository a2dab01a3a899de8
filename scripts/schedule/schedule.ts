import { type Command, Option } from 'commander';
import { withChainOptions, withKeyOptions } from '../chain/chain-options.ts';
import { type CommandLine, type Printed, runCommandLine } from '../chain/command-line.ts';
import { amountOption } from '../chain/human-units.ts';
import { amountFlag, countFlag, secondsFlag, shareFlag } from '../chain/value-options.ts';
import { type CreateArguments, createCommand, SCHEDULE_DEFAULTS as usual } from './create-command.ts';
import { listCommand, showCommand, watchCommand } from './look-commands.ts';
import { cancelCommand, fundCommand, triggerCommand, withdrawCommand } from './run-commands.ts';
import { DELIVERIES } from './schedule-view.ts';

process.exitCode = await runCommandLine(
  {
    name: 'schedule',
    description: 'makes, funds, triggers, watches and ends recurring requests',
    argv: process.argv.slice(2),
  },
  define,
);

function define({ deps, command, show, emitter }: CommandLine): void {
  const reading = (name: string, description: string): Command =>
    withChainOptions(command(name, description).argument('<schedule>'));

  withJob(withKeyOptions(withChainOptions(command('create', 'makes a schedule of the account’s')), 'owner')).action(
    async (given: CreateArguments & Printed) => show(await createCommand(given, deps), given.json),
  );
  reading('show', 'shows one schedule: state, next run, balance').action(
    async (schedule: string, given: Parameters<typeof showCommand>[1] & Printed) =>
      show(await showCommand(schedule, given, deps), given.json),
  );
  withChainOptions(command('list', 'lists the schedules of the deployment'))
    .option('--owner <address>', 'only those of this account')
    .action(async (given: Parameters<typeof listCommand>[0] & Printed) =>
      show(await listCommand(given, deps), given.json),
    );
  withKeyOptions(reading('fund', 'deposits for a schedule'), 'payer')
    .argument('<amount>', 'tokens', amountOption)
    .action(async (schedule: string, amount: string, given: Parameters<typeof fundCommand>[2] & Printed) =>
      show(await fundCommand(schedule, amount, given, deps), given.json),
    );
  withKeyOptions(reading('trigger', 'requests the next job of a schedule that is due, for its tip'), 'sender').action(
    async (schedule: string, given: Parameters<typeof triggerCommand>[1] & Printed) =>
      show(await triggerCommand(schedule, given, deps), given.json),
  );
  withKeyOptions(reading('cancel', 'ends a schedule and pays its balance out'), 'owner')
    .option('--to <address>', 'who gets it; default: the owner')
    .action(async (schedule: string, given: Parameters<typeof cancelCommand>[1] & Printed) =>
      show(await cancelCommand(schedule, given, deps), given.json),
    );
  withKeyOptions(reading('withdraw', 'pays out of a schedule’s balance'), 'owner')
    .argument('<amount>', 'tokens', amountOption)
    .option('--to <address>', 'who gets it; default: the owner')
    .action(async (schedule: string, amount: string, given: Parameters<typeof withdrawCommand>[2] & Printed) =>
      show(await withdrawCommand(schedule, amount, given, deps), given.json),
    );
  reading('watch', 'prints a line for every run and what becomes of its job, until Ctrl-C')
    .addOption(countFlag('--count <n>', 'end after so many runs'))
    .action(async (schedule: string, given: Parameters<typeof watchCommand>[1] & Printed) =>
      watchCommand(schedule, given, deps, emitter(given.json)),
    );
}

function withJob(command: Command): Command {
  return command
    .requiredOption('--model <id>', 'registered model')
    .option('--feed <feed>', 'input: the last answers of this feed, as many as the model takes')
    .option('--input <file>', 'input: a JSON array of numbers, the same every time')
    .addOption(amountFlag('--fee <tokens>', 'price of one answer').makeOptionMandatory())
    .addOption(amountFlag('--tip <tokens>', 'for whoever triggers a run', usual.tip))
    .addOption(secondsFlag('--interval <time>', 'due when this much has passed').makeOptionMandatory())
    .addOption(shareFlag('--deviation <share>', 'due when the feed has moved this far; 0%: never', usual.deviation))
    .addOption(secondsFlag('--gap <time>', 'never sooner than this after a run', usual.gap))
    .addOption(amountFlag('--stake <tokens>', 'stake at risk of an answer; default: the least allowed'))
    .addOption(secondsFlag('--window <time>', 'challenge window; default: the least allowed'))
    .addOption(secondsFlag('--attest-time <time>', 'how long operators have to answer', usual.attestTime))
    .option('--operator <address>', 'the only one that may answer; default: the ladder')
    .option('--callback <address>', 'contract that is called with each answer')
    .addOption(new Option('--phase <phase>', 'when it is called').choices(['attested', 'final']).default(usual.phase))
    .addOption(countFlag('--callback-gas <n>', 'gas that it may use', usual.callbackGas))
    .addOption(new Option('--delivery <how>', 'how outputs arrive').choices(DELIVERIES).default(usual.delivery))
    .addOption(amountFlag('--fund <tokens>', 'deposited for it at once'));
}
