import { createPaper, type Paper, wantsColour } from '../demo/paper.ts';
import { seconds } from '../demo/wording.ts';
import { attacks } from './attacks.ts';
import type { AttackListener, AttackReport } from './run-attacks.ts';
import type { StoryLine } from './stage/story.ts';

const KIND_WIDTH = 9;

/** Prints every attack by its name. */
export function listAttacks(json: boolean): void {
  if (json) {
    const list = attacks.map(({ name, threats, what }) => ({ name, threats, what }));
    process.stdout.write(`${JSON.stringify({ attacks: list })}\n`);
    return;
  }
  const paper = createPaper(process.stdout, { colour: wantsColour(process.stdout, process.env) });
  const width = Math.max(...attacks.map(({ name }) => name.length));
  for (const { name, threats, what } of attacks) {
    paper.line(`${paper.strong(name.padEnd(width))}  ${threats.join(' ').padEnd(12)}  ${what}`);
  }
}

/** Tells a story while it happens. */
export function attackListener(paper: Paper): AttackListener {
  return {
    onAttack({ name, threats, what }) {
      paper.title(`${name} (${threats.join(', ')})`);
      paper.line(`  ${what}`);
    },
    onLine: (line) => paper.line(`    ${markOf(paper, line)} ${paper.dim(line.kind.padEnd(KIND_WIDTH))}${line.text}`),
    onReport({ defended, flaw, ms }) {
      if (defended) paper.line(`  ${paper.ok} defended, ${seconds(ms)}`);
      else paper.line(`  ${paper.bad} ${paper.alarm('NOT DEFENDED')}: ${flaw ?? ''}`);
    },
  };
}

export function showSummary(paper: Paper, reports: readonly AttackReport[]): void {
  const failed = reports.filter(({ defended }) => !defended);
  paper.title(`${reports.length} attacks, ${reports.length - failed.length} defended`);
  for (const { name, flaw } of failed) paper.line(`  ${paper.bad} ${name}: ${flaw ?? ''}`);
}

function markOf(paper: Paper, { kind, held }: StoryLine): string {
  if (!held) return paper.bad;
  if (kind === 'step') return '·';
  return kind === 'attempt' ? paper.alarm('›') : paper.ok;
}
