import { keccak256 } from 'ethers';
import { Artifact_ScheduleAccount } from '../../generated/artifacts/ScheduleAccount.js';
import { Interface } from 'ethers';
import { parseAddress, ZERO_ADDRESS, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { Delivery, CallbackPhase } from '../../workers/protocol/job.ts';
import { ScheduleState } from '../../workers/protocol/schedule.ts';
import { callOf } from './stage/contract-handle.ts';
import { FEE, INPUT, STAKE_AT_RISK } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { TOKEN } from './stage/open-stage.ts';

const TIP = TOKEN / 100n;

/** Everybody may trigger a schedule that is due; nobody else's hand reaches its money. */
export const scheduleDrain: Attack = {
  name: 'schedule-drain',
  threats: ['T6', 'T17'],
  what: 'strangers race for a schedule’s tips, trigger it early, and take its balance',
  async run(stage) {
    const { cast, handles, contracts, model } = stage;
    const { requester, mallory, accomplice, operator } = cast;
    const { Scheduler, Settlement } = handles;
    const input = `0x${Buffer.from(INPUT).toString('hex')}`;
    const terms = {
      modelId: model.id,
      feedId: ZERO_HEX32,
      inputHash: keccak256(input),
      fee: FEE,
      stakeAtRisk: STAKE_AT_RISK,
      operator: operator.owner.address,
      callbackTarget: ZERO_ADDRESS,
      callbackPhase: CallbackPhase.None,
      delivery: Delivery.Inline,
      callbackGas: 0,
      challengeWindow: 30,
      attestTime: 120,
      interval: 600,
      deviationBps: 0,
      gap: 60,
      tip: TIP,
    };
    const mined = await stage.step('makes a schedule', callOf(requester, Scheduler, 'create', [terms, input]));
    const schedule = parseAddress(stage.eventIn(mined, Scheduler, 'ScheduleCreated')['schedule']);
    await stage.step('pays for three runs', callOf(requester, Settlement, 'deposit', [schedule, 3n * (FEE + TIP)]));
    const trigger = (from: typeof mallory, data = input) => callOf(from, Scheduler, 'trigger', [schedule, data]);
    const before = await stage.wealthOf(mallory, accomplice);
    await stage.refused('triggers it with an input of its own', trigger(mallory, `${input.slice(0, -1)}7`), {
      error: 'SchedulerInputMismatch',
    });
    await stage.attempt('triggers it, and has the tip', trigger(mallory));
    await stage.refused('triggers it for another tip', trigger(accomplice), {
      error: 'SchedulerNotDue',
      with: { schedule, state: ScheduleState.Waiting },
    });
    stage.holds('tips paid', (await stage.wealthOf(mallory, accomplice)) - before, TIP);
    for (const [what, method, args] of [
      ['ends it for its balance', 'cancel', [schedule, mallory.address]],
      ['withdraws its balance', 'withdraw', [schedule, mallory.address, TOKEN]],
    ] as const) {
      await stage.refused(what, callOf(mallory, Scheduler, method, args), {
        error: 'SchedulerUnauthorized',
        with: { caller: mallory.address },
      });
    }
    const account = { name: 'ScheduleAccount', address: schedule, abi: new Interface(Artifact_ScheduleAccount.abi) };
    await stage.refused(
      'withdraws at the account itself',
      callOf(mallory, account, 'withdraw', [mallory.address, TOKEN]),
      {
        error: 'ScheduleAccountUnauthorized',
        with: { caller: mallory.address },
      },
    );
    const left = await contracts.Settlement.balanceOf(schedule);
    stage.holds('the schedule still has', left, 2n * (FEE + TIP));
    await stage.pass(600);
    await stage.control('triggers it when it is due again', trigger(accomplice));
    await stage.control('ends it, as its owner', callOf(requester, Scheduler, 'cancel', [schedule, requester.address]));
  },
};
