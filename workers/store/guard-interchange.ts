import { existsSync } from 'node:fs';
import { FieldReader } from '../protocol/fields.ts';
import { type DataRequestId, type FeedId, type JobId, parseAddress } from '../protocol/ids.ts';
import type { Observation } from '../protocol/observation.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, RemitError } from '../runtime/errors.ts';
import { attestationsIn, createAttestationGuard, type GuardedAttestation } from './attestation-guard.ts';
import { type Journal, type JournalOwner, journalMissing, journalPaths, openJournal } from './journal.ts';
import { createReportGuard, observationsIn } from './report-guard.ts';

/** Everything that a key has signed and must not contradict, as JSON. */
export interface GuardInterchange extends JournalOwner {
  readonly format: 'remit-signing-guard';
  readonly version: 1;
  readonly attestations: readonly Required<GuardedAttestation>[];
  readonly observations: readonly { readonly [K in keyof Observation]: string }[];
}

/** Whose journals, and the data folder that has them. */
export interface GuardPlace {
  readonly folder: string;
  /** Its address, in any spelling. */
  readonly signer: string;
}

/**
 * What both journals of a signer have recorded. Nobody may be signing with it.
 * @throws RemitError JOURNAL_MISSING when it has none, JOURNAL_LOCKED, and what `openJournal` throws
 */
export function exportGuards({ folder, signer }: GuardPlace): GuardInterchange {
  const { attestations, reports } = journalPaths(folder, parseAddress(signer));
  const paths = [attestations, reports].filter((path) => existsSync(path));
  let owner: JournalOwner | undefined;
  const parts = paths.map((path) =>
    // The second has to be of the same chain as the first.
    withJournal(path, owner, (journal) => {
      owner = journal.owner;
      return { attestations: attestationsIn(journal), observations: observationsIn(journal) };
    }),
  );
  if (!owner) throw journalMissing(attestations);
  return {
    format: 'remit-signing-guard',
    version: 1,
    ...owner,
    attestations: parts.flatMap((part) => part.attestations),
    observations: parts.flatMap((part) =>
      part.observations.map(({ turn, value, ...ids }) => ({ ...ids, turn: turn.toString(), value: value.toString() })),
    ),
  };
}

/**
 * Takes over what was exported, all or none: for the same key elsewhere, or for one that takes its place. Journals that are
 * not there yet are made. Nobody may be signing with it.
 * @throws RemitError GUARD_IMPORT_REFUSED, EQUIVOCATION or DOUBLE_REPORT when a record contradicts one that is there,
 * JOURNAL_FOREIGN when the journals are of another chain, JOURNAL_LOCKED
 */
export function importGuards(
  exported: unknown,
  place: GuardPlace,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): { readonly added: number; readonly known: number } {
  const { chainId, genesisHash, attestations, observations } = parse(exported);
  const signer = parseAddress(place.signer);
  const owner = { chainId, genesisHash, signer };
  const paths = journalPaths(place.folder, signer);
  return withJournal(paths.attestations, owner, (attested) =>
    withJournal(paths.reports, owner, (reported) => {
      const attestationGuard = createAttestationGuard({ journal: attested, clock });
      const reportGuard = createReportGuard({ journal: reported, clock });
      return attested.transact(() =>
        reported.transact(() => {
          const outcomes = [
            ...attestations.map((one) => attestationGuard.admit(one)),
            ...observations.map((one) => reportGuard.admit(one)),
          ];
          const added = outcomes.filter((outcome) => outcome === 'recorded').length;
          return { added, known: outcomes.length - added };
        }),
      );
    }),
  );
}

function withJournal<T>(path: string, owner: JournalOwner | undefined, work: (journal: Journal) => T): T {
  const journal = openJournal(path, owner);
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

function parse(value: unknown) {
  try {
    const fields = new FieldReader('export', value);
    const { format, version, genesisHash } = value as Partial<Record<keyof GuardInterchange, unknown>>;
    if (format !== 'remit-signing-guard' || version !== 1 || typeof genesisHash !== 'string')
      throw refused('it is no export of version 1');
    return {
      chainId: fields.number('chainId', 64),
      genesisHash,
      attestations: fields.list('attestations', (one) => ({
        operator: one.address('operator'),
        jobId: one.hex32('jobId') as unknown as JobId,
        outputRoot: one.hex32('outputRoot'),
        outputContent: one.hex32('outputContent'),
      })),
      observations: fields.list('observations', (one) => ({
        feedId: one.hex32('feedId') as unknown as FeedId,
        requestId: one.hex32('requestId') as unknown as DataRequestId,
        turn: one.big('turn', 64),
        value: one.signed('value', 128),
      })),
    };
  } catch (error) {
    throw error instanceof RemitError && error.code === 'GUARD_IMPORT_REFUSED' ? error : refused(messageOf(error));
  }
}

function refused(why: string): RemitError {
  return new RemitError({
    code: 'GUARD_IMPORT_REFUSED',
    message: `what was exported from a guard cannot be imported: ${why}`,
    fix: 'export it again, with `worker guard export`, from the data folder of the key that signed',
  });
}
