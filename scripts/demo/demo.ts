import { parseDemoOptions } from './demo-options.ts';

const options = parseDemoOptions(process.argv.slice(2));
if ('text' in options) {
  (options.exitCode === 0 ? process.stdout : process.stderr).write(options.text);
  process.exitCode = options.exitCode;
} else {
  // Loaded only now: help must work before the contracts are compiled.
  const { main } = await import('./command.ts');
  process.exit(await main(options));
}
