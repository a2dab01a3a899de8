import { readFileSync } from 'node:fs';
import { children, textAt } from '../mutants/syntax-tree.ts';
import type { StorageLayout } from '../check/storage-layout.ts';
import type { ContractSources } from './contract-sources.ts';
import { type EntryPoint, entryPointsOf } from './entry-points.ts';
import { deployedNames, type LiveDeployment } from './live-deployment.ts';
import { code, list, type Page, table } from './page.ts';

const SIZE_MAX = 24_576;

/** Lines that hold more than a comment. */
function sourceLines(text: string): number {
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');
  return bare.split('\n').filter((line) => line.trim() !== '').length;
}

export function scopePage({ files }: ContractSources, { sizes }: LiveDeployment): Page {
  const rows = [...files.values()].map((file) => {
    const declared = children(file.tree, 'nodes')
      .filter(({ nodeType }) => nodeType === 'ContractDefinition')
      .map((node) => `${textAt(node, 'contractKind')} ${textAt(node, 'name')}`);
    return [code(file.path), sourceLines(file.text), file.text.split('\n').length - 1, list(declared)];
  });
  const total = [...files.values()].reduce((sum, { text }) => sum + sourceLines(text), 0);
  const deployed = Object.entries(sizes).map(([name, size]) => [name, size, SIZE_MAX - size]);
  const config = readFileSync('hardhat.config.ts', 'utf8');
  const version = /version: '([^']+)'/.exec(config)?.[1] ?? '';
  const hot = /const hotPath = \{([\s\S]*?)\};/.exec(config)?.[1] ?? '';
  const viaIr = [...hot.matchAll(/'?([\w/]+)'?: ([\d_]+),/g)].map(
    ([, name = '', runs = '']) => `${name} (${Number(runs.replaceAll('_', '')).toLocaleString('en-US')} runs)`,
  );
  const body = `## Compiler

solc ${version}, evmVersion cancun, optimiser on. By way of the intermediate representation: ${list(viaIr)}. \`TensorJudge\` and
\`FeedAggregator\`: legacy pipeline, 1,000,000 runs. All others: legacy pipeline, 200 runs.

## Deployed contracts

Of a local deployment by \`hardhat deploy\`. EIP-170 allows ${SIZE_MAX.toLocaleString('en-US')} bytes.

${table(['contract', 'bytes of code', 'bytes left'], deployed)}

## Files in scope

${rows.length} files, ${total.toLocaleString('en-US')} lines of source without comments and empty lines.

${table(['file', 'source lines', 'lines', 'declares'], rows)}

## Out of scope

- \`contracts/mocks/\`: for tests and measurements; of these, local networks deploy \`DevToken\`.
- \`@openzeppelin/contracts\`, unchanged, at the version of \`package-lock.json\`: AccessManager, ECDSA, EIP712, SafeERC20, Checkpoints, Clones.
- The token of a deployment; its requirements are in the [trust model](../TRUST-MODEL.md).
- \`workers/\`: what runs off the chain; [architecture](../ARCHITECTURE.md), and the threats O1 to O4 of [threats](threats.md).`;
  return { name: 'scope', title: 'Scope', about: 'files, lines, compilers, sizes, what is out', body };
}

export function entryPointsPage(sources: ContractSources, live: LiveDeployment): Page {
  const names = [...deployedNames, 'ScheduleAccount'];
  const known = new Set(names.flatMap((one) => entryPointsOf(one, sources).map(({ name }) => `${one}.${name}`)));
  const unknown = Object.keys(CLARIFIED).filter((one) => !known.has(one));
  if (unknown.length > 0) throw new Error(`no deployed contract has ${list(unknown)}`);
  const sections = names.map((contract) => {
    const points = entryPointsOf(contract, sources);
    const callers = Object.entries(live.named[contract] ?? {}).map(([view, who]) => `${code(view)} = ${who}`);
    const rows = points.map((point) => [
      code(point.name) + (point.payable ? ' (payable)' : ''),
      whoOf(point, live),
      list(point.modifiers.map(code)),
      list(point.refusals.map((one) => code(one))),
    ]);
    const named = callers.length === 0 ? '' : `Fixed at deployment: ${callers.join(', ')}.\n\n`;
    const body =
      rows.length === 0
        ? 'Changes nothing: every function is a view.'
        : table(['function', 'who may call', 'modifiers', 'refuses when'], rows);
    return `## ${contract}\n\n${named}${body}`;
  });
  const members = Object.entries(live.members).map(([role, who]) => [role, list(who)]);
  const guarded = Object.entries(live.roles).flatMap(([contract, roles]) =>
    entryPointsOrNothing(contract, sources)
      .filter(({ modifiers }) => modifiers.includes('restricted'))
      .map(({ name, selector }) => [`${contract}.${name}`, roles[`0x${selector}`] ?? '?']),
  );
  const body = `Every function of every deployed contract that can change something. Who may call is read from a live local deployment
(immutables, roles) and from the syntax tree (modifiers, conditions on the caller, those of internal functions among them).

- **anybody, for itself**: acts in the caller's name, on what is the caller's.
- **anybody**: the outcome is the same whoever calls, and what is paid goes to its owner.

Roles, as the last deployment script leaves them on a local network:

${table(['role', 'held by'], members)}

${table(['restricted function', 'role'], guarded)}

\`AccessManager\` is OpenZeppelin's, unchanged: \`ADMIN\` grants roles and sets delays, and no role reaches beyond the functions above.

${sections.join('\n\n')}`;
  return {
    name: 'entry-points',
    title: 'Entry points',
    about: 'every function that changes something, and who may call it',
    body,
  };
}

