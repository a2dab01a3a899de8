// Long runs with everything going wrong: nothing lost, nothing doubled, nothing above its cap, no memory that grows.
import { parseArgs } from 'node:util';
import { systemClock as clock } from '../workers/runtime/clock.ts';
import { messageOf } from '../workers/runtime/errors.ts';
import { jobsPart } from './soak/jobs-part.ts';
import { memoryPart } from './soak/memory-part.ts';
import type { SoakPart, SoakResult } from './soak/soak-part.ts';
import { transactionsPart } from './soak/transactions-part.ts';
import { watchtowerPart } from './soak/watchtower-part.ts';

/** Parts run one after another, in this order. */
const PARTS: readonly SoakPart[] = [jobsPart, memoryPart, transactionsPart, watchtowerPart];

const indented = (text: string): string => text.split('\n').join('\n      ');
const HELP = `usage: ./dev bench soak [part…] [--seed N] [options]

Without a part, all of them. The same seed draws the same faults. The last line is one JSON object, with the figures and the
missed targets of every part; the exit code is 1 when there is one.

${PARTS.map(
  ({ name, about, options }) =>
    `  ${name}\n      ${indented(about)}\n${Object.entries(options)
      .map(([option, { fallback, about: what }]) => `      --${option} N  ${what} (default ${fallback})\n`)
      .join('')}`,
).join('\n')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
    ...Object.fromEntries(
      PARTS.flatMap(({ options }) => Object.keys(options).map((name) => [name, { type: 'string' }] as const)),
    ),
  },
});
const said = values as Readonly<Record<string, string | boolean | undefined>>;
const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));

if (values.help === true) {
  console.log(HELP);
} else if (unknown.length > 0) {
  console.error(`there is no part ${unknown.join(', ')}\n\n${HELP}`);
  process.exitCode = 64;
} else {
  await runAll(PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)));
}

async function runAll(parts: readonly SoakPart[]): Promise<void> {
  const seed = whole('seed') ?? 1;
  const report: Record<string, object> = {};
  for (const part of parts) {
    const begun = clock.now();
    console.log(`${part.name}, seed ${seed}`);
    const { figures, targets } = await runOne(part, seed);
    const missed = Object.keys(targets).filter((target) => targets[target] !== true);
    for (const target of missed) console.log(`  MISSED: ${target}`);
    if (missed.length > 0) process.exitCode = 1;
    report[part.name] = { ...figures, seconds: Math.round((clock.now() - begun) / 1_000), missed };
  }
  console.log(JSON.stringify({ seed, ...report }));
}

/** What breaks one part must not hide what the others have to say. */
async function runOne(part: SoakPart, seed: number): Promise<SoakResult> {
  const given = new Map<string, number>();
  for (const name of Object.keys(part.options)) {
    const number = whole(name);
    if (number !== undefined) given.set(name, number);
  }
  const say = (line: string): void => {
    console.log(`  ${line}`);
  };
  try {
    return await part.run(given, { clock, seed, say });
  } catch (error) {
    console.error(error);
    return { figures: {}, targets: { [`ran to its end (${messageOf(error)})`]: false } };
  }
}

function whole(name: string): number | undefined {
  const text = said[name];
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes a whole number, got ${String(text)}`);
}
