import type { Command, Option } from 'commander';
import { listOption, withChainOptions, withKeyOptions } from '../chain/chain-options.ts';
import { type CommandLine, type Printed, runCommandLine } from '../chain/command-line.ts';
import { amountOption } from '../chain/human-units.ts';
import { amountFlag, countFlag, secondsFlag, shareFlag } from '../chain/value-options.ts';
import { aggregatorCommand } from './aggregator-command.ts';
import { type AskArguments, askCommand } from './ask-command.ts';
import { type CreateArguments, createCommand, FEED_DEFAULTS as usual } from './create-command.ts';
import { listCommand, roundsCommand, showCommand } from './look-commands.ts';
import { collectCommand, defundCommand, fundCommand } from './money-commands.ts';
import { readCommand } from './read-command.ts';
import { inviteCommand, joinCommand, leaveCommand, releaseCommand, replaceCommand } from './seat-commands.ts';
import { type SourcesArguments, sourcesCommand } from './sources-command.ts';
import { watchCommand } from './watch-command.ts';

const STORE = 'data/store';

process.exitCode = await runCommandLine(
  {
    name: 'feed',
    description: 'makes and reads feeds, takes and leaves their seats, asks their committees',
    argv: process.argv.slice(2),
  },
  (line) => {
    defineMaking(line);
    defineSeats(line);
    defineLooking(line);
  },
);

function defineMaking({ deps, command, show }: CommandLine): void {
  command('sources', 'asks every source of a document now, and shows values, median and digest')
    .argument('<file>', 'sources document, remit-sources/1')
    .option('--allow <host:port>', 'may be asked although it is not public; may be repeated', listOption)
    .addOption(secondsFlag('--timeout <time>', 'for each source', 5))
    .action(async (file: string, given: SourcesArguments & Printed) =>
      show(await sourcesCommand(file, given, deps), given.json),
    );
  withKeyOptions(withChainOptions(withTerms(command('create', 'creates the feed of a sources document'))), 'creator')
    .argument('<file>', 'sources document, remit-sources/1')
    .requiredOption('--operators <a,b,c,d>', 'who is invited, one seat each, in this order', addressesOption)
    .option('--name <text>', 'at most 31 bytes; default: the document’s name')
    .option('--salt <text>', 'anything; makes another feed of the same terms')
    .option('--store <folder>', 'store that serves the document to operators', STORE)
    .action(async (file: string, given: CreateArguments & Printed) =>
      show(await createCommand(file, given, deps), given.json),
    );
  withKeyOptions(withChainOptions(command('fund', 'pays into what rounds are paid from').argument('<feed>')), 'payer')
    .argument('<amount>', 'tokens', amountOption)
    .action(async (feed: string, amount: string, given: Parameters<typeof fundCommand>[2] & Printed) =>
      show(await fundCommand(feed, amount, given, deps), given.json),
    );
  withKeyOptions(withChainOptions(command('defund', 'takes back what nobody has earned').argument('<feed>')), 'steward')
    .argument('<amount>', 'tokens', amountOption)
    .action(async (feed: string, amount: string, given: Parameters<typeof defundCommand>[2] & Printed) =>
      show(await defundCommand(feed, amount, given, deps), given.json),
    );
  withKeyOptions(
    withChainOptions(command('aggregator', 'deploys what readers made for Chainlink read').argument('<feed>')),
    'deployer',
  ).action(async (feed: string, given: Parameters<typeof aggregatorCommand>[1] & Printed) =>
    show(await aggregatorCommand(feed, given, deps), given.json),
  );
  withKeyOptions(withChainOptions(command('ask', 'asks a committee one question and waits for the answer')), 'asker')
    .argument('<file>', 'sources document, remit-sources/1, at most 4 KiB')
    .requiredOption('--feed <feed>', 'feed whose committee is asked')
    .addOption(amountFlag('--fee <tokens>', 'shared by those who report', '0'))
    .addOption(secondsFlag('--within <time>', 'how long there is to answer', 300))
    .option('--callback <address>', 'contract that is called with the answer')
    .addOption(countFlag('--callback-gas <n>', 'gas that it may use', 200_000))
    .option('--no-wait', 'do not wait for the answer')
    .action(async (file: string, given: AskArguments & Printed) =>
      show(await askCommand(file, given, deps), given.json),
    );
}

