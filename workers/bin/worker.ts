#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { EXIT_FAILED, EXIT_OK, exitCodeOf } from '../runtime/service.ts';
import { showVariables } from './config-table.ts';
import { exportGuard, type GuardFlags, importGuard } from './guard.ts';
import { newKey } from './key-new.ts';
import { createOutput } from './output.ts';
import { variablesOf } from './read-config.ts';
import { ROLE_NAMES, type RoleName, roles } from './roles.ts';
import { runNode } from './run-node.ts';
import { runRole } from './run-role.ts';

/** EX_USAGE: the command line is wrong. */
const EXIT_USAGE = 64;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

interface RunFlags {
  readonly json?: boolean;
}

const asJson = ({ json }: RunFlags): boolean => json ?? !process.stdout.isTTY;

function program(end: (code: number) => void): Command {
  const worker = new Command('worker')
    .description('Runs one role of a Remit node, or a whole node. Everything else is configured by REMIT_ variables.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nVariables: worker config [role]\nExit codes: 0 ended as asked, 1 failed, 64 wrong command line, 78 has to be configured first',
    );
  const runs = (command: Command): Command => command.option('--json', 'log JSON lines, also on a terminal');

  for (const name of ROLE_NAMES) {
    runs(worker.command(name).description(roles[name].summary)).action(async (flags: RunFlags) => {
      end(await runRole(name, process.env, { output: createOutput({ json: asJson(flags) }), version }));
    });
  }
  runs(
    worker
      .command('node')
      .description('listener and submitter, with executor, watchtower and oracle as wanted, as child processes'),
  )
    .option('--inference', 'answer jobs (the default when nothing is chosen)', false)
    .option('--verify', 'run attested jobs again and compare', false)
    .option('--data', 'report feeds and answer questions', false)
    .action(
      async ({ inference, verify, data, ...flags }: RunFlags & Record<'inference' | 'verify' | 'data', boolean>) => {
        end(
          await runNode({ inference, verify, data }, process.env, {
            output: createOutput({ json: asJson(flags) }),
            version,
          }),
        );
      },
    );
  worker
    .command('config')
    .description('print the variables that a role reads, or all of them')
    .argument('[role]', ROLE_NAMES.join(', '))
    .option('--json', 'print JSON')
    .action(async (role: string | undefined, { json = false }: RunFlags) => {
      if (role !== undefined && !isRole(role))
        throw new CommanderError(
          EXIT_USAGE,
          'worker.role',
          `error: there is no role "${role}"; there are ${ROLE_NAMES.join(', ')}`,
        );
      process.stdout.write(showVariables(await variablesOf(role === undefined ? ROLE_NAMES : [role]), { json }));
    });
  worker
    .command('key')
    .description('keys of signers')
    .command('new')
    .description('make an encrypted web3 keystore and print its address')
    .requiredOption('--out <file>', 'the keystore; never overwritten')
    .requiredOption('--password-file <file>', 'holds the password')
    .action(async (paths: { out: string; passwordFile: string }) => {
      process.stdout.write(`${await newKey(paths)}\n`);
    });
  const guard = worker.command('guard').description('what a key has signed and must never contradict');
  const ofKey = (command: Command): Command =>
    command
      .requiredOption('--data-folder <folder>', 'has the journals of the key')
      .requiredOption('--signer <address>', 'the key');
  ofKey(
    guard.command('export').description('print it as JSON; submitter and oracle of the key must be stopped'),
  ).action((flags: GuardFlags) => {
    process.stdout.write(`${exportGuard(flags)}\n`);
  });
  ofKey(
    guard
      .command('import')
      .description('take over what was exported, for the same key or one that takes its place')
      .argument('<file>', 'what `worker guard export` printed'),
  ).action(async (file: string, flags: GuardFlags) => {
    process.stdout.write(`${await importGuard(file, flags)}\n`);
  });
  return worker;
}

function isRole(name: string): name is RoleName {
  return (ROLE_NAMES as readonly string[]).includes(name);
}

async function main(): Promise<number> {
  let code = EXIT_OK;
  try {
    await program((ended) => {
      code = ended;
    }).parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === 'worker.role') process.stderr.write(`${error.message}\n`);
      return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    }
    process.stderr.write(`${error instanceof RemitError ? error.explain() : messageOf(error)}\n`);
    if (!(error instanceof RemitError) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    return error instanceof RemitError ? exitCodeOf(error) : EXIT_FAILED;
  }
}

// A child whose parent is gone stops as if it had been told to.
if (process.connected) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

process.exit(await main());
