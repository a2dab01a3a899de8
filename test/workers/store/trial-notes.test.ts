import { expect, it } from 'vitest';
import { openTrialNotes } from '../../../workers/store/trial-notes.ts';
import { hash, jobOf } from '../../support/sample-job.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('a salt stays the first one, also after a restart: another would orphan the commitment', async () => {
  const folder = await tempFolder();
  const path = `${folder}/trial.sqlite`;
  const first = openTrialNotes(path);
  expect(first.findSalt(jobOf(1), 'prove-element-9')).toBeUndefined();
  expect(first.salt(jobOf(1), 'prove-element-9', () => hash(5))).toBe(hash(5));
  first.close();
  const second = openTrialNotes(path);
  expect(second.salt(jobOf(1), 'prove-element-9', () => hash(6))).toBe(hash(5));
  expect(second.salt(jobOf(2), 'prove-element-9', () => hash(6))).toBe(hash(6));
  second.close();
});

it('steps are counted, traces listed, and all of a job is forgotten together', async () => {
  const folder = await tempFolder();
  const notes = openTrialNotes(`${folder}/trial.sqlite`);
  notes.ask(jobOf(1), 'open', 10);
  notes.ask(jobOf(1), 'open', 30);
  notes.serve(jobOf(1), hash(1));
  notes.serve(jobOf(1), hash(1));
  notes.ask(jobOf(2), 'open', 40);
  expect(notes.asked(jobOf(1), 'open')).toEqual({ tries: 2, lastAt: 30 });
  expect(notes.served(jobOf(1))).toEqual([hash(1)]);
  expect(notes.jobs()).toEqual([jobOf(1), jobOf(2)]);
  notes.forget(jobOf(1));
  expect(notes.jobs()).toEqual([jobOf(2)]);
  expect(notes.asked(jobOf(1), 'open')).toBeUndefined();
  notes.close();
});
