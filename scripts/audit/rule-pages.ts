import { readFileSync } from 'node:fs';
import { children, textAt } from '../mutants/syntax-tree.ts';
import { type ContractSources, walk } from './contract-sources.ts';
import { entryPointsOf } from './entry-points.ts';
import { attackTable, type SNAPSHOTS } from './inputs.ts';
import type { Invariant } from './invariants.ts';
import { knownIssues } from './known-issues.ts';
import { code, list, type Page, table } from './page.ts';
import { revertSites } from './revert-sites.ts';
import { STATE_DIAGRAMS, type StateDiagram } from './state-diagrams.ts';
import { errorsInTests } from './test-scan.ts';
import { THREATS } from './threats.ts';

export function statesPage(sources: ContractSources): Page {
  for (const diagram of STATE_DIAGRAMS) checkDiagram(diagram, sources);
  const sections = STATE_DIAGRAMS.map(({ name, enum: enumName, contract, edges, terminal }) => {
    const lines = edges.map(
      ({ from, to, by }) => `  ${place(from)} --> ${place(to)}: ${by.replace(`${contract}.`, '')}`,
    );
    const ends = terminal.map((state) => `  ${state} --> [*]`);
    const rows = edges.map(({ from, to, by, test }) => [
      ...[from, to, by === 'time' ? 'time alone' : code(by)],
      test ? `${code(`test/contracts/${test[0]}`)} “${test[1]}”` : 'follows from the source',
    ]);
    return `## ${name}

\`${enumName}\` of \`${contract}\`.${terminal.length === 0 ? '' : ` ${list(terminal)}: terminal, for ever.`}

\`\`\`mermaid
stateDiagram-v2
${[...new Set(lines)].join('\n')}
${ends.join('\n')}
\`\`\`

${table(['from', 'to', 'by', 'shown by'], rows)}`;
  });
  const body = `Every edge that there is; nothing else can happen (I11). Each state is a member of its enum, each function exists, and each test has the
title that is named: \`./dev audit\` refuses to write otherwise.

${sections.join('\n\n')}`;
  return { name: 'states', title: 'States', about: 'state diagrams, and a test for each edge', body };
}

const place = (state: string): string => (state === 'None' ? '[*]' : state);

/** @throws Error for a state, a function or a test that is not there */
function checkDiagram({ name, enum: enumName, edges, terminal }: StateDiagram, sources: ContractSources): void {
  const members = new Set<string>();
  for (const { tree } of sources.files.values()) {
    walk(tree, (node) => {
      if (node.nodeType !== 'EnumDefinition' || textAt(node, 'name') !== enumName) return;
      for (const member of children(node, 'members')) members.add(textAt(member, 'name'));
    });
  }
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const wrong = [...used].filter((state) => !members.has(state));
  const left = [...members].filter((state) => !used.has(state));
  if (wrong.length + left.length > 0)
    throw new Error(`${name}: ${list([...wrong, ...left])} in one of enum and diagram only`);
  const leaving = edges.find(({ from }) => terminal.includes(from));
  if (leaving) throw new Error(`${name}: ${leaving.from} is terminal and has an edge`);
  for (const { by, test } of edges) {
    const [contract = '', method = ''] = by.split('.');
    const exists = by === 'time' || entryPointsOf(contract, sources).some((point) => point.name === method);
    if (!exists) throw new Error(`${name}: there is no ${by}`);
    if (test && !readFileSync(`test/contracts/${test[0]}`, 'utf8').includes(test[1])) {
      throw new Error(`${name}: test/contracts/${test[0]} has no test “${test[1]}”`);
    }
  }
}

export function invariantsPage(invariants: readonly Invariant[]): Page {
  const rows = invariants.map(({ id, title, guard, tests }) => [
    `[${id}](../INVARIANTS.md) ${title}`,
    guard,
    tests.map(({ file, title: test }) => `${code(file)} “${test}”`).join('<br>'),
  ]);
  const body = `From [INVARIANTS](../INVARIANTS.md), which has each rule in words.

${table(['invariant', 'guard', 'tests'], rows)}`;
  return { name: 'invariants', title: 'Invariants', about: 'each rule with its guard and its tests', body };
}

