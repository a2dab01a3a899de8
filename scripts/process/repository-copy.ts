import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface CopyOptions {
  /** Folders that git ignores and the copy needs all the same, such as compiled artifacts. */
  readonly built?: readonly string[];
}

/**
 * Runs `action` in a throw-away copy of the repository (its files, tracked or about to be; `node_modules` is shared),
 * because instrumented or changed contracts must not overwrite the real artifacts.
 */
export async function inRepositoryCopy<T>(
  action: (folder: string) => Promise<T>,
  { built = [] }: CopyOptions = {},
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'remit-copy-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Who is told to end in the middle leaves nothing behind either.
  const endEarly = (): void => {
    remove();
    process.exit(1);
  };
  process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
  try {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      encoding: 'utf8',
    });
    for (const file of listed.split('\0')) {
      if (file !== '' && existsSync(file)) cpSync(file, path.join(folder, file));
    }
    for (const name of built) {
      if (existsSync(name)) cpSync(name, path.join(folder, name), { recursive: true, filter: isNoBuildInfo });
    }
    symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
    return await action(folder);
  } finally {
    process.off('SIGINT', endEarly).off('SIGTERM', endEarly);
    remove();
  }
}

/** The compiler's whole output takes hundreds of megabytes and is read by debuggers only. */
const isNoBuildInfo = (file: string): boolean => path.basename(file) !== 'build-info';
