import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A tree in which every file breaks the rule named beside it. */
const VIOLATIONS = {
  'pure-protocol-and-runtime': ['workers/protocol/a.ts', '../runtime/clock.ts'],
  'shared-parts-are-strangers': ['workers/chain/a.ts', '../queue/b.ts'],
  'roles-are-strangers': ['workers/roles/listener/a.ts', '../executor/b.ts'],
  'roles-do-not-start-themselves': ['workers/roles/listener/b.ts', '../../bin/b.ts'],
  'bin-composes': ['workers/bin/a.ts', '../chain/b.ts'],
  'workers-stand-alone': ['workers/store/a.ts', '../../scripts/b.ts'],
  'one-door-to-onnxruntime': ['workers/queue/a.ts', 'onnxruntime-node'],
  'one-door-to-contract-types': ['workers/chain/c.ts', '../../types/b.ts'],
  'no-development-packages-in-workers': ['workers/runtime/a.ts', 'chai'],
  'no-cycles': ['scripts/c.ts', './d.ts'],
  resolvable: ['scripts/e.ts', './absent.ts'],
} as const;
const ALLOWED = [
  ['workers/chain/contracts.ts', '../../types/b.ts'],
  ['workers/chain/d.ts', '../protocol/b.ts'],
  ['workers/inference/a.ts', 'onnxruntime-node'],
  ['workers/bin/c.ts', '../roles/listener/compose.ts'],
  ['workers/roles/listener/compose.ts', '../../chain/b.ts'],
  ['scripts/d.ts', './c.ts'],
] as const;
const LEAVES = [
  'workers/runtime/clock.ts',
  'workers/queue/b.ts',
  'workers/roles/executor/b.ts',
  'workers/bin/b.ts',
  'workers/chain/b.ts',
].concat('workers/protocol/b.ts', 'scripts/b.ts', 'types/b.ts');

let folder = '';
let found: { from: string; rule: string }[] = [];

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

async function cruise(): Promise<typeof found> {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'workers', 'scripts'];
  const program = path.resolve('node_modules/.bin/depcruise');
  const stdout = await new Promise<string>((resolve) =>
    execFile(program, args, { cwd: folder }, (_error, out) => resolve(out)),
  );
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  return summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'remit-imports-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(file, path.join(folder, file));
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  for (const leaf of LEAVES) write(leaf, 'export const leaf = 1;\n');
  for (const [file, target] of [...Object.values(VIOLATIONS), ...ALLOWED]) write(file, `import '${target}';\n`);
  found = await cruise();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('import rules', () => {
  test.each(Object.entries(VIOLATIONS))('%s is enforced', (rule, [from]) => {
    expect(found).toContainEqual({ from, rule });
  });

  test('what the rules allow is not reported', () => {
    const allowed = ALLOWED.map(([file]) => file).filter((file) => file !== 'scripts/d.ts');
    expect(found.filter(({ from }) => allowed.some((file) => file === from))).toEqual([]);
  });
});
