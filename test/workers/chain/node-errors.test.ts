import { describe, expect, it } from 'vitest';
import { overallVerdict, type PublishVerdict, verdictOf } from '../../../workers/chain/node-errors.ts';
import { RpcRejection } from '../../../workers/chain/rpc.ts';

const said = (code: number, message: string): RpcRejection =>
  new RpcRejection({ method: 'eth_sendRawTransaction', node: 'http://node', code, message });

const TABLE: readonly (readonly [node: string, code: number, message: string, verdict: PublishVerdict])[] = [
  ['geth', -32000, 'already known', 'known'],
  ['geth', -32000, 'nonce too low: next nonce 5, tx nonce 4', 'nonce-too-low'],
  ['geth', -32000, 'nonce too high: tx nonce 9, gapped nonce 5', 'nonce-too-high'],
  ['geth', -32000, 'replacement transaction underpriced', 'replacement-underpriced'],
  ['geth', -32000, 'transaction underpriced: gas tip cap 0, minimum needed 1', 'fee-too-low'],
  ['geth', -32000, 'max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7', 'fee-too-low'],
  [
    'geth',
    -32000,
    'insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1',
    'insufficient-funds',
  ],
  ['geth', -32000, 'exceeds block gas limit', 'gas-limit'],
  ['geth', -32000, 'intrinsic gas too low: gas 20000, minimum needed 21000', 'gas-limit'],
  ['geth', -32000, 'txpool is full', 'pool-full'],
  ['geth', -32000, 'invalid chain id for signer: have 5 want 1', 'wrong-chain'],
  ['geth', -32000, 'max priority fee per gas higher than max fee per gas', 'invalid'],
  ['reth', -32003, 'nonce too low: next nonce 1, tx nonce 0', 'nonce-too-low'],
  ['reth', -32003, 'transaction underpriced', 'fee-too-low'],
  ['reth', -32000, 'already known', 'known'],
  ['reth', -32003, 'exceeds block gas limit', 'gas-limit'],
  ['nethermind', -32010, 'AlreadyKnown', 'known'],
  ['nethermind', -32010, 'OldNonce, Current nonce: 5, nonce of rejected tx: 4', 'nonce-too-low'],
  ['nethermind', -32010, 'NonceGap, Future nonce. Expected nonce: 5', 'nonce-too-high'],
  ['nethermind', -32010, 'ReplacementNotAllowed', 'replacement-underpriced'],
  ['nethermind', -32010, 'FeeTooLow, EffectivePriorityFeePerGas too low 1 < 2, BaseFee: 7', 'fee-too-low'],
  ['nethermind', -32010, 'FeeTooLowToCompete', 'fee-too-low'],
  ['nethermind', -32010, 'InsufficientFunds, Account balance: 0, cumulative cost: 1', 'insufficient-funds'],
  ['nethermind', -32010, 'GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 40000000', 'gas-limit'],
  ['anvil', -32003, 'transaction already imported', 'known'],
  ['anvil', -32003, 'nonce too low', 'nonce-too-low'],
  ['anvil', -32003, 'Insufficient funds for gas * price + value', 'insufficient-funds'],
  ['anvil', -32003, 'max fee per gas less than block base fee', 'fee-too-low'],
  ['anvil', -32000, 'intrinsic gas too high -- tx.gas_limit > env.block.gas_limit', 'gas-limit'],
  ['anvil', -32602, 'Failed to decode transaction', 'invalid'],
  ['any', -32602, 'something about parameters', 'invalid'],
  ['any', -32000, 'the flux capacitor is cold', 'unknown'],
  ['any', -32603, 'internal error', 'unknown'],
];

describe('verdictOf', () => {
  it.each(TABLE)('reads %s %i "%s" as %s', (_, code, message, verdict) => {
    expect(verdictOf(said(code, message))).toBe(verdict);
  });

  it('takes silence for acceptance and trouble on the way for "may have been sent"', () => {
    expect(verdictOf(undefined)).toBe('accepted');
    expect(verdictOf(new Error('socket hang up'))).toBe('unknown');
  });
});

describe('overallVerdict', () => {
  it('believes the node that knows most', () => {
    expect(overallVerdict(['unknown', 'accepted', 'insufficient-funds'])).toBe('accepted');
    expect(overallVerdict(['accepted', 'known'])).toBe('known');
    expect(overallVerdict(['insufficient-funds', 'unknown'])).toBe('unknown');
    expect(overallVerdict(['gas-limit', 'gas-limit'])).toBe('gas-limit');
    expect(overallVerdict([])).toBe('unknown');
  });
});
