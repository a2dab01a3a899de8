import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, open, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../workers/runtime/clock.ts';
import { silentLogger } from '../../../workers/runtime/logger.ts';
import { storeFailure } from '../../../workers/store/artifact-errors.ts';
import { openArtifactFolder } from '../../../workers/store/artifact-folder.ts';
import { pieces } from '../../../workers/store/artifact-hashing.ts';
import { nameOfBytes } from '../../../workers/store/blob-name.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

const deps = { clock: systemClock, logger: silentLogger };
const CHILD = new URL('../../support/put-slowly.ts', import.meta.url).pathname;
const write = { maxBytes: 1e9, from: 'the test' };

async function startChild(folder: string, mode: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  return child;
}

async function visible(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a crash', () => {
  it('in the middle of a write leaves nothing visible, and the next start removes the rest', async () => {
    const folder = await tempFolder();
    const child = await startChild(folder, 'half');
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1);
    await openArtifactFolder(folder, deps);
    expect(await readdir(join(folder, 'tmp')), 'the file of a writer that lives stays').toHaveLength(1);

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await visible(folder)).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1);
    await openArtifactFolder(folder, deps);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('at any moment leaves only whole blobs visible', async () => {
    const folder = await tempFolder();
    const child = await startChild(folder, 'many');
    await until(async () => (await visible(folder)).length > 20);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const blobs = await visible(folder);
    expect(blobs.length).toBeGreaterThan(20);
    for (const path of blobs) expect(path.endsWith(`/${nameOfBytes(await readFile(path)).contentId}`)).toBe(true);
  });

  it('of an earlier life with the same process id is told apart from this one', async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'tmp'), { recursive: true });
    const names = { earlier: `${process.pid}-000000000000-0000000000000000.part`, unknown: 'something', old: 'old' };
    for (const name of Object.values(names)) await writeFile(join(folder, 'tmp', name), '');
    await utimes(join(folder, 'tmp', names.old), 0, 0);
    await openArtifactFolder(folder, deps);
    expect(await readdir(join(folder, 'tmp'))).toEqual([names.unknown]);
  });
});

describe('the disk', () => {
  it('being full is STORE_FULL, worth another try, and leaves nothing', async () => {
    const folder = await tempFolder();
    // The kernel's own ENOSPC.
    const store = await openArtifactFolder(folder, { ...deps, open: () => open('/dev/full', 'w') });
    await expect(store.write(pieces(Buffer.alloc(100_000)), write)).rejects.toMatchObject({
      code: 'STORE_FULL',
      retryable: true,
    });
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(await visible(folder)).toEqual([]);
  });

  it('refusing is STORE_UNWRITABLE with the folder named', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'file'), '');
    await expect(openArtifactFolder(join(folder, 'file'), deps)).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      message: expect.stringContaining(folder) as string,
    });
    await chmod(join(folder, 'file'), 0o400);
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    expect(storeFailure(denied, '/x')).toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(storeFailure('other', '/x')).toBe('other');
  });

  it('taking away a file between two steps makes the blob absent, not an error', async () => {
    const store = await openArtifactFolder(await tempFolder(), deps);
    const name = nameOfBytes(Buffer.from('gone'));
    await store.quarantine(name, 'test');
    expect(await store.read(name, write)).toBeUndefined();
    expect(await store.verify(name, write)).toBeUndefined();
  });
});

describe('an expected name', () => {
  it('keeps other bytes from becoming visible under any name', async () => {
    const folder = await tempFolder();
    const store = await openArtifactFolder(folder, deps);
    const expected = nameOfBytes(Buffer.from('a'));
    await expect(store.write(pieces(Buffer.from('b')), { ...write, expected })).rejects.toMatchObject({
      code: 'BLOB_HASH_MISMATCH',
    });
    expect(await visible(folder)).toEqual([]);
    await expect(access(store.path(expected))).rejects.toThrow();
  });
});
