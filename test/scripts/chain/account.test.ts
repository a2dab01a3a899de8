import { encodeBytes32String } from 'ethers';
import { expect, test } from 'vitest';
import { addressOf, inWords } from '../../../scripts/chain/account.ts';
import type { ChainSession } from '../../../scripts/chain/chain-session.ts';
import { ZERO_ADDRESS } from '../../../workers/protocol/ids.ts';

test('a contract that a deployment lacks is said to be missing', () => {
  const deployment = { chainId: 5, addresses: { FeedRegistry: ZERO_ADDRESS } } as unknown as ChainSession['deployment'];
  expect(() => addressOf('FeedRegistry', { deployment })).toThrow(
    expect.objectContaining({ code: 'CONTRACT_NOT_DEPLOYED', context: { contract: 'FeedRegistry', chainId: 5 } }),
  );
});

test('the field that a contract refuses is shown as text', () => {
  const reason = { data: '0x' as const, name: 'FeedRegistryInvalidTerms', message: 'x' };
  const shown = inWords({ ...reason, args: { field: encodeBytes32String('seats') } });
  expect(shown).toMatchObject({ message: 'FeedRegistryInvalidTerms(seats)', args: { field: 'seats' } });
  expect(inWords({ ...reason, args: {} })).toMatchObject({ message: 'x' });
});
