import { ZERO_ADDRESS } from '../../workers/protocol/ids.ts';
import { callOf } from './stage/contract-handle.ts';
import { attestCall, outputOf, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { consentOf, STAKE } from './stage/open-stage.ts';

/** Open jobs go by stake that was there before the job was: nobody buys a job by staking after it was asked. */
export const justInTimeStake: Attack = {
  name: 'just-in-time-stake',
  threats: ['T11'],
  what: 'an operator sees an open job and stakes a hundred times everybody’s stake to be chosen for it',
  async run(stage) {
    const { cast, handles, chain } = stage;
    const { latecomer, operator } = cast;
    const staking = handles.OperatorStaking;
    const { owner, attester } = latecomer;
    const fortune = 600n * STAKE;
    const job = await requested(stage, { operator: ZERO_ADDRESS });
    await stage.step('mints a fortune', callOf(owner, handles.Token, 'mint', [owner.address, fortune]));
    await stage.step('approves it', callOf(owner, handles.Token, 'approve', [staking.address, fortune]));
    await stage.attempt('stakes it', callOf(owner, staking, 'deposit', [fortune]));
    const consent = await consentOf(latecomer, chain.chainId, staking.address);
    await stage.step('appoints its key', callOf(owner, staking, 'appointAttester', [attester.address, consent]));
    const output = outputOf(stage);
    await stage.refused('answers', attestCall(stage, job, output, attester), {
      error: 'JobRegistryNotEligible',
      with: { operator: owner.address },
    });
    const requestedAt = Number((await stage.contracts.JobRegistry.stateOf(job.id)).requestedAt);
    const [counted] = await stage.contracts.OperatorStaking.ladderStakes(owner.address, requestedAt);
    stage.holds('what of its stake counts for this job', counted, 0n);
    // Ten steps of the ladder later every old stake is eligible, in whatever order the seed had put them.
    await stage.pass(20);
    await stage.refused('answers, much later', attestCall(stage, job, output, attester), {
      error: 'JobRegistryNotEligible',
      with: { operator: owner.address },
    });
    await stage.control('answers with old stake', attestCall(stage, job, output, operator.attester));
  },
};
