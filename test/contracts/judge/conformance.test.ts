import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deployJudge } from '../../../scripts/conformance/judge-on-chain.ts';
import { judgeSamples } from '../../../scripts/conformance/judge-samples.ts';
import { runCase } from '../../../scripts/conformance/run-case.ts';
import { SeededRandom } from '../../../scripts/gen/random.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/onnx-node-tests');
const SEED = 7;

/** What is refused, and why: outputs without elements cannot be judged, and a plan throws no dice. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  test_reduce_sum_empty_set_non_reduced_axis_zero: /has no elements/,
  test_reshape_allowzero_reordered: /has no elements/,
  test_slice_start_out_of_bounds: /has no elements/,
  test_split_zero_size_splits_opset18: /has no elements/,
  test_training_dropout_default_mask: /at random/,
  test_training_dropout_mask: /at random/,
};

describe('published cases before the judge', () => {
  if (!existsSync(FOLDER)) {
    it('needs ../shared/onnx-node-tests');
    return;
  }
  let chain: Awaited<ReturnType<typeof deployJudge>>;
  before(async () => {
    chain = await deployJudge();
  });
  after(() => chain.close());

  for (const name of readdirSync(FOLDER).sort()) {
    const refused = REFUSED[name];
    it(refused ? `refuses ${name} by name` : `acquits and convicts in ${name}`, async () => {
      const result = await runCase(join(FOLDER, name), async ({ model, input, trace }) => {
        const run = { input, weights: model.weights, trace };
        const random = new SeededRandom(SEED);
        const options = { perInstruction: 1, random: () => random.uniform() };
        const { honest, mutated } = await judgeSamples(model.plan, run, chain.judge, options);
        expect(honest).to.be.at.least(model.plan.instructions.length);
        expect(mutated).to.be.at.least(model.plan.instructions.length);
      });
      expect(result.outcome, result.why).to.equal(refused ? 'refused' : 'passed');
      if (refused) expect(result.why).to.match(refused);
    });
  }
});
