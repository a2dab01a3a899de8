import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { attacks } from '../../../scripts/attack/attacks.ts';
import { flawsOf, type Guard, type GuardEntry, readGuards } from '../../../scripts/attack/unguarded/guard-list.ts';
import { unguardedMain } from '../../../scripts/attack/unguarded/main.ts';
import { withCode } from '../../../scripts/attack/unguarded/unguarded-copy.ts';
import { verdictOn } from '../../../scripts/attack/unguarded/verdict.ts';
import { editedSources } from '../../../scripts/process/source-edit.ts';

const names = attacks.map(({ name }) => name);
const guard: Guard = {
  attack: 'dust',
  guard: 'a job has a fee',
  edits: [{ file: 'contracts/A.sol', from: 'a', to: 'b' }],
  says: 'it went through',
};

describe('the guards that are named', () => {
  const guards = readGuards().filter((entry): entry is Guard => 'guard' in entry);

  it('are of every attack, and of nothing else', () => {
    expect(flawsOf(readGuards(), names)).toEqual([]);
  });

  it('are in the sources as they are now', () => {
    const read = (file: string): string =>
      readFileSync(file.startsWith('@') ? `node_modules/${file}` : file, { encoding: 'utf8' });
    for (const { edits } of guards) expect(() => editedSources(edits, read)).not.toThrow();
  });
});

describe('a list of guards is refused', () => {
  const flaws = (...entries: readonly GuardEntry[]): readonly string[] => flawsOf(entries, ['dust']);
  const flawed = (change: Partial<Guard>): readonly string[] => flaws({ ...guard, ...change });

  it('when an attack is missing, unknown, or has one guard twice', () => {
    expect(flaws()).toEqual(['dust: no guard is named']);
    expect(flaws(guard, { attack: 'rust', noGuard: 'no such thing' })).toEqual(['rust: there is no such attack']);
    expect(flaws(guard, guard)).toEqual(['dust: a job has a fee: named twice']);
    expect(flaws({ attack: 'dust', noGuard: 'nothing stands against it' })).toEqual([]);
  });

  it('when a guard is not taken away, or not for the success of the attack', () => {
    const of = (flaw: string): string[] => [`dust: a job has a fee: ${flaw}`];
    expect(flawed({ edits: [] })).toEqual(of('nothing is edited'));
    expect(flawed({ edits: [{ file: 'contracts/A.sol', from: 'a', to: 'a' }] })).toEqual(of('an edit changes nothing'));
    expect(flawed({ says: '' })).toEqual(of('it does not say what the attack reports'));
    expect(flawed({ says: 'it failed for another reason' })).toEqual(of('what the attack reports is no success'));
    const edits = [...guard.edits, { file: 'contracts/B.sol', from: 'a', to: 'b' }];
    expect(flawed({ edits })).toEqual(of('edits of several files, and it does not say why'));
    expect(flawed({ edits, inDepth: 'B stands behind A' })).toEqual([]);
  });
});

it('an attack notices that its guard is gone only by saying that it succeeded', () => {
  expect(verdictOn(guard, { flaw: 'expected NoFee, and it went through' }).outcome).toBe('noticed');
  expect(verdictOn(guard, { flaw: undefined })).toEqual({ outcome: 'not noticed', reported: '' });
  const reported = 'expected NoFee, and it failed for another reason: NoStake()';
  expect(verdictOn(guard, { flaw: reported })).toEqual({ outcome: 'stopped', reported });
});

describe('edits', () => {
  const read = (): string => 'one two two three';

  it('of one file are made one after the other', () => {
    const edits = [
      { file: 'A', from: 'one', to: 'three' },
      { file: 'A', from: 'three two', to: 'four' },
    ];
    expect(editedSources(edits, read)).toEqual({ A: 'four two three' });
  });

  it('of a place that is not there exactly once are refused', () => {
    const edit = (from: string) => () => editedSources([{ file: 'A', from, to: '' }], read);
    expect(edit('four')).toThrow("A: 'four' is there 0 times, not once");
    expect(edit('two')).toThrow("A: 'two' is there 2 times, not once");
  });
});

it('code takes the place of code in an artifact, creation and deployed', () => {
  const artifact = 'export const A = ({ "bytecode": "0x60", "deployedBytecode": "0x61" });';
  expect(withCode(artifact, '70', '71')).toBe('export const A = ({ "bytecode": "0x70", "deployedBytecode": "0x71" });');
  expect(() => withCode('export const A = ({});', '70', '71')).toThrow("the field 'bytecode' 0 times, not once");
});

describe('./dev attack unguarded', () => {
  afterEach(() => vi.restoreAllMocks());

  it('ATTACK_UNKNOWN: a name that no attack has is wrong usage', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await unguardedMain({ names: ['dusk'], guard: '', json: false })).toBe(64);
    expect(said.mock.calls.join()).toContain("ATTACK_UNKNOWN: there is no attack named 'dusk'");
    expect(said.mock.calls.join()).toContain('did you mean dust?');
  });

  it('ATTACK_UNKNOWN: so are words that describe no guard of the attacks', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await unguardedMain({ names: ['dust'], guard: 'leaves after its delay', json: false })).toBe(64);
    expect(said.mock.calls.join()).toContain("no guard of these attacks is described by 'leaves after its delay'");
  });
});
