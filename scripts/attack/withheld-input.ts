import { Availability, termsToChain } from '../../workers/protocol/job.ts';
import { callOf } from './stage/contract-handle.ts';
import { answered, INPUT, jobOf, requestCall, requested, statusOf, termsFor } from './stage/jobs.ts';
import { offerTypedData } from '../../workers/protocol/attestation.ts';
import type { Attack } from './stage/attack.ts';
import { STAKE, TOKEN } from './stage/open-stage.ts';
import { demandInputCall, heard, resolveTrialCall, revealInputCall, trialStatus } from './stage/trials.ts';

const INPUT_HEX = `0x${Buffer.from(INPUT).toString('hex')}`;

/** An operator owes an answer only to what it has seen and promised, and can always show what it answered. */
export const withheldInput: Attack = {
  name: 'withheld-input',
  threats: ['T14'],
  what: 'a requester keeps its input to itself, to have the operator miss its deadline or lose its trial',
  async run(stage) {
    const { cast, handles, contracts, domain } = stage;
    const { mallory, operator, accomplice, stranger } = cast;
    const registry = handles.JobRegistry;
    const digest = `0x${'77'.repeat(32)}` as const;
    const terms = await termsFor(stage, { requester: mallory.address, availability: Availability.Blob });
    await stage.attempt('asks about a blob that it never publishes', requestCall(stage, terms, mallory, digest));
    await stage.nextBlockAt(Number(terms.attestDeadline) + 1);
    await stage.step('ends the job: nobody answered', callOf(stranger, registry, 'expire', [termsToChain(terms)]));
    stage.holds('the job', await statusOf(stage, jobOf(stage, terms)), 'Expired');
    const untouched = await contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('the operator’s stake', untouched.free, STAKE);

    const penalty = 50n * TOKEN;
    const bound = await termsFor(stage, { requester: mallory.address, offerPenalty: penalty });
    const expiry = Number(bound.attestDeadline);
    const {
      domain: by,
      types,
      value,
    } = offerTypedData({ jobId: jobOf(stage, bound).id, penalty, expiry: BigInt(expiry) }, domain);
    const withOffer = (signature: string) =>
      callOf(mallory, registry, 'requestWithOffer', [...[termsToChain(bound), INPUT_HEX, expiry, signature]]);
    const forged = await accomplice.signer.signTypedData(by, types, value);
    await stage.refused('binds the operator by an offer that it never signed', withOffer(forged), {
      error: 'JobRegistryNotAttester',
      with: { signer: accomplice.address },
    });
    const signed = await operator.attester.signer.signTypedData(by, types, value);
    await stage.control('binds it by an offer that it signed', withOffer(signed));
    const answer = await answered(stage, jobOf(stage, bound));
    stage.holds('the answered job', await statusOf(stage, answer), 'Attested');

    const trial = await heard(stage, await answered(stage, await requested(stage, {}, mallory)));
    await stage.attempt('demands the input in a trial', demandInputCall(stage, trial, mallory));
    await stage.step('shows it', revealInputCall(stage, trial, operator.attester));
    await stage.pass(trial.file.docket.hearingEnd - (await stage.now()) + 60);
    await stage.step('asks for the verdict', resolveTrialCall(stage, trial, stranger));
    stage.holds('the trial', await trialStatus(stage, trial), 'Acquitted');
    const { free, locked } = await contracts.OperatorStaking.stakeOf(operator.owner.address);
    stage.holds('the operator’s stake', free + locked, STAKE);
  },
};
