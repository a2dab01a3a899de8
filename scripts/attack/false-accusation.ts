import { VectorTree } from '../../workers/canonical/tree/vector-tree.ts';
import { answered, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE } from './stage/open-stage.ts';
import { gapCall, heard, proveCall, resolveTrialCall, trialStatus, type Trial } from './stage/trials.ts';

/** The chain computes the number itself: what is right cannot be proven wrong, whatever is shown. */
export const falseAccusation: Attack = {
  name: 'false-accusation',
  threats: ['T21'],
  what: 'an accuser shows forged evidence against a right answer',
  async run(stage) {
    const { mallory, operator, stranger, watcher } = stage.cast;
    const trial = await heard(stage, await answered(stage, await requested(stage)));
    await stage.refused('says that a right number is wrong', proveCall(stage, trial, 0, mallory), {
      error: 'TrialCourtNotProven',
      with: { element: 0 },
    });
    const forged: Trial = { ...trial, trace: trial.trace.with(0, (trial.trace[0] ?? 0) ^ 1) };
    await stage.refused('shows a trace that was never posted', proveCall(stage, forged, 0, mallory), {
      error: 'ChunkReaderRoot',
      with: { space: 3 },
    });
    const exhibits = { ...trial.file.exhibits, traceTree: new VectorTree(forged.trace).merkleRoot };
    await stage.refused(
      'shows a case file of its own, with that trace in it',
      proveCall(stage, { ...forged, file: { ...trial.file, exhibits } }, 0, mallory),
      {
        error: 'TrialCourtCaseFileMismatch',
      },
    );
    await stage.refused('says that the answer is too far off', gapCall(stage, trial, mallory), {
      error: 'TrialCourtNotProven',
    });
    await stage.pass(trial.file.docket.hearingEnd - (await stage.now()));
    await stage.step('asks for the verdict', resolveTrialCall(stage, trial, stranger));
    stage.holds('the trial', await trialStatus(stage, trial), 'Acquitted');
    const { free } = await stage.contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('the operator’s stake', free, STAKE);
    const wrong = await heard(stage, await answered(stage, await requested(stage), 4));
    await stage.control('says so of an answer that is too far off', gapCall(stage, wrong, watcher));
    stage.holds('that trial', await trialStatus(stage, wrong), 'Convicted');
  },
};
