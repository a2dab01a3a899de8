import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overallVerdict, type PublishVerdict, verdictOf } from '../../workers/chain/node-errors.ts';
import { RpcRejection } from '../../workers/chain/rpc.ts';
import { canonicalValues, EMITTER } from '../support/emitter.ts';
import type { TxLife } from '../support/tx-bench.ts';
import { emission, gwei, nonceOf, openTxStage, type TxStage } from '../support/tx-stage.ts';

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
  ['geth', -32000, 'in-flight transaction limit reached for delegated accounts', 'pool-full'],
  ['geth', -32000, 'transaction gas limit too high (cap: 16777216, tx: 30000000)', 'gas-limit'],
  ['geth', -32000, 'insufficient gas for floor data gas cost: gas 1, minimum needed 2', 'gas-limit'],
  ['geth', -32000, 'transaction type not supported', 'invalid'],
  ['geth', -32000, 'future transaction tries to replace pending', 'unknown'],
  ['geth', -32000, 'account limit exceeded', 'unknown'],
  ['reth', -32003, 'replacement transaction underpriced', 'replacement-underpriced'],
  ['reth', -32003, 'txpool is full', 'pool-full'],
  ['nethermind', -32010, 'NonceTooFarInFuture', 'nonce-too-high'],
  ['nethermind', -32010, 'FailedToResolveSender', 'unknown'],
  ['any', -32602, 'something about parameters', 'invalid'],
  ['any', -32000, 'the flux capacitor is cold', 'unknown'],
  ['any', -32603, 'internal error', 'unknown'],
];

describe('F37 · what nodes say to a transaction', () => {
  it.each(TABLE)('%s %i "%s" is read as %s', (_, code, message, verdict) => {
    expect(verdictOf(said(code, message))).toBe(verdict);
  });

  it('takes silence for acceptance and trouble on the way for "may have been sent"', () => {
    expect(verdictOf(undefined)).toBe('accepted');
    expect(verdictOf(new Error('socket hang up'))).toBe('unknown');
  });

  it('of many nodes, the one that knows most is believed', () => {
    expect(overallVerdict(['unknown', 'accepted', 'insufficient-funds'])).toBe('accepted');
    expect(overallVerdict(['accepted', 'known'])).toBe('known');
    expect(overallVerdict(['insufficient-funds', 'unknown'])).toBe('unknown');
    expect(overallVerdict(['gas-limit', 'gas-limit'])).toBe('gas-limit');
    expect(overallVerdict([])).toBe('unknown');
  });
});

describe('F37 · what nodes say to a call', () => {
  it.each([
    ['geth', -32_000, 'header not found', true],
    ['geth', -32_000, 'missing trie node 4c9f (path ) state 0x4c9f is not available', true],
    ['reth', -32_001, 'block not found: latest', true],
    ['nethermind', -32_001, '0xabc could not be found: unknown block', true],
    ['anvil', -32_602, 'BlockOutOfRangeError: block height is 408 but requested was 420', true],
    ['geth', 3, 'execution reverted', false],
    ['any', -32_602, 'invalid argument 0', false],
  ] as const)('%s %i "%s" may pass: %s', (_, code, message, passes) => {
    expect(said(code, message).retryable).toBe(passes);
  });
});

describe('F37 · whatever a node says, a transaction is mined once, with one nonce', () => {
  let stage: TxStage;

  beforeAll(async () => {
    stage = await openTxStage({});
  });
  afterAll(() => stage.stop());

  const open = (account: number): Promise<TxLife> =>
    stage.bench.open({ account, urls: [stage.proxy.url], manager: { pollMs: 5, stallMs: 10 } });

  it.each(['geth', 'reth', 'nethermind', 'anvil', 'any'].map((node, account) => ({ node, account })))(
    '$node: said instead of taking it, and after taking it',
    async ({ node, account }) => {
      const { proxy, anvil } = stage;
      const life = await open(account);
      const before = await canonicalValues(anvil);
      const said = TABLE.filter(([by]) => by === node);
      for (const [at, [, code, message]] of said.entries()) {
        for (const [half, kind] of (['error', 'lost-answer'] as const).entries()) {
          let told = false;
          proxy.fault('eth_sendRawTransaction', () => {
            if (told) return undefined;
            told = true;
            return { kind, code, message };
          });
          const value = 1_000 * account + 2 * at + half;
          expect(await life.manager.send(emission(value)), `${message}, ${kind}`).toMatchObject({ status: 'mined' });
          expect(told).toBe(true);
        }
      }
      const values = said.flatMap((_, at) => [1_000 * account + 2 * at, 1_000 * account + 2 * at + 1]);
      expect(await canonicalValues(anvil)).toEqual([...before, ...values]);
      expect(await nonceOf(anvil, life.address)).toBe(values.length);
      expect(life.seen.stolen).toBe(0);
    },
  );

  it('a node that is there says what the table says of it', async () => {
    const { anvil } = stage;
    await anvil.rpc('evm_setAutomine', [false]);
    const wallet = new Wallet(anvil.accounts[9]!.privateKey);
    const sign = (more: object): Promise<string> =>
      wallet.signTransaction({
        ...{ type: 2, chainId: 31_337, nonce: 1, to: EMITTER, gasLimit: 100_000n },
        ...{ maxFeePerGas: gwei(5), maxPriorityFeePerGas: gwei(1), ...more },
      });
    const answerTo = async (raw: string): Promise<PublishVerdict> => {
      const response = await fetch(anvil.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params: [raw] }),
      });
      const { error } = (await response.json()) as { error?: { code: number; message: string } };
      return verdictOf(error && said(error.code, error.message));
    };
    expect(await answerTo(await sign({ nonce: 0 }))).toBe('accepted');
    expect(await answerTo(await sign({ nonce: 0 }))).toBe('known');
    expect(await answerTo(await sign({ nonce: 0, data: '0x01' }))).toBe('replacement-underpriced');
    await anvil.mine();
    expect(await answerTo(await sign({ nonce: 0 }))).toBe('nonce-too-low');
    expect(await answerTo(await sign({ value: 10n ** 30n }))).toBe('insufficient-funds');
    expect(await answerTo(await sign({ gasLimit: 10n ** 12n }))).toBe('gas-limit');
    expect(await answerTo(await sign({ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }))).toBe('fee-too-low');
    expect(await answerTo(await sign({ chainId: 5 }))).toBe('wrong-chain');
    expect(await answerTo('0x02c0')).toBe('invalid');
  });
});