export function threatsPage(invariants: readonly Invariant[]): Page {
  const attacks = attackTable();
  const byId = new Map(invariants.map((one) => [one.id, one]));
  const rows = THREATS.map(({ id, attack, mitigation, invariants: ids, tests = [] }) => {
    const rules = ids.map((one) => {
      const found = byId.get(one);
      if (!found) throw new Error(`${id} names the invariant ${one}, which is not there`);
      return found;
    });
    for (const file of tests) readFileSync(file);
    const shown = attacks.filter(({ threats }) => threats.includes(id)).map(({ name }) => code(name));
    if (shown.length === 0) throw new Error(`no attack shows ${id}`);
    const files = [...new Set([...rules.flatMap((rule) => rule.tests.map(({ file }) => file)), ...tests])];
    return [
      `**${id}** ${attack}`,
      mitigation,
      list(ids.map((one) => `[${one}](invariants.md)`)),
      list([...new Set(rules.flatMap(({ guard }) => guard.split(/, (?=`)/)))]),
      files.map(code).join('<br>'),
      list(shown),
    ];
  });
  const body = `Each threat, what stands against it, and how it is shown. \`./dev attack run NAME\` runs an attack on a live local deployment;
\`./dev attack list\` has one line on each. \`./dev attack unguarded NAME\` takes its guards away and shows that it then
succeeds. The rules behind the guards: [invariants](invariants.md).

${table(['threat', 'mitigation', 'invariants', 'guards', 'tests', 'attacks'], rows)}

## Attacks

${table(
  ['attack', 'threats', 'what is attempted'],
  attacks.map(({ name, threats, what }) => [code(name), list(threats), what]),
)}`;
  return { name: 'threats', title: 'Threats', about: 'each threat with mitigation, guards, tests and attacks', body };
}

const FILES_SHOWN = 4;

function shownFiles(files: readonly string[]): string {
  if (files.length === 0) return '**none**';
  const shown = files.slice(0, FILES_SHOWN).map((file) => code(file));
  return [...shown, ...(files.length > FILES_SHOWN ? [`and ${files.length - FILES_SHOWN} more`] : [])].join('<br>');
}

export function revertsPage(sources: ContractSources): Page {
  const sites = revertSites(sources);
  const tests = errorsInTests(new Set(sites.map(({ error }) => error)));
  const bare = sites.filter(({ error }) => !tests.has(error));
  const rows = sites.map(({ file, line, contract, function: inside, error }) => [
    ...[code(`${file}:${line}`), `${contract}.${inside}`, code(error)],
    shownFiles(tests.get(error) ?? []),
  ]);
  const several = sites.length - new Set(sites.map(({ error }) => error)).size;
  const untested =
    bare.length === 0
      ? ''
      : `Named by none:\n\n${bare.map(({ file, line, error }) => `- ${code(`${file}:${line}`)} ${code(error)}`).join('\n')}`;
  const body = `${sites.length} places where a contract refuses with an error of its own; **${bare.length} of them with an error that no test and no attack names**.
${several} sites share their error with another one: that each of them is reached, and that a change of its condition is noticed, is for the
mutants to show (\`./dev mutants\`).

${untested}

${table(['site', 'in', 'error', 'named by'], rows)}`;
  return { name: 'reverts', title: 'Reverts', about: 'every place that refuses, and the tests that expect it', body };
}

type Figures = number | { readonly [name: string]: Figures };
type Judged = Readonly<Record<string, number | string>>;

function leaves(value: Figures, at: string): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[at, value]];
  return Object.entries(value).flatMap(([name, one]) => leaves(one, at === '' ? name : `${at} · ${name}`));
}

const JUDGED = ['window', 'calldata', 'ruling', 'open', 'postTrace', 'commit', 'proveElement'] as const;

/** Every measured proof: records with a ruling, by where they stand in the snapshot. */
function proofs(value: unknown, at: readonly string[]): readonly (readonly [string, Judged])[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('ruling' in value) return [[at.join(' · '), value as Judged]];
  return Object.entries(value).flatMap(([name, one]) => proofs(one, [...at, name]));
}

export function gasPage(): Page {
  const read = (name: (typeof SNAPSHOTS)[number]): unknown =>
    JSON.parse(readFileSync(`bench/snapshots/${name}.json`, 'utf8'));
  const shown = (value: number | string | undefined): string => Number(value ?? 0).toLocaleString('en-US');
  const flows = leaves(read('gas') as Figures, '').map(([flow, gas]) => [flow, shown(gas)]);
  const judged = proofs(read('judge'), []).map(([name, one]) => [name, ...JUDGED.map((field) => shown(one[field]))]);
  const body = `From \`bench/snapshots/\`; \`./dev check gas\` fails when a flow costs over 2 % more. How each is measured: \`./dev bench gas\`,
\`./dev bench judge\`.

## Flows

Whole transactions in the steady state; \`settle10\` is a tenth of a batch of ten.

${table(['flow', 'gas'], flows)}

## Trials

One element on trial: numbers in its sum, bytes of calldata, gas of the ruling alone, and of each transaction.

${table(['proof', ...JUDGED], judged)}`;
  return { name: 'gas', title: 'Gas', about: 'what each flow costs', body };
}

export function knownIssuesPage(): Page {
  const body = `From [KNOWN-ISSUES](../KNOWN-ISSUES.md); the limits of trust are in the [trust model](../TRUST-MODEL.md).

${table(['#', 'what', 'why it is so', 'what would change it'], knownIssues())}`;
  return { name: 'known-issues', title: 'Known issues', about: 'what is known and left as it is', body };
}
