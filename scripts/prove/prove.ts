// `./dev prove`: the compiler's model checker and z3 on the arithmetic of the contracts. A proof is a contract in
// test/proofs/ whose functions assert what must hold for all arguments.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import { type Answer, checkProof } from './model-checker.ts';

const SNAPSHOT = 'bench/snapshots/proofs.json';
const PROOFS = globSync('test/proofs/*.proof.sol').sort();
const NAMES = PROOFS.map((file) => path.basename(file, '.proof.sol'));
const USAGE = 64;

const HELP = `usage: ./dev prove [NAME…] [--limit N] [--update] [--json]

  NAME         ${NAMES.join(', ')}; all when absent
  --limit N    what the solver may spend on each assertion, in millions of its own units (default 5, some seconds): it
               answers the same on every machine
  --update     accept what is proved now as ${SNAPSHOT}
  --json       end with one JSON object

Exit code 1 when an assertion can be violated, or one that was proved is not proved any more.`;

function wrongUsage(message: string): never {
  throw new RemitError({ code: 'PROVE_USAGE', message, fix: 'see ./dev prove --help' });
}

function parseOptions(args: string[]) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        limit: { type: 'string', default: '5' },
        update: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return wrongUsage(messageOf(error));
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) wrongUsage(`there is no proof '${unknown}'`);
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1) wrongUsage(`--limit is a whole number, not '${values.limit}'`);
  const files = PROOFS.filter((_, index) => positionals.length === 0 || positionals.includes(NAMES[index] ?? ''));
  return { ...values, limit, files };
}

function main(args: string[]): number {
  const { files, limit, update, json, help } = parseOptions(args);
  if (help) {
    console.log(HELP);
    return 0;
  }
  const before = (existsSync(SNAPSHOT) ? JSON.parse(readFileSync(SNAPSHOT, 'utf8')) : {}) as Record<string, Answer>;
  const now: Record<string, Answer> = {};
  for (const file of files) {
    const name = path.basename(file, '.proof.sol');
    const begun = performance.now();
    for (const [property, answer] of checkProof(file, limit)) {
      now[`${name}.${property}`] = answer;
      console.log(`${answer.padEnd(9)} ${name}.${property}`);
    }
    console.error(`${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  }
  const all = Object.entries(now);
  const violated = all.filter(([, answer]) => answer === 'violated').map(([property]) => property);
  const lost = all.flatMap(([property, answer]) =>
    before[property] === 'proved' && answer === 'unknown' ? [property] : [],
  );
  if (update) writeFileSync(SNAPSHOT, `${JSON.stringify({ ...before, ...now }, null, 2)}\n`);
  for (const property of lost) console.log(`no longer proved with --limit ${limit}: ${property}`);
  const proved = all.filter(([, answer]) => answer === 'proved').length;
  console.log(`${proved} proved, ${all.length - proved - violated.length} unknown, ${violated.length} violated`);
  if (json) console.log(JSON.stringify({ properties: now, violated, lost }));
  return violated.length > 0 || (lost.length > 0 && !update) ? 1 : 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof RemitError ? error.explain() : messageOf(error));
  process.exitCode = error instanceof RemitError && error.code === 'PROVE_USAGE' ? USAGE : 1;
}
