import { answered, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import {
  demandInputCall,
  demandOutputCall,
  heard,
  openTrialCall,
  resolveTrialCall,
  revealInputCall,
  trialStatus,
} from './stage/trials.ts';

/** A move in the last second leaves the other side its whole time, and the end of a trial stays where it is. */
export const lateTrialMoves: Attack = {
  name: 'late-trial-moves',
  threats: ['T15'],
  what: 'an accuser moves in the last second of every clock, so that nobody can react',
  async run(stage) {
    const { mallory, accomplice, operator, stranger } = stage.cast;
    const late = await answered(stage, await requested(stage));
    await stage.nextBlockAt(Number(late.record.challengeEnd) + 1);
    await stage.refused('opens a trial one second after the window', openTrialCall(stage, late, mallory), {
      error: 'JobRegistryWindowPassed',
      with: { challengeEnd: late.record.challengeEnd },
    });
    const answer = await answered(stage, await requested(stage));
    const trial = await heard(stage, answer);
    const { demandsEnd, trialEnd, revealTime } = trial.file.docket;
    await stage.nextBlockAt(demandsEnd);
    await stage.attempt('demands the input in the last second for it', demandInputCall(stage, trial, mallory));
    await stage.refused('demands the output one second later', demandOutputCall(stage, trial, accomplice), {
      error: 'TrialCourtDemandsClosed',
      with: { latest: demandsEnd },
    });
    await stage.refused('asks for the verdict at once', resolveTrialCall(stage, trial, mallory), {
      error: 'TrialCourtDemandsOpen',
      with: { count: 1 },
    });
    await stage.nextBlockAt(demandsEnd + revealTime);
    await stage.control('answers in the last second of its own time', revealInputCall(stage, trial, operator.attester));
    const { hearingEnd: moved } = await stage.contracts.TrialCourt.trialOf(answer.id);
    stage.holds('seconds that everybody has to react', Number(moved) - demandsEnd - revealTime, revealTime);
    stage.proves('the trial ends no later than it did', Number(moved) <= trialEnd);
    await stage.nextBlockAt(Number(moved) - 1);
    await stage.refused('asks for the verdict one second early', resolveTrialCall(stage, trial, mallory), {
      error: 'TrialCourtHearingNotOver',
      with: { hearingEnd: moved },
    });
    await stage.nextBlockAt(Number(moved));
    await stage.control('asks for the verdict in time', resolveTrialCall(stage, trial, stranger));
    stage.holds('the trial', await trialStatus(stage, trial), 'Acquitted');
  },
};