function defineSeats({ deps, command, show }: CommandLine): void {
  const seatCommand = (name: string, description: string): Command =>
    withKeyOptions(withChainOptions(command(name, description).argument('<feed>')), 'operator');
  const seat = (): Option => countFlag('--seat <n>', 'default: the account’s own');

  seatCommand('join', 'takes the seat that the operator was invited to')
    .addOption(seat())
    .option('--reporter <address>', 'attester key whose observations count; default: the operator’s only one')
    .action(async (feed: string, given: Parameters<typeof joinCommand>[1] & Printed) =>
      show(await joinCommand(feed, given, deps), given.json),
    );
  seatCommand('replace', 'puts another attester key on a seat')
    .addOption(seat())
    .requiredOption('--reporter <address>', 'attester key whose observations count from now on')
    .action(async (feed: string, given: Parameters<typeof replaceCommand>[1] & Printed) =>
      show(await replaceCommand(feed, given, deps), given.json),
    );
  seatCommand('leave', 'leaves a seat; its bond stays for a while')
    .addOption(seat())
    .action(async (feed: string, given: Parameters<typeof leaveCommand>[1] & Printed) =>
      show(await leaveCommand(feed, given, deps), given.json),
    );
  seatCommand('release', 'returns the bond of an operator that left')
    .option('--operator <address>', 'default: the key’s account')
    .action(async (feed: string, given: Parameters<typeof releaseCommand>[1] & Printed) =>
      show(await releaseCommand(feed, given, deps), given.json),
    );
  seatCommand('invite', 'names an operator for a seat that nobody has')
    .addOption(countFlag('--seat <n>', 'which one').makeOptionMandatory())
    .requiredOption('--operator <address>', 'who may take it')
    .action(async (feed: string, given: Parameters<typeof inviteCommand>[1] & Printed) =>
      show(await inviteCommand(feed, given, deps), given.json),
    );
  seatCommand('collect', 'credits what was earned to its operator’s balance')
    .addOption(seat())
    .option('--all', 'for every seat')
    .action(async (feed: string, given: Parameters<typeof collectCommand>[1] & Printed) =>
      show(await collectCommand(feed, given, deps), given.json),
    );
}

function defineLooking({ deps, command, show, emitter }: CommandLine): void {
  withChainOptions(command('show', 'shows one feed: state, answer, fund, seats').argument('<feed>')).action(
    async (feed: string, given: Parameters<typeof showCommand>[1] & Printed) =>
      show(await showCommand(feed, given, deps), given.json),
  );
  withChainOptions(command('list', 'lists every feed of the deployment')).action(
    async (given: Parameters<typeof listCommand>[0] & Printed) => show(await listCommand(given, deps), given.json),
  );
  withChainOptions(command('rounds', 'lists the last rounds, newest first').argument('<feed>'))
    .addOption(countFlag('--last <n>', 'how many', 10))
    .action(async (feed: string, given: Parameters<typeof roundsCommand>[1] & Printed) =>
      show(await roundsCommand(feed, given, deps), given.json),
    );
  withChainOptions(command('watch', 'prints a line for every round, until Ctrl-C').argument('<feed>'))
    .addOption(countFlag('--count <n>', 'end after so many rounds'))
    .action(async (feed: string, given: Parameters<typeof watchCommand>[1] & Printed) =>
      watchCommand(feed, given, deps, emitter(given.json)),
    );
  withChainOptions(
    command('read', 'shows what a reader made for Chainlink sees').argument('<feed-or-aggregator>'),
  ).action(async (reference: string, given: Parameters<typeof readCommand>[1] & Printed) =>
    show(await readCommand(reference, given, deps), given.json),
  );
}

function withTerms(command: Command): Command {
  return command
    .addOption(countFlag('--faults <n>', 'seats that may fail; default: a third'))
    .addOption(secondsFlag('--heartbeat <time>', 'longest age of an answer', usual.heartbeat))
    .addOption(secondsFlag('--turn <time>', 'one leader, one observation a seat', usual.turn))
    .addOption(shareFlag('--deviation <share>', 'move that makes a round due', usual.deviation))
    .addOption(shareFlag('--clamp <share>', 'move that is disputed', usual.clamp))
    .addOption(shareFlag('--outlier <share>', 'distance to the median that is a strike', usual.outlier))
    .addOption(countFlag('--strikes <n>', 'strikes in a row that suspend a seat', usual.strikes))
    .addOption(secondsFlag('--suspension <time>', 'how long', usual.suspension))
    .addOption(countFlag('--leader-credits <n>', 'payments of a report that leading earns', usual.leaderCredits))
    .addOption(amountFlag('--payment <tokens>', 'for one report', usual.payment))
    .addOption(amountFlag('--bond <tokens>', 'what each seat locks of its stake', usual.bond))
    .option('--steward <address>', 'who invites and takes back; `none`: nobody; default: the creator');
}

function addressesOption(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}
