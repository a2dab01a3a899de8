import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGroupCommit } from '../../../workers/store/group-commit.ts';
import { openJournal } from '../../../workers/store/journal.ts';
import { tempFolder } from '../../support/temp-folder.ts';

describe('a group commit', () => {
  it('writes once for everything that was asked for in one turn', async () => {
    let commits = 0;
    const grouped = createGroupCommit({
      commit: (work) => {
        work();
        commits += 1;
      },
      part: (work) => work(),
    });
    expect(await Promise.all([1, 2, 3].map((n) => grouped(() => n * 2)))).toEqual([2, 4, 6]);
    expect(commits).toBe(1);
    await grouped(() => undefined);
    expect(commits).toBe(2);
  });

  it('tells nobody of success before everything is written', async () => {
    const grouped = createGroupCommit({
      commit: (work) => {
        work();
        throw new Error('disk full');
      },
      part: (work) => work(),
    });
    const told = await Promise.allSettled([grouped(() => 1), grouped(() => 2)]);
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('takes back only what failed', async () => {
    const path = join(await tempFolder(), 'signer.db');
    const journal = openJournal(path, { chainId: 1, genesisHash: '0x', signer: '0x1' });
    onTestFinished(() => {
      journal.close();
    });
    const write = (id: string): void => {
      journal.run('INSERT INTO outputs VALUES (?, ?)', id, '0x');
    };
    const told = await Promise.allSettled([
      journal.grouped(() => {
        write('a');
      }),
      journal.grouped(() => {
        write('b');
        throw new Error('no');
      }),
      journal.grouped(() => {
        journal.transact(() => {
          write('c');
        });
      }),
    ]);
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(journal.all('SELECT job_id FROM outputs ORDER BY job_id').map((row) => row['job_id'])).toEqual(['a', 'c']);
  });
});
