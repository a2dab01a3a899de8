import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Journal, type JournalOwner, openJournal } from '../../../workers/store/journal.ts';
import { openSqlite } from '../../../workers/store/sqlite.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const owner: JournalOwner = { chainId: 31337, genesisHash: '0xabc', signer: '0x01' };

function open(path: string, as: JournalOwner = owner): Journal {
  const journal = openJournal(path, as);
  onTestFinished(() => {
    journal.close();
  });
  return journal;
}

const note = (journal: Journal, id: string): void => {
  journal.run('INSERT INTO job_notes VALUES (?, ?, ?, ?)', id, 'seen', 1, '');
};
const notes = (journal: Journal): unknown => journal.get('SELECT count(*) AS n FROM job_notes')?.['n'];

describe('openJournal', () => {
  it('makes the folder and the file, and finds everything again', async () => {
    const path = join(await tempFolder(), 'deep', 'signer.db');
    const first = open(path);
    note(first, 'a');
    first.close();
    first.close();
    expect(notes(open(path))).toBe(1);
  });

  it('writes through to the disk', async () => {
    const journal = open(join(await tempFolder(), 'signer.db'));
    expect(journal.get('PRAGMA synchronous')?.['synchronous']).toBe(2);
    expect(journal.get('PRAGMA journal_mode')?.['journal_mode']).toBe('wal');
  });

  it('refuses a second opener in this process and in another one', async () => {
    const path = join(await tempFolder(), 'signer.db');
    const journal = open(path);
    note(journal, 'a');
    expect(() => openSqlite({ path, migrations: [], busyTimeoutMs: 10 })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_LOCKED' }) as Error,
    );
    const script = `
      import { openSqlite } from ${JSON.stringify(new URL('../../../workers/store/sqlite.ts', import.meta.url).href)};
      try { openSqlite({ path: ${JSON.stringify(path)}, migrations: [], busyTimeoutMs: 10 }); } catch (error) { process.stdout.write(error.code); }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = (await child.stdout.setEncoding('utf8').toArray()).join('');
    expect(said).toBe('JOURNAL_LOCKED');
  });

  it('keeps everything that was acknowledged when the process is killed', async () => {
    const path = join(await tempFolder(), 'signer.db');
    const script = `
      import { openJournal } from ${JSON.stringify(new URL('../../../workers/store/journal.ts', import.meta.url).href)};
      const journal = openJournal(${JSON.stringify(path)}, ${JSON.stringify(owner)});
      for (let i = 0; ; i++) {
        journal.run('INSERT INTO job_notes VALUES (?, ?, ?, ?)', 'job' + i, 'seen', 1, '');
        process.stdout.write(i + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.length > 500) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = said.split('\n').length - 1;
    expect(notes(open(path))).toBeGreaterThanOrEqual(acknowledged);
  });

  it.each([
    ['another signer', { ...owner, signer: '0x02' }],
    ['another chain', { ...owner, chainId: 1 }],
    ['a chain that was started anew', { ...owner, genesisHash: '0xdef' }],
  ])('refuses the journal of %s', async (_, other) => {
    const path = join(await tempFolder(), 'signer.db');
    open(path).close();
    expect(() => open(path, other)).toThrow(expect.objectContaining({ code: 'JOURNAL_FOREIGN' }) as Error);
    open(path).close();
  });

  it('refuses a file that is no database', async () => {
    const path = join(await tempFolder(), 'signer.db');
    await writeFile(path, 'not a database, but long enough to look like one: '.repeat(100));
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT', retryable: false }) as Error);
  });

  it('refuses a file with damaged pages', async () => {
    const path = join(await tempFolder(), 'signer.db');
    const journal = open(path);
    // One write to the disk, not two thousand.
    journal.transact(() => {
      for (let i = 0; i < 2000; i++) note(journal, `job-${i}`);
    });
    journal.close();
    const bytes = await readFile(path);
    bytes.fill(0x5a, 4096 * 3, bytes.length - 4096);
    await writeFile(path, bytes);
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }) as Error);
    await truncate(path, 5000);
    expect((await stat(path)).size).toBe(5000);
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }) as Error);
  });

  it('refuses a file of a newer version', async () => {
    const path = join(await tempFolder(), 'signer.db');
    open(path).close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'JOURNAL_TOO_NEW' }) as Error);
  });

  it('refuses a place where it cannot write', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'file'), '');
    expect(() => open(join(folder, 'file', 'signer.db'))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_UNWRITABLE' }) as Error,
    );
    expect(() => open(folder)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_UNWRITABLE', retryable: true }) as Error,
    );
    await chmod(folder, 0o700);
  });
});

describe('migrations', () => {
  it('runs only the steps a file has not had, each completely or not at all', async () => {
    const path = join(await tempFolder(), 'any.db');
    openSqlite({ path, migrations: ['CREATE TABLE a (x)'] }).close();
    openSqlite({ path, migrations: ['CREATE TABLE a (x)', 'CREATE TABLE b (x)'] }).close();
    expect(() => openSqlite({ path, migrations: ['', '', 'CREATE TABLE c (x); CREATE TABLE a (x)'] })).toThrow(
      'already exists',
    );
    const db = openSqlite({ path, migrations: ['', ''] });
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .all()
      .map(({ name }) => name);
    db.close();
    expect(tables).toEqual(['a', 'b']);
  });
});

describe('transact', () => {
  it('undoes everything when the work throws', async () => {
    const journal = open(join(await tempFolder(), 'signer.db'));
    expect(() =>
      journal.transact(() => {
        note(journal, 'a');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(notes(journal)).toBe(0);
  });
});
