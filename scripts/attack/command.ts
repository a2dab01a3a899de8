// `./dev attack`: scripted attacks on a private deployment. Help needs no compiled contracts.
import { Command, CommanderError } from 'commander';

const EX_USAGE = 64;

const ABOUT = `Scripted attacks on a private local deployment: what is attempted, and what stops it.

Every attack also does the same thing rightly, which must work; one whose defence does not hold, or that nothing shows to be a
real attempt, ends with exit code 1. The threats are those of docs/audit/threats.md.`;

const EXAMPLES = `
Examples:
  ./dev attack list
  ./dev attack run unbond-then-cheat
  ./dev attack run --all --json
  ./dev attack unguarded stake-reuse

Exit codes: 0 every defence held (of unguarded: every attack succeeded), 1 one did not or something failed, 64 wrong usage, 130 interrupted.`;

const UNGUARDED = `
Works in a copy of the repository, one guard of scripts/attack/guards.json after the other: removed, compiled, deployed, attacked.
Each takes about ten seconds.

  noticed      the attack reported its success
  not noticed  it was defended all the same: its check is vacuous, or something else defends
  stopped      it broke off elsewhere
  failed       the guard could not be taken away: what it says has changed, or does not compile
  no guard     nothing can be taken away, and why

Exit codes: 0 every guard was noticed, 1 one was not or something failed, 64 wrong usage.`;

let code = 0;
const root = new Command('./dev attack').description(ABOUT).addHelpText('after', EXAMPLES).exitOverride();
root
  .command('list')
  .description('names, threats, and what is attempted')
  .option('--json', 'print one JSON object')
  .exitOverride()
  .action(async ({ json }: { json?: true }) => {
    const { listAttacks } = await import('./show-attacks.ts');
    listAttacks(json === true);
  });
root
  .command('run')
  .description('runs the attacks named, or all')
  .argument('[names...]')
  .option('--all', 'every attack')
  .option('--json', 'print one JSON object on standard output; the story goes to standard error')
  .exitOverride()
  .action(async (names: string[], { all, json }: { all?: true; json?: true }) => {
    const { attackMain } = await import('./main.ts');
    code = await attackMain({ names, all: all === true, json: json === true });
  });
root
  .command('unguarded')
  .description('takes the guards away that defend, and shows that the attacks named, or all, then report their success')
  .argument('[names...]')
  .option('--guard <part>', 'only guards whose description contains this', '')
  .option('--json', 'print one JSON object on standard output; the story goes to standard error')
  .addHelpText('after', UNGUARDED)
  .exitOverride()
  .action(async (names: string[], { guard, json }: { guard: string; json?: true }) => {
    const { unguardedMain } = await import('./unguarded/main.ts');
    code = await unguardedMain({ names, guard, json: json === true });
  });

try {
  if (process.argv.length <= 2) root.outputHelp();
  else await root.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  code = error.exitCode === 0 ? 0 : EX_USAGE;
}
process.exit(code);
