import { readFileSync } from 'node:fs';
import { link, mkdir, open, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../models/credit-score/random.ts';

/** Where secrets are, around the place where models lie. */
export interface CanaryPlaces {
  /** Where models lie, with a secret, a symbolic and a hard link to one beside them. */
  readonly store: string;
  /** Meant as the working directory of the host; has a `.env`. */
  readonly home: string;
  readonly names: { readonly beside: string; readonly symlink: string; readonly hardlink: string };
  /** Absolute paths of all secrets. */
  readonly paths: readonly [string, ...string[]];
}

export interface Canaries extends CanaryPlaces {
  /** Whether any run of eight secret bytes is in `bytes`: as they are, turned word by word, or one per word. */
  isIn(bytes: Uint8Array): boolean;
  /** Paths that somebody has read since the last look; undefined where the file system keeps no times of reading. */
  readonly reads: (() => Promise<string[]>) | undefined;
}

const TOKENS = 512;
const TOKEN_BYTES = 8;
const LONG_AGO = new Date('2001-01-01');

/** Every eight bytes of a secret are known again; as float32 all of them are finite. */
export async function plantCanaries(folder: string, random: Random): Promise<Canaries> {
  const [store, home, vault] = ['store', 'home', 'vault'].map((name) => join(folder, name)) as [string, string, string];
  for (const place of [store, home, vault]) await mkdir(place, { recursive: true });
  const names = { beside: 'secret.bin', symlink: 'weights.bin', hardlink: 'model.data' };
  const paths = [
    join(folder, 'secret.bin'),
    join(store, names.beside),
    join(home, '.env'),
    join(vault, 'symlinked'),
    join(vault, 'hardlinked'),
  ] as const;
  const tokens = new Set<string>();
  for (const path of paths) await writeFile(path, secret(random, tokens));
  await symlink(join(vault, 'symlinked'), join(store, names.symlink));
  await link(join(vault, 'hardlinked'), join(store, names.hardlink));
  const watched = await createReadWatch(paths);
  return {
    ...{ store, home, names, paths },
    isIn: (bytes) => viewsOf(bytes).some((text) => hasToken(text, tokens)),
    reads: watched,
  };
}

function secret(random: Random, tokens: Set<string>): Buffer {
  const written = Array.from({ length: TOKENS }, () => {
    const token = `K=${Array.from({ length: TOKEN_BYTES - 2 }, () => String.fromCharCode(97 + random.below(26))).join('')}`;
    tokens.add(token);
    return token;
  });
  return Buffer.from(written.join(''), 'latin1');
}

/** Vectors hold big-endian words, and an 8-bit element takes a whole one. */
function viewsOf(bytes: Uint8Array): string[] {
  const plain = Buffer.from(bytes);
  const words = plain.subarray(0, plain.length - (plain.length % 4));
  const turned = Buffer.from(words).swap32();
  const narrow = Buffer.from(words.filter((_, at) => at % 4 === 3));
  return [plain, turned, narrow].map((view) => view.toString('latin1'));
}

function hasToken(text: string, tokens: ReadonlySet<string>): boolean {
  for (let at = text.indexOf('K='); at >= 0; at = text.indexOf('K=', at + 1))
    if (tokens.has(text.slice(at, at + TOKEN_BYTES))) return true;
  return false;
}

/** The times of reading, set far back: with `relatime` the next read of anybody, by any name, moves them. */
async function createReadWatch(paths: readonly string[]): Promise<Canaries['reads']> {
  const arm = async (path: string): Promise<void> => utimes(path, LONG_AGO, new Date());
  const wasRead = async (path: string): Promise<boolean> => (await stat(path)).atimeMs !== LONG_AGO.getTime();
  const [probe = ''] = paths;
  await arm(probe);
  const before = await wasRead(probe);
  // Opened anew: the page cache does not matter to the time.
  const handle = await open(probe);
  await handle.close();
  readFileSync(probe);
  const works = !before && (await wasRead(probe));
  for (const path of paths) await arm(path);
  if (!works) return undefined;
  return async () => {
    const read: string[] = [];
    for (const path of paths) {
      if (!(await wasRead(path))) continue;
      read.push(path);
      await arm(path);
    }
    return read;
  };
}
