// `./dev audit`: writes docs/audit/ out of contracts, tests, documents and a live local deployment.
const HELP = `usage: ./dev audit

Writes docs/audit/: scope, entry points with who may call them, states, invariants, threats, reverts, gas, storage, known issues.
Who may call is read from a deployment on a private chain. The same inputs give the same pages; ./dev check audit says when they are stale.

Exit codes: 0 written, 1 something does not fit together (said by name), 64 wrong usage.`;

const [given] = process.argv.slice(2);
if (['help', '-h', '--help'].includes(given ?? '')) {
  console.log(HELP);
} else if (given !== undefined) {
  console.error(HELP);
  process.exitCode = 64;
} else {
  const { writePages } = await import('./write-pages.ts');
  const { systemClock } = await import('../../workers/runtime/clock.ts');
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('stopped')));
  try {
    for (const file of await writePages({ clock: systemClock, signal: interrupted.signal })) console.log(file);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
