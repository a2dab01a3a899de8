import { modelIdOf } from '../../workers/protocol/model.ts';
import { callOf } from './stage/contract-handle.ts';
import { answered, requested, settleCall } from './stage/jobs.ts';
import type { Attack } from './stage/attack.ts';
import { opened, postCall } from './stage/trials.ts';

/** A model's id is everything that makes an answer right: there is no second model under it. */
export const modelConfusion: Attack = {
  name: 'model-confusion',
  threats: ['T25'],
  what: 'another model is slipped under the id that a job names, or a publisher’s share is taken over',
  async run(stage) {
    const { cast, handles, model, contracts } = stage;
    const { mallory, operator, publisher, stranger } = cast;
    const registry = handles.ModelRegistry;
    const { spec } = model;
    const ofPublisher = callOf(mallory, registry, 'register', [spec]);
    await stage.refused('registers the publisher’s model', ofPublisher, {
      error: 'ModelRegistryNotPublisher',
      with: { caller: mallory.address, publisher: publisher.address },
    });
    await stage.refused(
      'registers it again, to change what it says',
      { ...ofPublisher, from: publisher },
      {
        error: 'ModelRegistryAlreadyRegistered',
        with: { modelId: model.id },
      },
    );
    const own = { ...spec, publisher: mallory.address, publisherFeeBps: 3_000, onnxSha256: `0x${'66'.repeat(32)}` };
    await stage.attempt(
      'registers another file with the same plan as her own',
      callOf(mallory, registry, 'register', [own]),
    );
    stage.proves('it has another id', modelIdOf(own as never) !== model.id);
    const lenient = { ...spec, outputs: spec.outputs.map((output) => ({ ...output, absTol: 0x7f7fffff })) };
    const trial = await opened(stage, await answered(stage, await requested(stage), 4));
    const posting = postCall({ ...stage, model: { ...model, spec: lenient } }, trial, operator.attester);
    await stage.refused('is judged by a spec with a wider tolerance', posting, {
      error: 'TrialCourtModelMismatch',
      with: { modelId: model.id },
    });
    await stage.control('is judged by the spec of the id', postCall(stage, trial, operator.attester));
    const job = await answered(stage, await requested(stage));
    const [before, thieves] = [await stage.wealthOf(publisher), await stage.wealthOf(mallory)];
    await stage.nextBlockAt(Number(job.record.challengeEnd) + 1);
    await stage.step('settles a job of the model', settleCall(stage, job, stranger));
    stage.proves('its publisher has the share', (await stage.wealthOf(publisher)) > before);
    stage.holds('the other has', (await stage.wealthOf(mallory)) - thieves, 0n);
    stage.holds('the model can be put on trial', await contracts.ModelRegistry.isTriable(model.id), true);
  },
};
