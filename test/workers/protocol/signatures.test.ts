import { SigningKey, Wallet, id } from 'ethers';
import { describe, expect, it } from 'vitest';
import {
  type Appointment,
  appointmentDigest,
  appointmentTypedData,
  recoverAppointed,
} from '../../../workers/protocol/appointment.ts';
import {
  type Attestation,
  type Offer,
  attestationDigest,
  attestationTypedData,
  offerDigest,
  offerTypedData,
  recoverAttester,
  recoverOfferer,
} from '../../../workers/protocol/attestation.ts';
import { ZERO_HEX32, parseAddress, parseHex32, parseJobId } from '../../../workers/protocol/ids.ts';
import { type TypedData, domainSeparator } from '../../../workers/protocol/typed-data.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

interface Signed<T> {
  value: T;
  domainSeparator: string;
  digest: string;
  privateKey: string;
  signer: string;
  signature: string;
}
interface Cases {
  chainId: number;
  jobRegistry: string;
  operatorStaking: string;
  attestations: Signed<Attestation>[];
  offers: Signed<{ jobId: Offer['jobId']; penalty: string; expiry: string }>[];
  appointments: Signed<Appointment>[];
}
const cases = sharedVectors('eip712.json') as Cases;
const chainId = BigInt(cases.chainId);
const registry = { chainId, verifyingContract: parseAddress(cases.jobRegistry) };
const staking = { chainId, verifyingContract: parseAddress(cases.operatorStaking) };

/** What any EIP-712 signer of the world makes of it. */
async function sign<T extends object>({ domain, types, value }: TypedData<T>, privateKey: string): Promise<string> {
  return new Wallet(privateKey).signTypedData(domain, types, value);
}

describe('attestation', () => {
  it.each(cases.attestations)('has digest, signature and signer of the shared vector $digest', async (entry) => {
    const data = attestationTypedData(entry.value, registry);
    expect(domainSeparator(data)).toBe(entry.domainSeparator);
    expect(attestationDigest(entry.value, registry)).toBe(entry.digest);
    expect(await sign(data, entry.privateKey)).toBe(entry.signature);
    expect(recoverAttester(entry.value, entry.signature, registry)).toBe(entry.signer);
  });

  it('has another digest on another chain, for another registry and for another operator', () => {
    const [entry] = cases.attestations;
    if (!entry) throw new Error('no case');
    const elsewhere = parseAddress(`0x${'11'.repeat(20)}`);
    const digests = [
      attestationDigest(entry.value, registry),
      attestationDigest(entry.value, { ...registry, chainId: 1n }),
      attestationDigest(entry.value, { ...registry, verifyingContract: elsewhere }),
      attestationDigest({ ...entry.value, operator: elsewhere }, registry),
      attestationDigest({ ...entry.value, outputContent: entry.value.outputRoot }, registry),
    ];
    expect(new Set(digests).size).toBe(5);
  });
});

describe('offer', () => {
  it.each(cases.offers)('has digest, signature and signer of the shared vector $digest', async (entry) => {
    const offer = {
      jobId: entry.value.jobId,
      penalty: BigInt(entry.value.penalty),
      expiry: BigInt(entry.value.expiry),
    };
    expect(offerDigest(offer, registry)).toBe(entry.digest);
    expect(await sign(offerTypedData(offer, registry), entry.privateKey)).toBe(entry.signature);
    expect(recoverOfferer(offer, entry.signature, registry)).toBe(entry.signer);
  });
});

describe('appointment', () => {
  it.each(cases.appointments)('has digest, signature and signer of the shared vector $digest', async (entry) => {
    const data = appointmentTypedData(entry.value, staking);
    expect(domainSeparator(data)).toBe(entry.domainSeparator);
    expect(appointmentDigest(entry.value, staking)).toBe(entry.digest);
    expect(await sign(data, entry.privateKey)).toBe(entry.signature);
    expect(recoverAppointed(entry.value, entry.signature, staking)).toBe(entry.value.attester);
  });
});

describe('recovery', () => {
  const key = new SigningKey(id('key'));
  const attestation = {
    jobId: parseJobId(id('job')),
    outputRoot: parseHex32(id('output')),
    outputContent: ZERO_HEX32,
    operator: parseAddress(`0x${'11'.repeat(20)}`),
  };
  const { r, s, v } = key.sign(attestationDigest(attestation, registry));
  const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const highS = `0x${(N - BigInt(s)).toString(16).padStart(64, '0')}`;
  const bytes = (...parts: string[]) => `0x${parts.map((part) => part.replace('0x', '')).join('')}`;

  it.each([
    ['nothing', '0x'],
    ['no hex', 'signature'],
    ['64 bytes', bytes(r, s)],
    ['66 bytes', bytes(r, s, '1b', '00')],
    ['v of 0', bytes(r, s, '00')],
    ['the upper half of s', bytes(r, highS, v === 27 ? '1c' : '1b')],
    ['r beyond the curve', bytes(`0x${'f'.repeat(64)}`, s, '1b')],
  ])('gives nobody for %s', (_, signature) => {
    expect(recoverAttester(attestation, signature, registry)).toBeUndefined();
  });

  it('gives another key, never the right one, when anything signed was changed', () => {
    const signature = bytes(r, s, v.toString(16));
    const signer = recoverAttester(attestation, signature, registry);
    expect(signer).toBe(new Wallet(key).address);
    expect(recoverAttester({ ...attestation, outputRoot: attestation.jobId }, signature, registry)).not.toBe(signer);
  });
});