function entryPointsOrNothing(contract: string, sources: ContractSources): readonly EntryPoint[] {
  return sources.contracts.has(contract) && contract !== 'AccessManager' ? entryPointsOf(contract, sources) : [];
}

/** Where the caller is not compared but looked up: in words, and each must be the name of a function. */
const CLARIFIED: Readonly<Record<string, string>> = {
  'JobRegistry.attest': 'a key of the operator that the terms name; of an eligible one for an open job',
  'JobRegistry.attestWithSignature': 'anybody who brings such a key’s signature',
  'JobRegistry.request': 'anybody with a balance, for itself',
  'JobRegistry.requestWithOffer': 'anybody with a balance, with the operator’s signature',
  'JobRegistry.setAuthority': 'AccessManager, at the word of `ADMIN`',
  'ModelRegistry.setAuthority': 'AccessManager, at the word of `ADMIN`',
  'ModelRegistry.register': 'the publisher that the spec names',
  'ModelRegistry.retire': 'the publisher',
  'OperatorStaking.appointAttester': 'anybody, for itself, with the key’s consent',
  'OperatorStaking.revokeAttester': 'the operator whose key it is',
  'TrialCourt.postTrace': 'the operator on trial, or a key of its',
  'TrialCourt.open': 'anybody with a bond',
  'TrialCourt.demand': 'anybody with a bond who waits for no other answer',
  'FeedRegistry.join': 'the operator that is invited to the seat, with a key of its own',
  'FeedRegistry.replaceReporter': 'the operator on the seat, with a key of its own',
  'FeedRegistry.leave': 'the operator on the seat',
  'FeedRegistry.report': 'the reporter of the seat that leads the turn',
  'FeedRegistry.answerData': 'the reporter of the seat that leads the turn',
  'FeedRegistry.invite': 'the feed’s steward',
  'FeedRegistry.defund': 'the feed’s steward',
  'Scheduler.cancel': 'the schedule’s owner',
  'Scheduler.withdraw': 'the schedule’s owner',
};

function whoOf(point: EntryPoint, { named, roles, members }: LiveDeployment): string {
  const { contract, name, selector, modifiers, refusals, comparedWith, ownAffairs } = point;
  const clarified = CLARIFIED[`${contract}.${name}`];
  if (clarified !== undefined) return clarified;
  if (modifiers.includes('restricted')) {
    const role = roles[contract]?.[`0x${selector}`] ?? '?';
    return `${role}: ${list(members[role] ?? [])}`;
  }
  const known = named[contract] ?? {};
  const fixed = comparedWith.filter((variable) => variable in known && !OPEN_TO_OTHERS.test(refusals.join(' ')));
  const demanded = fixed.filter((variable) => refusals.some((one) => one.includes(`msg.sender != ${variable}`)));
  if (demanded.length > 0) return demanded.map((variable) => known[variable] ?? '').join(', ');
  if (refusals.some((one) => one.includes('msg.sender != scheduler'))) return 'Scheduler';
  const stated = refusals.filter((one) => !/fromFeed|_isWaitingFor/.test(one));
  if (stated.length > 0) return 'whom the condition names';
  return ownAffairs ? 'anybody, for itself' : 'anybody';
}

/** A comparison that only tells two ways apart. */
const OPEN_TO_OTHERS = /^fromFeed != \(msg\.sender == feedRequests\)$/;

export function storagePage(): Page {
  const { contracts, structs } = JSON.parse(readFileSync('bench/snapshots/storage.json', 'utf8')) as StorageLayout;
  const sections = Object.entries(contracts).map(([name, variables]) =>
    variables.length === 0
      ? ''
      : `### ${name}\n\n${table(
          ['slot', 'offset', 'bytes', 'variable', 'type', 'declared in'],
          variables.map((one) => [one.slot, one.offset, one.bytes, code(one.name), code(one.type), one.contract]),
        )}`,
  );
  const members = Object.entries(structs).map(
    ([name, fields]) =>
      `### ${name}\n\n${table(
        ['slot', 'offset', 'bytes', 'member', 'type'],
        fields.map((one) => [one.slot, one.offset, one.bytes, code(one.name), code(one.type)]),
      )}`,
  );
  const body = `From \`bench/snapshots/storage.json\`, which \`./dev check\` compares with the compiler's. No contract is behind a proxy, so a layout
matters to tools that read storage, and to nothing else. Immutables and transient storage take no slot.

## Contracts

${sections.filter((one) => one !== '').join('\n\n')}

## Structs

${members.join('\n\n')}`;
  return { name: 'storage', title: 'Storage layout', about: 'every variable with its slot', body };
}
