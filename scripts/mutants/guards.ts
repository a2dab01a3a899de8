// `node scripts/mutants/guards.ts`: breaks one guard of the contracts after the other and asks the campaign that plays with
// it, and only that one: whether random play notices is another question than whether any test does (./dev mutants).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf } from '../../workers/runtime/errors.ts';
import { inRepositoryCopy } from '../process/repository-copy.ts';
import { editedSources, type SourceEdit } from '../process/source-edit.ts';
import { MutantCompiler } from './compiler.ts';
import { TestBench } from './test-bench.ts';

const USAGE = `usage: node scripts/mutants/guards.ts [--campaign PART]… [--guard PART]… [--write]

  --campaign PART  only guards of campaigns whose path contains PART
  --guard PART     only guards whose name contains PART
  --write          keep what was found in bench/snapshots/guards.json

INVARIANT_RUNS and INVARIANT_DEPTH (48 and 64) say how long a campaign is. Exit codes: 0 every guard was noticed, 1 one was not.`;

const SNAPSHOT = 'bench/snapshots/guards.json';

/** A guard, and how it is broken. */
interface Guard extends SourceEdit {
  readonly guard: string;
  readonly campaign: string;
}

/** What the campaign said. */
interface Finding {
  readonly guard: string;
  readonly file: string;
  readonly campaign: string;
  readonly noticed: boolean;
}

const { values: options } = parseArgs({
  options: {
    campaign: { type: 'string', multiple: true, default: [''] },
    guard: { type: 'string', multiple: true, default: [''] },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** What a test said: texts are encoded in reverts, and a campaign keeps reverts in texts of its own. */
function wordsIn(reason: string): string {
  const said = [...reason.matchAll(/0x((?:[0-9a-f]{2}){8,})/g)]
    .flatMap(
      ([, hex = '']) =>
        Buffer.from(hex, 'hex')
          .toString('latin1')
          .match(/[ -~]{8,}/g) ?? [],
    )
    .join(' ');
  return said === '' ? reason.replace(/0x[0-9a-f]{20,}/g, '0x…').slice(0, 120) : wordsIn(said);
}

async function ask(guards: readonly Guard[]): Promise<Finding[]> {
  return inRepositoryCopy(
    async (folder) => {
      const compiler = new MutantCompiler(folder);
      const bench = new TestBench(folder, compiler, false);
      const findings: Finding[] = [];
      try {
        for (const guard of guards) {
          const changed = editedSources([guard], (file) => compiler.read(file));
          const failed = await bench.solidity(guard.campaign, changed);
          const { guard: name, file, campaign } = guard;
          const noticed = failed !== undefined && !failed.timedOut;
          findings.push({ guard: name, file, campaign, noticed });
          console.log(noticed ? `noticed  ${name}: ${failed.title}` : `not noticed  ${name}`);
          if (noticed) console.log(`  ${wordsIn(failed.reason)}`);
        }
      } finally {
        bench.stop();
      }
      return findings;
    },
    { built: ['artifacts', 'generated'] },
  );
}

/** Findings of an earlier run stay, of guards that were not asked for this time. */
function keep(findings: readonly Finding[], all: readonly Guard[]): void {
  const earlier = existsSync(SNAPSHOT) ? (JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as readonly Finding[]) : [];
  const known = new Map([...earlier, ...findings].map((finding) => [finding.guard, finding]));
  const kept = all.flatMap(({ guard, campaign }) => {
    const finding = known.get(guard);
    return finding?.campaign === campaign ? [finding] : [];
  });
  writeFileSync(SNAPSHOT, `${JSON.stringify(kept, null, 2)}\n`);
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const all = JSON.parse(readFileSync(new URL('guards.json', import.meta.url), 'utf8')) as readonly Guard[];
  const has = (parts: readonly string[], text: string): boolean => parts.some((part) => text.includes(part));
  // One campaign after the other: each is tried once without a change.
  const asked = all
    .filter(({ guard, campaign }) => has(options.guard, guard) && has(options.campaign, campaign))
    .sort((a, b) => a.campaign.localeCompare(b.campaign));
  const findings = await ask(asked);
  if (options.write) keep(findings, all);
  const missed = findings.filter(({ noticed }) => !noticed);
  console.log(`${findings.length - missed.length} of ${findings.length} broken guards were noticed by their campaign`);
  return findings.length !== 0 && missed.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
