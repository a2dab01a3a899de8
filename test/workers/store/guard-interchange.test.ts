import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Address, JobId } from '../../../workers/protocol/ids.ts';
import { ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import type { Observation } from '../../../workers/protocol/observation.ts';
import { type AttestationGuard, createAttestationGuard } from '../../../workers/store/attestation-guard.ts';
import { exportGuards, type GuardPlace, importGuards } from '../../../workers/store/guard-interchange.ts';
import { journalPaths, openJournal } from '../../../workers/store/journal.ts';
import { createReportGuard, type ReportGuard } from '../../../workers/store/report-guard.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { FEED, REQUEST, ROUNDS, word } from '../../support/sample-feed.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const OLD_KEY = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' as Address;
const NEW_KEY = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' as Address;
const OPERATOR = '0x90F79bf6EB2c4f870365E785982E1f101E93b906' as Address;
const LEAST = -(2n ** 127n);
const MOST_TURNS = 2n ** 64n - 1n;
const clock = new ManualClock();

const attestation = (job: number, output: number, outputContent = ZERO_HEX32) => ({
  operator: OPERATOR,
  jobId: word(job) as unknown as JobId,
  outputRoot: word(output),
  outputContent,
});
const observation = (turn: bigint, value: bigint, requestId = ROUNDS): Observation => ({
  feedId: FEED,
  requestId,
  turn,
  value,
});

async function placeOf(signer = OLD_KEY): Promise<GuardPlace> {
  return { folder: await tempFolder(), signer };
}

interface Signing {
  readonly attestations: AttestationGuard;
  readonly reports: ReportGuard;
}

/** What submitter and oracle do with this key; afterwards both have stopped. */
function signing<T>({ folder, signer }: GuardPlace, work: (guards: Signing) => T, chainId = 31_337): T {
  const paths = journalPaths(folder, signer);
  const [one, two] = [paths.attestations, paths.reports].map((path) =>
    openJournal(path, { chainId, genesisHash: '0xabc', signer }),
  );
  try {
    return work({
      attestations: createAttestationGuard({ journal: one!, clock }),
      reports: createReportGuard({ journal: two!, clock }),
    });
  } finally {
    one!.close();
    two!.close();
  }
}

/** A key that has attested two jobs and reported two rounds and a question. */
async function oldKey(): Promise<GuardPlace> {
  const place = await placeOf();
  signing(place, ({ attestations, reports }) => {
    attestations.admit(attestation(1, 10));
    attestations.admit(attestation(2, 20, word(7)));
    reports.admit(observation(1n, 100n));
    reports.admit(observation(MOST_TURNS, LEAST));
    reports.admit(observation(1n, 300n, REQUEST));
  });
  return place;
}

const OBSERVED = { feedId: FEED, requestId: ROUNDS, turn: '1', value: '-100' };
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const failing = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('what a key has signed', () => {
  it.each([
    ['on another machine', OLD_KEY],
    ['by the key that takes its place', NEW_KEY],
  ])('is never contradicted %s', async (_, signer) => {
    const exported = throughJson(exportGuards(await oldKey()));
    const place = await placeOf(signer);
    expect(importGuards(exported, place, { clock })).toEqual({ added: 5, known: 0 });
    signing(place, ({ attestations, reports }) => {
      expect(() => attestations.admit(attestation(1, 11))).toThrow(failing('EQUIVOCATION'));
      expect(() => attestations.admit(attestation(2, 20))).toThrow(failing('EQUIVOCATION'));
      expect(() => reports.admit(observation(1n, 101n))).toThrow(failing('DOUBLE_REPORT'));
      expect(reports.find(observation(MOST_TURNS, 0n))).toBe(LEAST);
      expect(reports.admit(observation(1n, 300n, REQUEST))).toBe('same');
      expect(reports.admit(observation(2n, 7n))).toBe('recorded');
    });
  });

  it('joins what is there, and may come twice', async () => {
    const exported = exportGuards(await oldKey());
    const place = await placeOf(NEW_KEY);
    signing(place, ({ attestations, reports }) => {
      attestations.admit(attestation(2, 20, word(7)));
      attestations.admit(attestation(3, 30));
      reports.admit(observation(1n, 100n));
    });
    expect(importGuards(exported, place, { clock })).toEqual({ added: 3, known: 2 });
    expect(importGuards(exported, place, { clock })).toEqual({ added: 0, known: 5 });
    const all = exportGuards(place);
    expect([all.signer, all.attestations.length, all.observations.length]).toEqual([NEW_KEY, 3, 3]);
  });

  it.each([
    ['an attestation', 'EQUIVOCATION', ({ attestations }: Signing) => attestations.admit(attestation(2, 21))],
    ['an observation', 'DOUBLE_REPORT', ({ reports }: Signing) => reports.admit(observation(1n, 301n, REQUEST))],
  ])('is taken over not at all when %s contradicts one that is there', async (_, code, sign) => {
    const exported = exportGuards(await oldKey());
    const place = await placeOf(NEW_KEY);
    signing(place, sign);
    const before = exportGuards(place);
    expect(() => importGuards(exported, place, { clock })).toThrow(failing(code));
    expect(exportGuards(place)).toEqual(before);
  });

  it('comes from a submitter without an oracle as well, and from an oracle without a submitter', async () => {
    for (const one of ['attestations', 'reports'] as const) {
      const place = await placeOf();
      openJournal(journalPaths(place.folder, place.signer)[one], {
        chainId: 31_337,
        genesisHash: '0xabc',
        signer: OLD_KEY,
      }).close();
      const files = readdirSync(place.folder);
      expect(exportGuards(place)).toMatchObject({ chainId: 31_337, attestations: [], observations: [] });
      expect(readdirSync(place.folder)).toEqual(files);
    }
  });
});

describe('an export', () => {
  it('needs a key that has a journal, and makes none', async () => {
    const place = await placeOf();
    expect(() => exportGuards(place)).toThrow(failing('JOURNAL_MISSING'));
    expect(readdirSync(place.folder)).toEqual([]);
  });

  it('is neither made nor taken over while somebody signs with the key', async () => {
    const place = await oldKey();
    const running = openJournal(journalPaths(place.folder, place.signer).reports);
    try {
      expect(() => exportGuards(place)).toThrow(failing('JOURNAL_LOCKED'));
      expect(() => importGuards(exportedOf(), place, { clock })).toThrow(failing('JOURNAL_LOCKED'));
    } finally {
      running.close();
    }
  });

  it('of another chain is refused where there are journals', async () => {
    const place = await placeOf();
    signing(place, ({ attestations }) => attestations.admit(attestation(1, 10)), 1);
    expect(() => importGuards(exportedOf(), place, { clock })).toThrow(failing('JOURNAL_FOREIGN'));
  });

  it.each([
    ['nothing', null],
    ['a number', 7],
    ['an empty object', {}],
    ['another version', { ...exportedOf(), version: 2 }],
    ['another format', { ...exportedOf(), format: 'EIP-3076' }],
    ['no list', { ...exportedOf(), attestations: 'x' }],
    ['lacking what oracles signed', { ...exportedOf(), observations: undefined }],
    ['an attestation that is cut off', { ...exportedOf(), attestations: [{ jobId: '0x1' }] }],
    ['a value that no contract takes', { ...exportedOf(), observations: [{ ...OBSERVED, value: String(2n ** 127n) }] }],
    ['a value below all', { ...exportedOf(), observations: [{ ...OBSERVED, value: String(LEAST - 1n) }] }],
    ['a value that is no number', { ...exportedOf(), observations: [{ ...OBSERVED, value: '1.5' }] }],
    ['a turn before the first', { ...exportedOf(), observations: [{ ...OBSERVED, turn: '-1' }] }],
  ])('that is %s is refused, and nothing is made of it', async (_, value) => {
    const place = await placeOf();
    expect(() => importGuards(throughJson(value), place, { clock })).toThrow(failing('GUARD_IMPORT_REFUSED'));
    expect(readdirSync(place.folder)).toEqual([]);
  });
});

function exportedOf() {
  return {
    format: 'remit-signing-guard',
    version: 1,
    chainId: 31_337,
    genesisHash: '0xabc',
    signer: OLD_KEY,
    attestations: [attestation(1, 10)],
    observations: [] as unknown[],
  };
}
