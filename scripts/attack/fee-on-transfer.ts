import { Artifact_HostileToken } from '../../generated/artifacts/HostileToken.js';
import { Artifact_Settlement } from '../../generated/artifacts/Settlement.js';
import { ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { callOf } from './stage/contract-handle.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';

const MODES = { Honest: 0, TakesFee: 1, ReturnsFalse: 2, MovesNothing: 3 } as const;

/** Credit is what arrived, whatever the token says it moved. */
export const feeOnTransfer: Attack = {
  name: 'fee-on-transfer',
  threats: ['T8'],
  what: 'a depositor is credited with more than the vault received, and takes the rest from others',
  async run(stage) {
    const { mallory, watcher } = stage.cast;
    const token = await stage.deploy(
      'a token that takes a hundredth of every transfer',
      mallory,
      Artifact_HostileToken,
      [],
    );
    const keepers = Array.from({ length: 5 }, () => ZERO_ADDRESS);
    const vault = await stage.deploy('a vault for it', mallory, Artifact_Settlement, [token.address, ...keepers]);
    const behave = (mode: number) => callOf(mallory, token, 'misbehave', [mode, ZERO_ADDRESS, '0x']);
    for (const one of [mallory, watcher]) {
      await stage.transactions.must(callOf(one, token, 'mint', [one.address, 300n * TOKEN]), 'minting');
      await stage.transactions.must(callOf(one, token, 'approve', [vault.address, 300n * TOKEN]), 'approving');
    }
    await stage.control(
      'deposits 100, all of which arrive',
      callOf(watcher, vault, 'deposit', [watcher.address, 100n * TOKEN]),
    );
    await stage.step('lets the token take its fee', behave(MODES.TakesFee));
    await stage.attempt(
      'deposits 100, of which 99 arrive',
      callOf(mallory, vault, 'deposit', [mallory.address, 100n * TOKEN]),
    );
    stage.holds('credited', await stage.read(vault, 'balanceOf', [mallory.address]), 99n * TOKEN);
    await stage.refused('withdraws 100', callOf(mallory, vault, 'withdraw', [mallory.address, 100n * TOKEN]), {
      error: 'SettlementInsufficientBalance',
      with: { balance: 99n * TOKEN, needed: 100n * TOKEN },
    });
    await stage.step('lets the token move nothing and say that it did', behave(MODES.MovesNothing));
    await stage.refused('deposits 100', callOf(mallory, vault, 'deposit', [mallory.address, 100n * TOKEN]), {
      error: 'SettlementNothingReceived',
    });
    await stage.step('lets the token say no and go on', behave(MODES.ReturnsFalse));
    await stage.refused('deposits 100', callOf(mallory, vault, 'deposit', [mallory.address, 100n * TOKEN]), {
      error: 'SafeERC20FailedOperation',
    });
    const [held, owed] = [await stage.read(token, 'balanceOf', [vault.address]), await stage.read(vault, 'totalHeld')];
    stage.holds('the vault has what it owes', held, owed);
  },
};
