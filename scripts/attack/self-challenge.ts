import { answered, FEE, requested, STAKE_AT_RISK } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { commitmentCall, opened, openTrialCall, posted, proveCall, trialStatus } from './stage/trials.ts';
import { id } from 'ethers';
import type { Hex32 } from '../../workers/protocol/ids.ts';

/** An operator that accuses itself first, to get the slash back by its other hands, loses by it. */
export const selfChallenge: Attack = {
  name: 'self-challenge',
  threats: ['T4'],
  what: 'an operator lies to a friend, is accused by itself, proven wrong by itself, and keeps every share',
  async run(stage) {
    const { operator, mallory, accomplice, watcher } = stage.cast;
    const coalition = [operator.owner, mallory, accomplice];
    const before = await stage.wealthOf(...coalition);
    const answer = await answered(stage, await requested(stage, {}, mallory), 4);
    const trial = await posted(stage, await opened(stage, answer, accomplice), 0);
    await stage.refused('opens a trial of its own, later', openTrialCall(stage, answer, watcher), {
      error: 'JobRegistryWrongStatus',
    });
    const salt = id('the coalition') as Hex32;
    await stage.step('commits to a proof', commitmentCall(stage, trial, 0, accomplice, salt));
    await stage.pass(1);
    await stage.attempt('proves the lie of its own operator', proveCall(stage, trial, 0, accomplice, salt));
    stage.holds('the trial', await trialStatus(stage, trial), 'Convicted');
    const lost = before - (await stage.wealthOf(...coalition));
    stage.proves(
      `the coalition lost ${String((100n * lost) / STAKE_AT_RISK)} % of the stake at risk, at least two fifths`,
      lost >= (2n * STAKE_AT_RISK) / 5n,
    );
    const honest = await answered(stage, await requested(stage), 4);
    const other = await posted(stage, await opened(stage, honest, watcher), 0);
    const watchers = await stage.wealthOf(watcher);
    await stage.step('commits to a proof', commitmentCall(stage, other, 0, watcher, salt));
    await stage.pass(1);
    await stage.control('proves somebody else’s lie', proveCall(stage, other, 0, watcher, salt));
    const gained = (await stage.wealthOf(watcher)) - watchers;
    stage.proves('who proves somebody else’s lie gains more than its bond', gained > FEE);
  },
};
