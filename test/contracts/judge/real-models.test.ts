import path from 'node:path';
import { expect } from 'chai';
import { ask, mutate } from '../../../bench/judge/questions.ts';
import { middleOf } from '../../../bench/judge/court.ts';
import { openJudge, type OpenJudge } from '../../../bench/judge/samples.ts';
import { hasModels, modelRuns, type SharedModel } from '../../support/model-runs.ts';

const FOLDER = path.join(import.meta.dirname, '../../../../shared');
const MODELS: readonly SharedModel[] = [
  'large_mlp',
  'mnist-net_256x4',
  'cifar10-resnet_2b',
  'lenet_5',
  'acasxu_1_1',
  'face-detector-rfb-320',
];

(hasModels(FOLDER) ? describe : describe.skip)('TensorJudge on real networks', () => {
  let judge: OpenJudge;
  before(async () => {
    judge = await openJudge();
  });
  after(() => judge.close());

  for (const name of MODELS) {
    it(`finds a flipped number in every instruction of ${name}, and nothing wrong with the right ones`, async () => {
      const [run] = await modelRuns(FOLDER, name);
      if (!run) throw new Error(`${name} has no input`);
      const { instructions } = run.model.plan;
      let judged = 0;
      for (const [index, instruction] of instructions.entries()) {
        const place = { run, instruction, element: middleOf(instruction) };
        const right = ask(place);
        const wrong = mutate(place, 'up', () => 0);
        if (!wrong) throw new Error('a number has a neighbour');
        const facts = ({ claimed, canonical }: typeof right, isWrong: boolean) => ({
          wrong: isWrong,
          claimed,
          canonical,
        });
        expect(await judge.judge(right.question), `instruction ${index}`).to.deep.equal(facts(right, false));
        const ruling = await judge.judge(wrong.question);
        expect(ruling, `instruction ${index}, flipped`).to.deep.equal(facts(wrong, true));
        expect(ruling.canonical).to.equal(run.trace[place.element]);
        judged++;
      }
      expect(judged).to.equal(instructions.length);
    });
  }
});
