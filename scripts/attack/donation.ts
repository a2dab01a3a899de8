import { toQuantity } from '../../workers/chain/chain-values.ts';
import { callOf } from './stage/contract-handle.ts';
import type { Attack } from './stage/attack.ts';
import { BALANCE, STAKE, TOKEN } from './stage/open-stage.ts';
import { NO_REASON } from './stage/scene.ts';
import { answered, requested, settleCall } from './stage/jobs.ts';

/** Accounts are a ledger, not a balance: presents change nobody's entitlement. */
export const donation: Attack = {
  name: 'donation',
  threats: ['T23'],
  what: 'tokens and ether are forced upon the vaults, to move what others are owed or to break the accounts',
  async run(stage) {
    const { cast, handles, contracts, chain } = stage;
    const { mallory, operator, stranger, watcher } = cast;
    const { Settlement, OperatorStaking, TrialCourt, JobRegistry } = handles;
    const held = await contracts.Settlement.totalHeld();
    for (const vault of [Settlement, OperatorStaking]) {
      await stage.attempt(
        `sends 300 tokens to ${vault.name} without a deposit`,
        callOf(mallory, handles.Token, 'transfer', [vault.address, 300n * TOKEN]),
      );
    }
    for (const { name, address } of [Settlement, OperatorStaking, TrialCourt, JobRegistry]) {
      await stage.refused(
        `sends ether to ${name}`,
        { from: mallory, to: address, data: '0x', value: TOKEN },
        {
          error: NO_REASON,
        },
      );
      await chain.call('anvil_setBalance', [address, toQuantity(TOKEN)]);
    }
    stage.shows('attempt', 'mallory forces one ether upon each of them, as a contract that destroys itself can');
    stage.holds('what Settlement owes', await contracts.Settlement.totalHeld(), held);
    stage.holds('the attacker’s balance', await contracts.Settlement.balanceOf(mallory.address), BALANCE);
    stage.holds('an operator’s stake', (await contracts.OperatorStaking.stakeOf(operator.owner.address)).free, STAKE);
    await stage.refused(
      'withdraws what she sent',
      callOf(mallory, Settlement, 'withdraw', [mallory.address, BALANCE + 300n * TOKEN]),
      { error: 'SettlementInsufficientBalance', with: { balance: BALANCE } },
    );
    await stage.refused('withdraws the ether', callOf(mallory, TrialCourt, 'withdrawCredit', [mallory.address]), {
      error: 'TrialCourtNoCredit',
      with: { account: mallory.address },
    });
    const answer = await answered(stage, await requested(stage));
    await stage.nextBlockAt(Number(answer.record.challengeEnd) + 1);
    await stage.step('settles a job, as ever', settleCall(stage, answer, stranger));
    await stage.control('deposits 300 tokens', callOf(watcher, Settlement, 'deposit', [watcher.address, 300n * TOKEN]));
    stage.holds('which changes what is owed', (await contracts.Settlement.totalHeld()) - held, 300n * TOKEN);
  },
};
