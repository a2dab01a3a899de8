import { Artifact_HostileToken } from '../../generated/artifacts/HostileToken.js';
import { Artifact_Settlement } from '../../generated/artifacts/Settlement.js';
import { ZERO_ADDRESS, type Hex } from '../../workers/protocol/ids.ts';
import { callOf, explain } from './stage/contract-handle.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';

const REENTERS = 4;
const HONEST = 0;

/** The vault over a token that calls back in the middle of every transfer, as ERC-777 tokens can. */
export const reenterByToken: Attack = {
  name: 'reenter-by-token',
  threats: ['T7', 'T8'],
  what: 'a token calls the vault again in the middle of a withdrawal, or of a deposit, to have it counted twice',
  async run(stage) {
    const { mallory, watcher } = stage.cast;
    const token = await stage.deploy('a token that calls back', mallory, Artifact_HostileToken, []);
    const keepers = Array.from({ length: 5 }, () => ZERO_ADDRESS);
    const vault = await stage.deploy('a vault for it', mallory, Artifact_Settlement, [token.address, ...keepers]);
    for (const one of [mallory, watcher]) {
      await stage.transactions.must(callOf(one, token, 'mint', [one.address, 100n * TOKEN]), 'minting');
      await stage.transactions.must(callOf(one, token, 'approve', [vault.address, 100n * TOKEN]), 'approving');
      await stage.step('deposits 100', callOf(one, vault, 'deposit', [one.address, 100n * TOKEN]));
    }
    await stage.step('gives the token itself 40', callOf(mallory, token, 'mint', [mallory.address, 40n * TOKEN]));
    await stage.transactions.must(callOf(mallory, token, 'approve', [vault.address, 40n * TOKEN]), 'approving');
    await stage.transactions.must(callOf(mallory, vault, 'deposit', [token.address, 40n * TOKEN]), 'depositing');
    const again = vault.abi.encodeFunctionData('withdraw', [mallory.address, 40n * TOKEN]);
    await stage.step(
      'tells the token to withdraw its 40 whenever it is moved',
      callOf(mallory, token, 'misbehave', [REENTERS, vault.address, again]),
    );
    await stage.attempt(
      'withdraws 100; the token calls',
      callOf(mallory, vault, 'withdraw', [mallory.address, 100n * TOKEN]),
    );
    stage.holds('the call from inside went through', await stage.read(token, 'reentered'), false);
    const answer = (await stage.read(token, 'answer')) as Hex;
    stage.holds('it was refused with', explain(answer).name, 'ReentrancyGuardReentrantCall');
    stage.holds('the attacker has', await stage.read(token, 'balanceOf', [mallory.address]), 100n * TOKEN);
    stage.holds('the vault has', await stage.read(token, 'balanceOf', [vault.address]), 140n * TOKEN);
    stage.holds('and owes', await stage.read(vault, 'totalHeld'), 140n * TOKEN);
    await stage.transactions.must(callOf(mallory, token, 'mint', [token.address, 30n * TOKEN]), 'minting');
    await stage.transactions.must(callOf(mallory, token, 'approve', [vault.address, 10n * TOKEN]), 'approving');
    const allowing = token.abi.encodeFunctionData('approve', [vault.address, 30n * TOKEN]);
    const tell = (target: string, call: string) => callOf(mallory, token, 'misbehave', [REENTERS, target, call]);
    await stage.transactions.must(tell(token.address, allowing), 'arming');
    await stage.step(
      'has the token let the vault take 30 of its own',
      callOf(mallory, token, 'transfer', [watcher.address, 0n]),
    );
    const more = vault.abi.encodeFunctionData('deposit', [mallory.address, 30n * TOKEN]);
    await stage.step('tells the token to deposit them whenever it is moved', tell(vault.address, more));
    await stage.attempt(
      'deposits 10; the token calls',
      callOf(mallory, vault, 'deposit', [mallory.address, 10n * TOKEN]),
    );
    stage.holds('credited for 10', await stage.read(vault, 'balanceOf', [mallory.address]), 10n * TOKEN);
    stage.holds('owed for 10 more', await stage.read(vault, 'totalHeld'), 150n * TOKEN);
    stage.holds('the vault has', await stage.read(token, 'balanceOf', [vault.address]), 150n * TOKEN);
    await stage.step('lets the token behave', callOf(mallory, token, 'misbehave', [HONEST, ZERO_ADDRESS, '0x']));
    await stage.control(
      'withdraws what is its own',
      callOf(watcher, vault, 'withdraw', [watcher.address, 100n * TOKEN]),
    );
  },
};
