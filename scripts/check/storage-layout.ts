import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Problems } from './step.ts';

export const STORAGE_SNAPSHOT = 'bench/snapshots/storage.json';
const ACCEPT = './dev exec node scripts/gen/storage-layout.ts';

/** One variable: where it lies, and in which contract it is written. */
interface Variable {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
  readonly name: string;
  readonly type: string;
  readonly contract: string;
}
export interface StorageLayout {
  /** Contract → its variables in the order of their slots. Contracts without storage have none. */
  readonly contracts: Readonly<Record<string, readonly Variable[]>>;
  /** Struct → its members; slots count from the start of the struct. */
  readonly structs: Readonly<Record<string, readonly Omit<Variable, 'contract'>[]>>;
}

interface Entry {
  readonly contract: string;
  readonly label: string;
  readonly offset: number;
  readonly slot: string;
  readonly type: string;
}
interface TypeEntry {
  readonly label: string;
  readonly numberOfBytes: string;
  readonly members?: readonly Entry[];
}
interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<string, { storageLayout?: { storage: readonly Entry[]; types: Record<string, TypeEntry> | null } }>
  >;
}

/** The storage of every shipped contract, as the compiler lays it out; ids of its syntax tree are left out. */
export function storageLayout(): StorageLayout {
  const files = globSync('contracts/{*,base/*,consumer/*,judge/*,periphery/*}.sol').sort();
  const { errors = [], contracts } = compile(files);
  const failed = errors.filter(({ severity }) => severity === 'error');
  if (failed.length > 0) throw new Error(failed.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const layouts: Record<string, readonly Variable[]> = {};
  const structs: Record<string, readonly Omit<Variable, 'contract'>[]> = {};
  for (const file of files) {
    for (const [name, { storageLayout: layout }] of Object.entries(contracts[file] ?? {}).sort()) {
      if (layout === undefined) continue;
      const types = layout.types ?? {};
      const place = ({ slot, offset, label, type }: Entry): Omit<Variable, 'contract'> => ({
        slot: Number(slot),
        offset,
        bytes: Number(types[type]?.numberOfBytes ?? 0),
        name: label,
        type: types[type]?.label ?? type,
      });
      layouts[name] = layout.storage.map((entry) => ({
        ...place(entry),
        contract: entry.contract.replace(/^.*:/, ''),
      }));
      for (const { label, members } of Object.values(types)) if (members) structs[label] = members.map(place);
    }
  }
  const sorted = Object.fromEntries(Object.entries(structs).sort(([a], [b]) => a.localeCompare(b)));
  return { contracts: layouts, structs: sorted };
}

/** Every contract and struct whose layout is not the snapshot's. */
export function compareLayouts(snapshot: StorageLayout, now: StorageLayout): string[] {
  return (['contracts', 'structs'] as const).flatMap((kind) =>
    [...new Set([...Object.keys(snapshot[kind]), ...Object.keys(now[kind])])].flatMap((name) => {
      const [before, after] = [snapshot[kind][name], now[kind][name]].map((layout) => JSON.stringify(layout));
      if (before === after) return [];
      const what = before === undefined ? 'is new' : after === undefined ? 'is gone' : 'lies differently in storage';
      return [`${name} ${what}: if that is meant, accept it with ${ACCEPT}`];
    }),
  );
}

export function checkStorageLayout(): Problems {
  if (!existsSync(STORAGE_SNAPSHOT)) return [`${STORAGE_SNAPSHOT} is missing: run ${ACCEPT}`];
  return compareLayouts(JSON.parse(readFileSync(STORAGE_SNAPSHOT, 'utf8')) as StorageLayout, storageLayout());
}

function compile(files: readonly string[]): Output {
  const { compile: solc } = createRequire(import.meta.url)('solc') as {
    compile: (input: string, callbacks: { import: (file: string) => { contents: string } }) => string;
  };
  const read = (file: string): string =>
    readFileSync(file.startsWith('contracts/') ? file : path.join('node_modules', file), 'utf8');
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((file) => [file, { content: read(file) }])),
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['storageLayout'] } } },
  };
  return JSON.parse(solc(JSON.stringify(input), { import: (file) => ({ contents: read(file) }) })) as Output;
}
