import { toQuantity } from '../../workers/chain/chain-values.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { callOf } from './stage/contract-handle.ts';
import { answered, requested } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { demandInputCall, FEE_CAP, heard, resolveTrialCall, revealInputCall, trialStatus } from './stage/trials.ts';

const REVEAL_GAS = 130_000n;

/** What an answer costs is prepaid by whoever asks for it, and nobody has to answer at a loss. */
export const baseFeeSpike: Attack = {
  name: 'base-fee-spike',
  threats: ['T16'],
  what: 'an accuser demands while gas is cheap, and lets the operator answer, or be convicted, while it is dear',
  async run(stage) {
    const { chain, cast, handles, contracts } = stage;
    const { mallory, operator, stranger } = cast;
    const court = handles.TrialCourt;
    const setBaseFee = (fee: bigint) => chain.call('anvil_setNextBlockBaseFeePerGas', [toQuantity(fee)]);
    const trial = await heard(stage, await answered(stage, await requested(stage)));
    await setBaseFee(FEE_CAP);
    await stage.refused('demands at a price that the next block may exceed', demandInputCall(stage, trial, mallory), {
      error: 'TrialCourtInvalidPrice',
      with: { feeCapMin: 2n * FEE_CAP },
    });
    await setBaseFee(10n ** 9n);
    const demanded = await stage.attempt('demands while gas is cheap', demandInputCall(stage, trial, mallory));
    const { demandId, due } = stage.eventIn(demanded, court, 'Demanded') as unknown as {
      demandId: string;
      due: bigint;
    };
    await stage.refused('postpones, to gain time, while gas is cheap', postponing(), {
      error: 'TrialCourtFeeWithinCap',
    });
    await setBaseFee(100n * FEE_CAP);
    await stage.nextBlockAt(Number(due));
    await stage.step('postpones its answer: the base fee is above the price', postponing());
    const { time } = await contracts.TrialCourt.demandOf(demandId);
    stage.holds('seconds gained', Number(time - due), trial.file.docket.revealTime);
    await setBaseFee(100n * FEE_CAP);
    await stage.nextBlockAt(Number(due) + 1);
    await stage.refused(
      'asks for a conviction when the old time is over',
      resolveTrialCall(stage, trial, mallory, demandId as Hex32),
      { error: 'TrialCourtDemandNotOverdue', with: { due: time } },
    );
    await setBaseFee(10n ** 9n);
    const before = await contracts.TrialCourt.creditOf(operator.attester.address);
    const revealed = await stage.control(
      'answers when gas is cheap again',
      revealInputCall(stage, trial, operator.attester),
    );
    const paid = (await contracts.TrialCourt.creditOf(operator.attester.address)) - before;
    const spent = revealed.receipt.gasUsed * 10n ** 9n;
    stage.proves(
      `the accuser paid ${String((100n * paid) / spent)} % of the base fee of the answer`,
      10n * paid >= 9n * spent,
    );
    stage.proves('and no more than it prepaid', paid <= REVEAL_GAS * FEE_CAP);
    await stage.pass(trial.file.docket.trialEnd - (await stage.now()));
    await stage.step('asks for the verdict', resolveTrialCall(stage, trial, stranger));
    stage.holds('the trial', await trialStatus(stage, trial), 'Acquitted');

    function postponing() {
      return callOf(operator.attester, court, 'postpone', [trial.job.id, demandId]);
    }
  },
};
