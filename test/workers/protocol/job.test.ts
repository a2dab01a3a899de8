import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRecord, recordHash, recordToJson } from '../../../workers/protocol/attestation-record.ts';
import { ZERO_ADDRESS, parseAddress } from '../../../workers/protocol/ids.ts';
import {
  Availability,
  CallbackPhase,
  Delivery,
  JobReason,
  JobStatus,
  type TermsJson,
  isOpen,
  isTerminal,
  jobIdOf,
  nameOf,
  parseTerms,
  termsToJson,
} from '../../../workers/protocol/job.ts';
import { ModelStatus, OutputKind } from '../../../workers/protocol/model.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

interface JobCase {
  chainId: number;
  registry: string;
  terms: TermsJson;
  jobId: string;
  record: Record<string, string>;
  recordHash: string;
}
const cases = sharedVectors('job-ids.json') as JobCase[];
const [, sample] = cases.map(({ terms }) => terms);

describe('job id', () => {
  it.each(cases)('agrees with the shared vector $jobId', ({ chainId, registry, terms, jobId }) => {
    const domain = { chainId: BigInt(chainId), registry: parseAddress(registry) };
    expect(jobIdOf(parseTerms(terms), domain)).toBe(jobId);
  });

  it('changes with every field, the chain and the registry', () => {
    const terms = parseTerms(sample);
    const domain = { chainId: 1n, registry: parseAddress(`0x${'11'.repeat(20)}`) };
    const changed = (Object.keys(terms) as (keyof typeof terms)[]).map((field) => ({
      ...terms,
      [field]: other(terms[field]),
    }));
    const ids = [
      jobIdOf(terms, domain),
      jobIdOf(terms, { ...domain, chainId: 2n }),
      jobIdOf(terms, { ...domain, registry: ZERO_ADDRESS }),
      ...changed.map((variant) => jobIdOf(variant, domain)),
    ];
    expect(new Set(ids).size).toBe(20);
  });
});

function other(value: string | number | bigint): string | number | bigint {
  if (typeof value === 'string') return `0x${'0'.repeat(value.length - 2)}`;
  return typeof value === 'number' ? (value === 0 ? 1 : 0) : value - 1n;
}

describe('terms in JSON', () => {
  it.each(cases)('come back as they were ($jobId)', ({ terms }) => {
    expect(termsToJson(parseTerms(terms))).toEqual(terms);
    expect(JSON.parse(JSON.stringify(termsToJson(parseTerms(terms))))).toEqual(terms);
  });

  it.each([
    ['fee', '-1', 'an unsigned integer below 2^128'],
    ['fee', (2n ** 128n).toString(), 'an unsigned integer below 2^128'],
    ['salt', '0x10', 'an unsigned integer below 2^96'],
    ['salt', '01', 'an unsigned integer below 2^96'],
    ['attestDeadline', 2 ** 53, 'an unsigned integer below 2^40'],
    ['callbackGas', 2 ** 32, 'an unsigned integer below 2^32'],
    ['callbackGas', 1.5, 'an unsigned integer below 2^32'],
    ['availability', 4, 'one of 0, 1, 2, 3'],
    ['requester', '0x12', 'an address'],
    ['inputRoot', `0x${'0'.repeat(63)}`, '32 bytes of hex'],
    ['policy', undefined, 'an address'],
  ])('name a malformed %s: %s', (field, value, expected) => {
    const message = expect.stringContaining(`terms.${field}: expected ${expected}`) as string;
    expect(() => parseTerms({ ...sample, [field]: value })).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED', message }),
    );
  });

  it('must be an object', () => {
    expect(() => parseTerms(null)).toThrow(/terms: expected an object, got null/);
  });
});

describe('attestation record', () => {
  it.each(cases)('hashes as on the chain ($recordHash)', ({ record, recordHash: expected }) => {
    expect(recordHash(parseRecord(record))).toBe(expected);
    expect(recordToJson(parseRecord(record))).toEqual(record);
  });
});

describe('state of a job', () => {
  it('is terminal when settled, expired, slashed or void', () => {
    const terminal = Object.values(JobStatus)
      .filter(isTerminal)
      .map((status) => nameOf(JobStatus, status));
    expect(terminal).toEqual(['Settled', 'Expired', 'Slashed', 'Void']);
  });

  it('is open when no operator is named', () => {
    expect(isOpen({ operator: ZERO_ADDRESS })).toBe(true);
    expect(isOpen({ operator: parseAddress(`0x${'11'.repeat(20)}`) })).toBe(false);
  });

  it('has a name, also when nobody knows it', () => {
    expect(nameOf(JobReason, 7)).toBe('TrialVoid');
    expect(nameOf(JobReason, 99)).toBe('unknown (99)');
  });
});

describe('enums', () => {
  it.each([
    ['Job', 'JobStatus', JobStatus],
    ['Job', 'JobReason', JobReason],
    ['Job', 'Availability', Availability],
    ['Job', 'Delivery', Delivery],
    ['Job', 'CallbackPhase', CallbackPhase],
    ['Model', 'ModelStatus', ModelStatus],
    ['Model', 'OutputKind', OutputKind],
  ])('in %s.sol: %s has the same members in the same order', (file, name, members) => {
    const source = readFileSync(new URL(`../../../contracts/types/${file}.sol`, import.meta.url), 'utf8');
    const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source)?.[1] ?? '';
    const names = body
      .replaceAll(/\/\/.*$/gm, '')
      .split(',')
      .map((part) => part.trim());
    expect(Object.fromEntries(names.map((member, i) => [member, i]))).toEqual(members);
  });
});
