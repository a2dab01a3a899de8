import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import type { Mutant } from './list-mutants.ts';
import type { MutantResult } from './results.ts';
import type { Score } from './score.ts';

const PAGE = 'docs/MUTANTS.md';
const COLUMNS = [
  'contract',
  'mutants',
  'tried',
  'killed',
  'of these by time',
  'survived',
  'no change',
  'do not compile',
];

interface Scored {
  readonly score: Score;
  readonly mutants: readonly Mutant[];
  readonly results: ReadonlyMap<string, MutantResult>;
}

/** Writes what is known of every contract's mutants; those of which nothing is known are said to be unknown. */
export async function writeScorePage(contracts: readonly Scored[], seed: number): Promise<void> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const known = contracts.filter(({ score }) => score.tried > 0);
  const unknown = contracts.filter(({ score }) => score.tried === 0).map(({ score }) => score.subject.name);
  const page = [
    '# Mutants',
    '',
    'Written by `./dev mutants --page` from kept results; do not edit. Each mutant is one change of one place in a contract; it is',
    'killed when a test fails that passes without it. [Decision 0021](decisions/0021-mutants.md) says how.',
    '',
    `Written at commit \`${commit}\`. The score is killed ÷ (killed + survived). Where fewer mutants were tried than there are,`,
    `they are a sample, chosen by seed ${seed}.`,
    '',
    row([...COLUMNS, 'score', 'target']),
    row([...COLUMNS, '', ''].map((_, index) => (index === 0 ? '---' : '---:'))),
    ...known.map(({ score }) => scoreRow(score)),
    scoreRow(totalOf(known.map(({ score }) => score))),
    '',
    ...(unknown.length === 0 ? [] : [`Not tried: ${unknown.join(', ')}.`, '']),
    '## Survivors',
    '',
    ...survivors(known),
    '## Changes that are none',
    '',
    'Code that is the same after the optimiser is counted above and not listed. These were read by people:',
    '',
    ...reviewed(known),
  ];
  writeFileSync(PAGE, await format(page.join('\n'), { parser: 'markdown', printWidth: 120 }));
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

function scoreRow({ subject, listed, tried, counts, percent }: Score): string {
  const { killed, timeout, survived, equivalent } = counts;
  const share = percent === undefined ? '–' : `${percent.toFixed(1)} %`;
  return row([
    subject.name,
    listed,
    tried,
    killed + timeout,
    timeout,
    survived,
    equivalent,
    counts['not compiled'],
    share,
    `${subject.target} %`,
  ]);
}

function totalOf(scores: readonly Score[]): Score {
  const sum = (of: (score: Score) => number): number => scores.reduce((total, score) => total + of(score), 0);
  const counts = {
    killed: sum(({ counts: { killed } }) => killed),
    timeout: sum(({ counts: { timeout } }) => timeout),
    survived: sum(({ counts: { survived } }) => survived),
    equivalent: sum(({ counts: { equivalent } }) => equivalent),
    'not compiled': sum(({ counts: { 'not compiled': broken } }) => broken),
  };
  const noticed = counts.killed + counts.timeout;
  return {
    subject: { name: '**all**', file: '', target: 90, mirrors: [], judge: false },
    listed: sum(({ listed }) => listed),
    tried: sum(({ tried }) => tried),
    counts,
    survivors: [],
    percent: noticed === 0 ? undefined : (noticed / (noticed + counts.survived)) * 100,
  };
}

const shown = (text: string): string => `\`${text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 80) || ' '}\``;

function survivors(contracts: readonly Scored[]): string[] {
  const rows = contracts.flatMap(({ score, results }) =>
    score.survivors.map(({ id, file, line, operator, before, after }) =>
      row([
        id,
        `${file.replace('contracts/', '')}:${line}`,
        operator,
        `${shown(before)} → ${shown(after)}`,
        results.get(id)?.mirrorsOnly === true ? 'the tests that mirror it' : 'all tests',
        results.get(id)?.by ?? '',
      ]),
    ),
  );
  if (rows.length === 0) return ['None.', ''];
  return [
    row(['id', 'place', 'operator', 'change', 'not noticed by', 'why']),
    row(['---', '---', '---', '---', '---', '---']),
    ...rows,
    '',
  ];
}

function reviewed(contracts: readonly Scored[]): string[] {
  const rows = contracts.flatMap(({ mutants, results }) =>
    mutants.flatMap(({ id, file, line, before, after }) => {
      const { outcome, by = '' } = results.get(id) ?? {};
      if (outcome !== 'equivalent' || by.startsWith('the same code')) return [];
      return [row([id, `${file.replace('contracts/', '')}:${line}`, `${shown(before)} → ${shown(after)}`, by])];
    }),
  );
  return rows.length === 0
    ? ['None.']
    : [row(['id', 'place', 'change', 'why']), row(['---', '---', '---', '---']), ...rows];
}
