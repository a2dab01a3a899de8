import { encodeBytes32String, type Result } from 'ethers';
import { callOf } from './stage/contract-handle.ts';
import { answered, requestCall, requested, settleCall, statusOf, termsFor } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';
import { opened } from './stage/trials.ts';

/** New parameters are for new jobs, within bounds, and set by whom everybody knows. */
export const parameterChange: Attack = {
  name: 'parameter-change',
  threats: ['T18'],
  what: 'governance raises its fee and shortens the clocks of jobs that run; a stranger governs',
  async run(stage) {
    const { cast, handles, contracts } = stage;
    const { admin, mallory, requester, stranger, operator, treasury } = cast;
    const registry = handles.JobRegistry;
    const version = await contracts.JobRegistry.currentVersion();
    const fields = ((await contracts.JobRegistry.parametersOf(version)) as unknown as Result).toObject();
    const set = (from: typeof admin, change: object) =>
      callOf(from, registry, 'setParameters', [{ ...fields, ...change }]);
    const running = await answered(stage, await requested(stage));
    const accused = await answered(stage, await requested(stage));
    await stage.refused('sets parameters', set(mallory, { protocolFeeBps: 1_000 }), {
      error: 'AccessManagedUnauthorized',
      with: { caller: mallory.address },
    });
    await stage.refused('takes everything as a fee', set(admin, { protocolFeeBps: 10_000 }), {
      error: 'JobRegistryInvalidParameters',
      with: { field: encodeBytes32String('protocolFeeBps') },
    });
    await stage.refused('lets jobs outlive the unbonding delay', set(admin, { trialTimeMax: 86_400 }), {
      error: 'JobRegistryInvalidParameters',
      with: { field: encodeBytes32String('unbondingDelay') },
    });
    const harsh = { protocolFeeBps: 1_000, stakeAtRiskMin: 500n * TOKEN, traceTime: 1, revealTime: 1, hearingTime: 2 };
    await stage.attempt('sets what the bounds allow', set(admin, { ...harsh, treasury: mallory.address }));
    const trial = await opened(stage, accused);
    const { traceDue } = trial.file.docket;
    stage.holds(
      'seconds for the trace of a job that was there before',
      traceDue - (await stage.now()),
      Number(fields['traceTime']),
    );
    await stage.nextBlockAt(Number(running.record.challengeEnd) + 1);
    const [before, operators] = [await stage.wealthOf(treasury), await stage.wealthOf(operator.owner)];
    await stage.step('settles the other', settleCall(stage, running, stranger));
    stage.holds('the treasury of its version has', (await stage.wealthOf(treasury)) - before, TOKEN / 100n);
    stage.holds('its operator has', (await stage.wealthOf(operator.owner)) - operators, (TOKEN * 94n) / 100n);
    stage.holds('the job', await statusOf(stage, running), 'Settled');
    await stage.refused('asks by the old rules', requestCall(stage, await termsFor(stage), requester), {
      error: 'JobRegistryStakeTooLow',
      with: { min: 500n * TOKEN },
    });
    const next = await termsFor(stage, { stakeAtRisk: 500n * TOKEN });
    await stage.control('asks by the new rules', requestCall(stage, next, requester));
  },
};
