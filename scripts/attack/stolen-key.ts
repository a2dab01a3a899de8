import { callOf } from './stage/contract-handle.ts';
import { attestCall, outputOf, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { consentOf, STAKE } from './stage/open-stage.ts';

/** A hot key answers jobs. It moves no stake, and it can be taken away. */
export const stolenKey: Attack = {
  name: 'stolen-key',
  threats: ['T9', 'O3'],
  what: 'a thief has an operator’s hot key and goes for its stake, or claims a key that is not hers',
  async run(stage) {
    const { cast, handles, contracts, chain } = stage;
    const { mallory, operator, rival, accomplice } = cast;
    const staking = handles.OperatorStaking;
    const thief = operator.attester;
    await stage.refused('unbonds the stake by the hot key', callOf(thief, staking, 'unbond', [STAKE]), {
      error: 'OperatorStakingInsufficientFree',
      with: { operator: thief.address, free: 0 },
    });
    await stage.refused('withdraws', callOf(thief, staking, 'withdraw', [mallory.address]), {
      error: 'OperatorStakingZeroAmount',
    });
    await stage.refused('revokes the other keys', callOf(thief, staking, 'revokeAttester', [thief.address]), {
      error: 'OperatorStakingNotAttester',
      with: { operator: thief.address },
    });
    const consent = await consentOf({ owner: mallory, attester: rival.attester }, chain.chainId, staking.address);
    await stage.refused(
      'claims a key that is somebody’s, and consents by it',
      callOf(mallory, staking, 'appointAttester', [rival.attester.address, consent]),
      { error: 'OperatorStakingAttesterTaken', with: { operator: rival.owner.address } },
    );
    const forged = await consentOf({ owner: mallory, attester: mallory }, chain.chainId, staking.address);
    await stage.refused(
      'claims a key without its consent',
      callOf(mallory, staking, 'appointAttester', [accomplice.address, forged]),
      { error: 'OperatorStakingInvalidAppointment', with: { attester: accomplice.address } },
    );
    const job = await requested(stage);
    await stage.control('answers a job, as its owner means it to', attestCall(stage, job, outputOf(stage), thief));
    await stage.step('revokes it', callOf(operator.owner, staking, 'revokeAttester', [thief.address]));
    await stage.pass(Number(await contracts.OperatorStaking.revocationDelay()));
    const next = await requested(stage);
    await stage.refused('answers the next job', attestCall(stage, next, outputOf(stage), thief), {
      error: 'JobRegistryNotAttester',
      with: { signer: thief.address },
    });
    const { free, locked } = await contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('the stake', free + locked, STAKE);
  },
};
