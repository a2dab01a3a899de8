import { id } from 'ethers';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { TrialStatus } from '../../workers/protocol/trial.ts';
import { answered, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { commitmentCall, heard, proveCall, trialStatus } from './stage/trials.ts';

/** A proof convicts whoever brings it; it pays only whom it was committed to by, two blocks before. */
export const copiedProof: Attack = {
  name: 'copied-proof',
  threats: ['T10', 'T15'],
  what: 'a thief copies a prover’s proof from the mempool and sends it first, to be paid for it',
  async run(stage) {
    const { mallory, watcher } = stage.cast;
    const salt = id('the watcher’s own') as Hex32;
    const trial = await heard(stage, await answered(stage, await requested(stage), 4), 0);
    await stage.step('commits to its proof', commitmentCall(stage, trial, 0, watcher, salt));
    const before = await stage.wealthOf(mallory);
    await stage.refused(
      'copies the commitment',
      { ...commitmentCall(stage, trial, 0, watcher, salt), from: mallory },
      {
        error: 'TrialCourtAlreadyCommitted',
      },
    );
    await stage.attempt('copies the proof, and is first', proveCall(stage, trial, 0, mallory, salt));
    stage.holds('the liar is convicted all the same', await trialStatus(stage, trial), 'Convicted');
    stage.holds('the thief earned', (await stage.wealthOf(mallory)) - before, 0n);

    const own = await heard(stage, await answered(stage, await requested(stage), 4), 0);
    await stage.step('commits to another proof', commitmentCall(stage, own, 0, watcher, salt));
    await stage.step('commits in the same block', commitmentCall(stage, own, 0, mallory, salt));
    await stage.pass(1);
    const watchers = await stage.wealthOf(watcher);
    await stage.control('proves it when two blocks have passed', proveCall(stage, own, 0, watcher, salt));
    stage.proves('who had committed is paid', (await stage.wealthOf(watcher)) > watchers);
    await stage.refused('brings the same proof after it', proveCall(stage, own, 0, mallory, salt), {
      error: 'TrialCourtWrongStatus',
      with: { status: TrialStatus.Convicted },
    });
  },
};
