import { expect, test } from 'vitest';
import { compareLayouts, type StorageLayout, storageLayout } from '../../../scripts/check/storage-layout.ts';

const variable = { slot: 0, offset: 0, bytes: 32, name: '_balances', type: 'uint256', contract: 'Vault' };
const layout = (slot: number): StorageLayout => ({
  contracts: { Vault: [{ ...variable, slot }] },
  structs: { 'struct Stake': [{ slot, offset: 16, bytes: 16, name: 'locked', type: 'uint128' }] },
});

test('a variable or a member that moved is a problem that names its contract or struct', () => {
  expect(compareLayouts(layout(0), layout(0))).toEqual([]);
  expect(compareLayouts(layout(0), layout(1))).toEqual([
    expect.stringMatching(/^Vault lies differently/),
    expect.stringMatching(/^struct Stake lies differently/),
  ]);
});

test('a contract that came or went is a problem', () => {
  const none: StorageLayout = { contracts: {}, structs: {} };
  expect(compareLayouts(none, layout(0))[0]).toMatch(/^Vault is new/);
  expect(compareLayouts(layout(0), none)[0]).toMatch(/^Vault is gone/);
});

test('stake is two halves of one slot, and the ledger of Settlement comes first', () => {
  const { contracts, structs } = storageLayout();
  expect(contracts['Settlement']?.map(({ name }) => name)).toContain('_balances');
  expect(contracts['Slasher']).toEqual([]);
  const stake = structs['struct IOperatorStaking.Stake'];
  expect(stake?.map(({ slot, offset, bytes }) => [slot, offset, bytes])).toEqual([
    [0, 0, 16],
    [0, 16, 16],
  ]);
});
