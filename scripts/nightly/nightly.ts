// `./dev nightly`: what takes hours. One part after another, each with a log of its own; nothing that fails hides the rest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RemitError } from '../../workers/runtime/errors.ts';
import { type NightlyPart, PARTS } from './parts.ts';

const FOLDER = '.reports/nightly';
const USAGE = 64;

const HELP = `usage: ./dev nightly [part…] [--json]

Without a part, all of them, in this order:
${PARTS.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}

The log of each part is kept as ${FOLDER}/<part>.log. Exit code 1 when a part fails. --json: the last line is one JSON object.`;

interface Outcome {
  readonly part: string;
  readonly passed: boolean;
  readonly minutes: number;
  /** The last line it wrote: of benchmarks their figures. */
  readonly lastLine: string;
}

/** Aborted when this process is told to end: the part at work is stopped, no other starts. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping.abort(new Error(signal));
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
});
const unknown = positionals.find((name) => !PARTS.some((part) => part.name === name));
if (values.help) console.log(HELP);
else if (unknown !== undefined) {
  const choices = PARTS.map(({ name }) => name).join(', ');
  const message = `there is no part named '${unknown}'`;
  console.error(new RemitError({ code: 'NIGHTLY_USAGE', message, fix: `choose from: ${choices}` }).explain());
  process.exitCode = USAGE;
} else {
  await runAll(PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)));
}

async function runAll(parts: readonly NightlyPart[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const outcomes: Outcome[] = [];
  for (const part of parts) {
    if (stopping.signal.aborted) break;
    console.log(`${part.name}: ${part.about}`);
    const outcome = await run(part);
    console.log(
      `  ${outcome.passed ? 'passed' : 'FAILED'} after ${outcome.minutes} min  ${outcome.lastLine.slice(0, 300)}`,
    );
    outcomes.push(outcome);
  }
  writeFileSync(join(FOLDER, 'summary.json'), `${JSON.stringify(outcomes, null, 1)}\n`);
  const failed = outcomes.filter(({ passed }) => !passed);
  const left = parts.length - outcomes.length;
  console.log(
    `${outcomes.length - failed.length} passed, ${failed.length} failed${left > 0 ? `, ${left} not run` : ''}`,
  );
  if (values.json) console.log(JSON.stringify({ outcomes, notRun: left }));
  if (failed.length > 0 || left > 0) process.exitCode = 1;
}

async function run({ name, command: [program, ...args], env = {} }: NightlyPart): Promise<Outcome> {
  const begun = performance.now();
  const log = createWriteStream(join(FOLDER, `${name}.log`));
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const stop = (): void => void child.kill('SIGTERM');
  stopping.signal.addEventListener('abort', stop, { once: true });
  let lastLine = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8');
    output.on('data', (text: string) => {
      log.write(text);
      lastLine = text.trimEnd().split('\n').at(-1) || lastLine;
    });
  }
  const exitCode = await once(child, 'close').then(
    ([code]: (number | null)[]) => code ?? null,
    (error: unknown) => {
      lastLine = String(error);
      return null;
    },
  );
  stopping.signal.removeEventListener('abort', stop);
  log.end();
  return {
    part: name,
    passed: exitCode === 0,
    minutes: Math.round((performance.now() - begun) / 6_000) / 10,
    lastLine,
  };
}
