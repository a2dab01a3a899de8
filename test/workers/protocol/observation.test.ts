import { Signature, Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';
import { reportCall } from '../../../workers/chain/feed-calls.ts';
import { interfaces } from '../../../workers/chain/contracts.ts';
import type { Address, DataRequestId, FeedId } from '../../../workers/protocol/ids.ts';
import {
  type Observation,
  observationDigest,
  observationTypedData,
  recoverReporter,
  reportOf,
} from '../../../workers/protocol/observation.ts';
import { FEED, FEED_DOMAIN, REQUEST, word } from '../../support/sample-feed.ts';

const wallet = new Wallet(word(1));
const OBSERVATION: Observation = { feedId: FEED, requestId: REQUEST, turn: 7n, value: -5n };

async function signed(observation = OBSERVATION): Promise<string> {
  const { domain, types, value } = observationTypedData(observation, FEED_DOMAIN);
  return wallet.signTypedData(domain, types, value);
}

describe('an observation', () => {
  it('has a digest that changes with every field, the chain and the registry', () => {
    const changed: Observation[] = [
      { ...OBSERVATION, feedId: word(9) as unknown as FeedId },
      { ...OBSERVATION, requestId: word(9) as unknown as DataRequestId },
      { ...OBSERVATION, turn: 8n },
      { ...OBSERVATION, value: 5n },
    ];
    const digests = [
      observationDigest(OBSERVATION, FEED_DOMAIN),
      observationDigest(OBSERVATION, { ...FEED_DOMAIN, chainId: 1n }),
      observationDigest(OBSERVATION, { ...FEED_DOMAIN, verifyingContract: wallet.address as Address }),
      ...changed.map((one) => observationDigest(one, FEED_DOMAIN)),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is recovered from its signature, and from no other', async () => {
    const signature = await signed();
    expect(recoverReporter(OBSERVATION, signature, FEED_DOMAIN)).toBe(wallet.address);
    expect(recoverReporter({ ...OBSERVATION, value: -6n }, signature, FEED_DOMAIN)).not.toBe(wallet.address);
    for (const bad of ['0x', '', `${signature}00`, signature.slice(0, -2), `0x${'ff'.repeat(64)}1b`]) {
      expect(recoverReporter(OBSERVATION, bad, FEED_DOMAIN)).toBeUndefined();
    }
  });

  it('is nobody’s when its value has no place in the type', async () => {
    const signature = await signed();
    for (const value of [2n ** 127n, -(2n ** 127n) - 1n, 10n ** 38n * 9n]) {
      expect(recoverReporter({ ...OBSERVATION, value }, signature, FEED_DOMAIN)).toBeUndefined();
    }
  });
});

describe('a report', () => {
  it('holds the whole signature in two words', async () => {
    const signatures = await Promise.all([1n, 2n, 3n, 4n, 5n, 6n].map((value) => signed({ ...OBSERVATION, value })));
    for (const signature of signatures) {
      const { r, vs } = reportOf(2, 1n, signature);
      expect(Signature.from({ r, yParityAndS: vs }).serialized).toBe(signature);
    }
    // Both parities were among them.
    expect(new Set(signatures.map((signature) => signature.slice(-2))).size).toBe(2);
  });

  it('travels in the order of seats', async () => {
    const signature = await signed();
    const data = reportCall(FEED, 7, [
      reportOf(3, 1n, signature),
      reportOf(0, 2n, signature),
      reportOf(12, 3n, signature),
    ]);
    const [, turn, reports] = interfaces.FeedRegistry.decodeFunctionData('report', data);
    expect(turn).toBe(7n);
    expect((reports as { seat: bigint }[]).map(({ seat }) => seat)).toEqual([0n, 3n, 12n]);
  });
});
