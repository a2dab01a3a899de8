import { messageOf, RemitError } from '../../../workers/runtime/errors.ts';
import { createPaper, type Paper, wantsColour } from '../../demo/paper.ts';
import { seconds } from '../../demo/wording.ts';
import { inRepositoryCopy } from '../../process/repository-copy.ts';
import { attacks } from '../attacks.ts';
import { unknownAttack } from '../unknown-attack.ts';
import { flawsOf, type Guard, type GuardEntry, GUARDS_FILE, readGuards, type Unguardable } from './guard-list.ts';
import { UnguardedCopy } from './unguarded-copy.ts';
import { type Verdict, verdictOn } from './verdict.ts';

const EX_USAGE = 64;
/** Widest of the three outcomes. */
const OUTCOME_WIDTH = 15;

export interface UnguardedOptions {
  /** Attacks; all when there is none. */
  readonly names: readonly string[];
  /** Part of what is said of a guard; only these. */
  readonly guard: string;
  readonly json: boolean;
}

interface Finding extends Pick<Guard, 'attack' | 'guard' | 'inDepth'> {
  readonly outcome: Verdict['outcome'] | 'failed';
  readonly reported: string;
  /** How many lines the attack told, the last of them that one; absent when it did not run. */
  readonly line?: number;
  readonly ms: number;
}

/** Takes guards away, attacks, says what was noticed, and resolves with the exit code. */
export async function unguardedMain({ names, guard: part, json }: UnguardedOptions): Promise<number> {
  const known = attacks.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`${unknownAttack(unknown, './dev attack list shows them').explain()}\n`);
    return EX_USAGE;
  }
  const out = json ? process.stderr : process.stdout;
  const paper = createPaper(out, { colour: wantsColour(out, process.env) });
  const entries = readGuards();
  const flaws = flawsOf(entries, known);
  for (const flaw of flaws) paper.line(`${paper.bad} ${GUARDS_FILE}: ${flaw}`);
  if (flaws.length > 0) return 1;
  const asked = entries.filter(
    (entry) =>
      (names.length === 0 || names.includes(entry.attack)) &&
      (part === '' || ('guard' in entry && entry.guard.includes(part))),
  );
  if (asked.length === 0) {
    process.stderr.write(`${noSuchGuard(part).explain()}\n`);
    return EX_USAGE;
  }
  const without = asked.filter((entry): entry is Unguardable => 'noGuard' in entry);
  for (const { attack, noGuard } of without) paper.line(lineOf(paper, '·', 'no guard', `${attack}: ${noGuard}`));
  const guards = asked.filter((entry): entry is Guard => 'guard' in entry);
  try {
    const findings = guards.length === 0 ? [] : await findingsOn(guards, paper);
    showSummary(paper, asked, findings);
    if (json) process.stdout.write(`${JSON.stringify({ findings, without })}\n`);
    return findings.every(({ outcome }) => outcome === 'noticed') ? 0 : 1;
  } catch (error) {
    paper.line(`\n${paper.bad} ${messageOf(error)}`);
    if (json) process.stdout.write(`${JSON.stringify({ error: messageOf(error) })}\n`);
    return 1;
  }
}

function findingsOn(guards: readonly Guard[], paper: Paper): Promise<readonly Finding[]> {
  return inRepositoryCopy(
    async (folder) => {
      const copy = new UnguardedCopy(folder);
      const findings: Finding[] = [];
      for (const [at, guard] of guards.entries()) {
        paper.live(`  … ${at + 1} of ${guards.length}: ${guard.attack} without: ${guard.guard}`);
        const finding = await findingOn(guard, copy);
        showFinding(paper, finding);
        findings.push(finding);
      }
      return findings;
    },
    { built: ['generated'] },
  );
}

async function findingOn(entry: Guard, copy: UnguardedCopy): Promise<Finding> {
  const { attack, guard, inDepth, edits } = entry;
  const begun = performance.now();
  const found = await copy.attack(attack, edits).then(
    (report) => ({ ...verdictOn(entry, report), line: report.lines.length }),
    (error: unknown) => ({ outcome: 'failed' as const, reported: messageOf(error) }),
  );
  return { attack, guard, ...(inDepth !== undefined && { inDepth }), ...found, ms: performance.now() - begun };
}

function showFinding(paper: Paper, { attack, guard, inDepth, outcome, reported, ms }: Finding): void {
  const mark = outcome === 'noticed' ? paper.ok : paper.bad;
  const said = reported === '' ? 'defended all the same' : reported;
  paper.line(lineOf(paper, mark, outcome, `${attack} without: ${guard}  ${paper.dim(seconds(ms))}`));
  paper.line(`    ${paper.dim(said)}`);
  if (inDepth !== undefined) paper.line(`    ${paper.dim(`no single guard: ${inDepth}`)}`);
}

const lineOf = (paper: Paper, mark: string, outcome: string, text: string): string =>
  `${mark} ${paper.strong(outcome.padEnd(OUTCOME_WIDTH))}${text}`;

function showSummary(paper: Paper, asked: readonly GuardEntry[], findings: readonly Finding[]): void {
  const attacked = new Set(asked.map(({ attack }) => attack)).size;
  const noticed = findings.filter(({ outcome }) => outcome === 'noticed').length;
  const deep = findings.filter(({ inDepth }) => inDepth !== undefined).length;
  paper.title(`${attacked} attacks, ${findings.length} guards taken away, ${noticed} noticed`);
  if (deep > 0)
    paper.line(`  no single guard ${deep} times: several stand behind one another, and were taken away together`);
}

function noSuchGuard(part: string): RemitError {
  const message = `no guard of these attacks is described by '${part}'`;
  return new RemitError({ code: 'ATTACK_UNKNOWN', message, fix: `${GUARDS_FILE} says what each guard does` });
}
