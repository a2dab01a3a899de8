import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Runs `action` in a throw-away copy of the repository (its files, tracked or about to be; `node_modules` is shared),
 * because instrumented builds must not overwrite the real artifacts.
 */
export async function inRepositoryCopy<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'remit-coverage-'));
  try {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      encoding: 'utf8',
    });
    for (const file of listed.split('\0')) {
      if (file !== '' && existsSync(file)) cpSync(file, path.join(folder, file));
    }
    symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
