import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Address, type Hex32, type JobId, ZERO_HEX32 } from '../../../workers/protocol/ids.ts';
import { systemClock } from '../../../workers/runtime/clock.ts';
import {
  type AttestationGuard,
  createAttestationGuard,
  type GuardedAttestation,
} from '../../../workers/store/attestation-guard.ts';
import { openJournal } from '../../../workers/store/journal.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const word = (n: number): Hex32 => `0x${n.toString(16).padStart(64, '0')}` as Hex32;
const operator = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' as Address;
const attestation = (job: number, output: number, more: Partial<GuardedAttestation> = {}): GuardedAttestation => ({
  operator,
  jobId: word(job) as JobId,
  outputRoot: word(output),
  ...more,
});

async function openGuard(path?: string): Promise<{ guard: AttestationGuard; path: string; close: () => void }> {
  const file = path ?? join(await tempFolder(), 'signer.db');
  const journal = openJournal(file, { chainId: 31337, genesisHash: '0xabc', signer: operator });
  onTestFinished(() => {
    journal.close();
  });
  return {
    guard: createAttestationGuard({ journal, clock: systemClock }),
    path: file,
    close: () => {
      journal.close();
    },
  };
}

const equivocation = expect.objectContaining({ code: 'EQUIVOCATION', retryable: false }) as Error;

describe('admit', () => {
  it('records the first attestation of a job and knows it again in another life', async () => {
    const { guard, path, close } = await openGuard();
    expect(guard.admit(attestation(1, 10))).toBe('recorded');
    expect(guard.admit(attestation(1, 10))).toBe('same');
    close();
    const { guard: again } = await openGuard(path);
    expect(again.admit(attestation(1, 10))).toBe('same');
    expect(again.find(operator, word(1) as JobId)).toEqual({ ...attestation(1, 10), outputContent: ZERO_HEX32 });
    expect(again.find(operator, word(2) as JobId)).toBeUndefined();
  });

  it('refuses a second output, in root or in content, in this life and the next', async () => {
    const { guard, path, close } = await openGuard();
    guard.admit(attestation(1, 10));
    expect(() => guard.admit(attestation(1, 11))).toThrow(equivocation);
    expect(() => guard.admit(attestation(1, 10, { outputContent: word(9) }))).toThrow(equivocation);
    close();
    const { guard: again } = await openGuard(path);
    expect(() => again.admit(attestation(1, 11))).toThrow(equivocation);
    expect(again.admit(attestation(1, 10))).toBe('same');
  });

  it('takes another spelling of the same values for the same values', async () => {
    const { guard } = await openGuard();
    guard.admit(attestation(0xab, 0xcd));
    expect(
      guard.admit(
        attestation(0xab, 0xcd, {
          jobId: word(0xab).toUpperCase().replace('0X', '0x') as JobId,
          operator: operator.toLowerCase() as Address,
        }),
      ),
    ).toBe('same');
    expect(() => guard.admit(attestation(0xab, 1, { operator: operator.toLowerCase() as Address }))).toThrow(
      equivocation,
    );
  });

  it('keeps operators apart', async () => {
    const { guard } = await openGuard();
    guard.admit(attestation(1, 10));
    expect(guard.admit(attestation(1, 11, { operator: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' as Address }))).toBe(
      'recorded',
    );
  });
});
