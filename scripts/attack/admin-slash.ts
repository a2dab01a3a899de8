import { id } from 'ethers';
import { Artifact_AccessManager } from '../../generated/artifacts/AccessManager.js';
import { Interface } from 'ethers';
import { parseAddress } from '../../workers/protocol/ids.ts';
import { callOf } from './stage/contract-handle.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE, TOKEN } from './stage/open-stage.ts';
import { answered, requested, settleCall } from './stage/jobs.ts';
import { opened } from './stage/trials.ts';

/** Who may slash, pay, lock and judge is written into the contracts: there is no right to give. */
export const adminSlash: Attack = {
  name: 'admin-slash',
  threats: ['T18', 'T24'],
  what: 'an administrator gives itself every role and slashes, pays, settles and replaces code',
  async run(stage) {
    const { cast, handles, contracts, chain } = stage;
    const { admin, mallory, operator, requester, stranger } = cast;
    const authority = {
      name: 'AccessManager',
      address: parseAddress(await stage.read(handles.JobRegistry, 'authority')),
      abi: new Interface(Artifact_AccessManager.abi),
    };
    for (const role of [1n, 2n, 77n]) {
      await stage.transactions.must(callOf(admin, authority, 'grantRole', [role, mallory.address, 0]), 'granting');
    }
    const selectors = ['slash(address,uint256,uint256)', 'creditSlash(address[],uint256[],uint256)'].map((one) =>
      id(one).slice(0, 10),
    );
    for (const target of [handles.OperatorStaking, handles.Settlement]) {
      await stage.attempt(
        `puts functions of ${target.name} under a role of mallory’s`,
        callOf(admin, authority, 'setTargetFunctionRole', [target.address, selectors, 77n]),
      );
    }
    const everything = [operator.owner.address, 0n, STAKE];
    await stage.refused('slashes an operator', callOf(mallory, handles.OperatorStaking, 'slash', everything), {
      error: 'OperatorStakingUnauthorized',
      with: { caller: mallory.address },
    });
    await stage.refused(
      'credits herself with a slash',
      callOf(mallory, handles.Settlement, 'creditSlash', [[mallory.address], [TOKEN], 0]),
      { error: 'SettlementUnauthorized', with: { caller: mallory.address } },
    );
    const trial = await opened(stage, await answered(stage, await requested(stage)));
    const bond = await contracts.Settlement.bondOf(trial.job.id);
    await stage.refused(
      'releases the bond of a trial to herself',
      callOf(mallory, handles.Settlement, 'releaseBond', [trial.job.id, mallory.address, bond]),
      { error: 'SettlementUnauthorized', with: { caller: mallory.address } },
    );
    await stage.refused(
      'takes a requester’s balance',
      callOf(mallory, handles.Settlement, 'escrow', [requester.address, TOKEN]),
      {
        error: 'SettlementUnauthorized',
        with: { caller: mallory.address },
      },
    );
    const implementation = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
    for (const { name, address } of Object.values(handles)) {
      const slot = await chain.call('eth_getStorageAt', [address, implementation, 'latest']);
      stage.holds(`${name} is a proxy`, BigInt(String(slot)) !== 0n, false);
    }
    const stake = await contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('the operator’s stake', stake.free + stake.locked, STAKE);
    await stage.control(
      'pauses, which is the guardian’s right',
      callOf(mallory, handles.JobRegistry, 'pauseRequests', []),
    );
    await stage.control('ends the pause', callOf(mallory, handles.JobRegistry, 'unpauseRequests', []));
    const answer = await answered(stage, await requested(stage));
    await stage.nextBlockAt(Number(answer.record.challengeEnd) + 1);
    await stage.step('settles a job, as ever', settleCall(stage, answer, stranger));
  },
};
