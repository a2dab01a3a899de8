import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN } from '../../scripts/stack/stack.ts';
import { startOperator } from '../../scripts/stack/operator.ts';
import type { Address } from '../../workers/protocol/ids.ts';
import type { ModelSpec } from '../../workers/protocol/model.ts';
import { expectMoved, feeOf, readBooks } from './support/books.ts';
import { ADDER, adderInput, FEE, type Market, STAKE_AT_RISK } from './support/market.ts';
import { goOn, standStill } from './support/chain-time.ts';
import { complaints, endStack, startMarket } from './support/network.ts';
import { untilPending } from './support/transactions.ts';

/** Seconds; more than the blocks of what is tried while the job is under way. */
const LONG_WINDOW = 5;

describe('taking money out while a job is under way', () => {
  let market: Market;
  let model: ModelSpec;
  let requester: Address;
  let operator: Address;

  beforeAll(async () => {
    market = await startMarket();
    const { accounts } = market.stack;
    requester = accounts.requester.address;
    operator = accounts.operators[0]!.owner.address;
    model = await market.publish(ADDER);
    await startOperator(market.stack, { at: 0, verified: false });
  });
  afterAll(async () => {
    await endStack(market);
  });

  it('the requester gets its balance and never the escrow; the operator never the lock, and nothing before its time', async () => {
    const { accounts, chain, contracts } = market.stack;
    const { owner } = accounts.operators[0]!;
    const free = 10_000n * TOKEN - STAKE_AT_RISK;
    const before = await readBooks(market);
    await standStill(market);
    const [job] = await market.ask({ model, input: adderInput(4, 2), terms: { challengeWindow: LONG_WINDOW } });

    const balance = await contracts.Settlement.balanceOf(requester);
    const withdraw = (amount: bigint) => market.call(accounts.requester, 'Settlement', 'withdraw', [requester, amount]);
    await expect(market.send(withdraw(balance + 1n))).rejects.toThrow('SettlementInsufficientBalance');
    await market.send(withdraw(balance));
    await untilPending(market, accounts.operators[0]!.attester.address);
    await chain.mine();
    await market.reached('JobAttested', job);
    const stake = (name: string, values: readonly unknown[]) => market.call(owner, 'OperatorStaking', name, values);
    await expect(market.send(stake('unbond', [free + 1n]))).rejects.toThrow('OperatorStakingInsufficientFree');
    await market.send(stake('unbond', [free]));
    await expect(market.send(stake('withdraw', [operator]))).rejects.toThrow('OperatorStakingNotReleased');
    expect(await contracts.OperatorStaking.stakeOf(operator)).toEqual([0n, STAKE_AT_RISK]);
    await expect(market.send(withdraw(1n))).rejects.toThrow('SettlementInsufficientBalance');

    await goOn(market);
    await market.reached('JobSettled', job);

    const fee = await feeOf(market, job, operator);
    await expectMoved(market, before, {
      balances: { ...fee, [requester]: -FEE - balance },
      free: { [operator]: -free },
      unbonding: { [operator]: free },
    });
    expect((await market.history(job.jobId)).map(({ type }) => type)).toEqual([
      'JobRequested',
      'JobAttested',
      'JobSettled',
    ]);
  });

  it('an operator whose stake is on its way out cannot take a job, until the delay is over it cannot have the stake', async () => {
    const { accounts, chain, contracts } = market.stack;
    const { owner } = accounts.operators[0]!;
    const { amount, releaseAt } = await contracts.OperatorStaking.unbondingOf(operator);
    await market.prepay(requester, 10n * FEE);
    await market.send(market.call(owner, 'OperatorStaking', 'unbond', [STAKE_AT_RISK]));
    const extended = await contracts.OperatorStaking.unbondingOf(operator);
    expect(extended.amount).toBe(amount + STAKE_AT_RISK);
    expect(extended.releaseAt).toBeGreaterThan(releaseAt);
    const withdraw = market.call(owner, 'OperatorStaking', 'withdraw', [operator]);

    // Minutes before, because the chain's clock goes on while this is tried.
    await chain.mine(Number(extended.releaseAt) - 300);
    await expect(market.send(withdraw)).rejects.toThrow('OperatorStakingNotReleased');
    await chain.mine(Number(extended.releaseAt));
    const before = await readBooks(market);
    await market.send(withdraw);

    const after = await readBooks(market);
    expect(after.stakes[operator]).toEqual({ free: 0n, locked: 0n, unbonding: 0n });
    expect(before.tokensOfStaking - after.tokensOfStaking).toBe(10_000n * TOKEN);
    expect(complaints(market.stack)).toEqual([]);
  });
});
