import { mkdirSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../workers/runtime/clock.ts';
import { entryPointsPage, scopePage, storagePage } from './contract-pages.ts';
import { readContracts } from './contract-sources.ts';
import { coveragePage } from './coverage-page.ts';
import { hashInputs } from './inputs.ts';
import { readInvariants } from './invariants.ts';
import { readLiveDeployment } from './live-deployment.ts';
import { code, formatted, type Page, table } from './page.ts';
import { gasPage, invariantsPage, knownIssuesPage, revertsPage, statesPage, threatsPage } from './rule-pages.ts';

const FOLDER = 'docs/audit';

/** Writes every page of docs/audit; the same inputs give the same bytes. Returns the files. */
export async function writePages(deps: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<readonly string[]> {
  const inputs = hashInputs();
  const sources = readContracts();
  const live = await readLiveDeployment(deps);
  const invariants = readInvariants();
  const pages: readonly Page[] = [
    scopePage(sources, live),
    entryPointsPage(sources, live),
    statesPage(sources),
    invariantsPage(invariants),
    threatsPage(invariants),
    revertsPage(sources),
    coveragePage(),
    gasPage(),
    storagePage(),
    knownIssuesPage(),
  ];
  const contents = pages.map(({ name, title, about }) => [`[${title}](${name}.md)`, about]);
  const index: Page = {
    name: 'README',
    title: 'For auditors',
    about: '',
    body: `What there is to audit, made out of contracts, tests, documents and a live local deployment.

${table(['page', 'has'], contents)}

Start with the [trust model](../TRUST-MODEL.md) and the [architecture](../ARCHITECTURE.md). Every test runs with \`./dev test\`, every attack with
\`./dev attack run --all\`.

## What it was made of

\`./dev check audit\` compares these with what is there now; when they differ, \`./dev audit\` writes the pages anew.

${table(
  ['input', 'hash'],
  Object.entries(inputs).map(([name, hash]) => [name, code(hash)]),
)}`,
  };
  mkdirSync(FOLDER, { recursive: true });
  const files: string[] = [];
  for (const page of [index, ...pages]) {
    const file = `${FOLDER}/${page.name}.md`;
    writeFileSync(file, await formatted(page));
    files.push(file);
  }
  return files;
}
