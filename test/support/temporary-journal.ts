import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Journal, openJournal } from '../../workers/store/journal.ts';

/** A journal on disk, closed and removed when the test has ended. */
export function temporaryJournal(signer: string): Journal {
  const folder = mkdtempSync(join(tmpdir(), 'remit-journal-'));
  const journal = openJournal(join(folder, 'journal.sqlite'), { chainId: 31_337, genesisHash: '0x00', signer });
  onTestFinished(() => {
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return journal;
}
