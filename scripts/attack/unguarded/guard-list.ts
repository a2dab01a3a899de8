import { readFileSync } from 'node:fs';
import type { SourceEdit } from '../../process/source-edit.ts';

/** What defends against an attack, and how it is taken away. */
export interface Guard {
  /** The attack, by its name. */
  readonly attack: string;
  /** One line: what defends. */
  readonly guard: string;
  /** All made together; paths from the root of the repository, or of a package's source as contracts import it. */
  readonly edits: readonly SourceEdit[];
  /** Why one edit is not enough, where several guards stand behind one another. */
  readonly inDepth?: string;
  /** Part of the line that the attack has to break off with: what it says when it succeeded. */
  readonly says: string;
}

/** An attack that no guard of ours stands against. */
export interface Unguardable {
  readonly attack: string;
  /** Why there is nothing to take away. */
  readonly noGuard: string;
}

export type GuardEntry = Guard | Unguardable;

export const GUARDS_FILE = 'scripts/attack/guards.json';

/** In the order of the file; an attack may be there more than once. */
export function readGuards(): readonly GuardEntry[] {
  return JSON.parse(readFileSync(new URL('../guards.json', import.meta.url), 'utf8')) as readonly GuardEntry[];
}

/** What is wrong with a list, one line each: an attack without an entry, an entry without an attack, a duplicate. */
export function flawsOf(entries: readonly GuardEntry[], attacks: readonly string[]): readonly string[] {
  const named = Map.groupBy(entries, ({ attack }) => attack);
  const missing = attacks.filter((attack) => !named.has(attack)).map((attack) => `${attack}: no guard is named`);
  const unknown = [...named.keys()].filter((attack) => !attacks.includes(attack));
  const guards = entries.filter((entry) => 'guard' in entry);
  const twice = [...Map.groupBy(guards, ({ attack, guard }) => `${attack}: ${guard}`)].filter(
    ([, same]) => same.length > 1,
  );
  return [
    ...missing,
    ...unknown.map((attack) => `${attack}: there is no such attack`),
    ...twice.map(([name]) => `${name}: named twice`),
    ...guards.flatMap((entry) => flawsOfGuard(entry).map((flaw) => `${entry.attack}: ${entry.guard}: ${flaw}`)),
  ];
}

function flawsOfGuard({ edits, inDepth, says }: Guard): readonly string[] {
  const files = new Set(edits.map(({ file }) => file));
  return [
    ...(edits.length === 0 ? ['nothing is edited'] : []),
    ...(edits.some(({ from, to }) => from === to) ? ['an edit changes nothing'] : []),
    ...(says === '' ? ['it does not say what the attack reports'] : []),
    // An attempt that something else stops has not succeeded.
    ...(says.includes('another reason') ? ['what the attack reports is no success'] : []),
    ...(files.size > 1 && inDepth === undefined ? ['edits of several files, and it does not say why'] : []),
  ];
}
