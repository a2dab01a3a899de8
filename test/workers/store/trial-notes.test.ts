import { expect, it } from 'vitest';
import { openTrialNotes } from '../../../workers/store/trial-notes.ts';
import { hash, jobOf } from '../../support/sample-job.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('a salt stays the first one, also after a restart: another would orphan the commitment', async () => {
  const folder = await tempFolder();
  const path = `${folder}/trial.sqlite`;
  const first = openTrialNotes(path);
  expect(first.salt(jobOf(1), 'prove-element-9', () => hash(5))).toBe(hash(5));
  first.noteCommitment(jobOf(1), 'prove-element-9', hash(8));
  first.close();
  const second = openTrialNotes(path);
  expect(second.salt(jobOf(1), 'prove-element-9', () => hash(6))).toBe(hash(5));
  expect(second.salt(jobOf(2), 'prove-element-9', () => hash(6))).toBe(hash(6));
  expect([...second.commitments(jobOf(1))]).toEqual([['prove-element-9', hash(8)]]);
  expect([...second.commitments(jobOf(2))]).toEqual([]);
  second.close();
});

it('what is kept is there after a restart, until it is released', async () => {
  const path = `${await tempFolder()}/trial.sqlite`;
  const first = openTrialNotes(path);
  first.keep('one', 'first');
  first.keep('one', 'again');
  first.keep('two', 'second');
  first.close();
  const second = openTrialNotes(path);
  expect(second.kept()).toEqual(['first', 'second']);
  second.forget(jobOf(1));
  second.release('one');
  expect(second.kept()).toEqual(['second']);
  expect([second.isKept('one'), second.isKept('two')]).toEqual([false, true]);
  second.close();
});

it('traces are listed, and all of a job is forgotten together', async () => {
  const folder = await tempFolder();
  const notes = openTrialNotes(`${folder}/trial.sqlite`);
  notes.serve(jobOf(1), hash(1));
  notes.serve(jobOf(1), hash(1));
  notes.salt(jobOf(2), 'prove-padding-9', () => hash(3));
  expect(notes.served(jobOf(1))).toEqual([hash(1)]);
  notes.forget(jobOf(1));
  expect(notes.salt(jobOf(2), 'prove-padding-9', () => hash(4))).toBe(hash(3));
  expect(notes.served(jobOf(1))).toEqual([]);
  notes.close();
});
