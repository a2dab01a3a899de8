// Makes credit-score.onnx and input.json from nothing but this folder: `node models/credit-score/train.ts`.
// Running it again gives the same bytes.
import { writeFile } from 'node:fs/promises';
import { createAdam } from './adam.ts';
import { drawApplicant, FEATURES, rule, type Applicant } from './applicants.ts';
import { addGradient, createLayers, score, toFloat32, type Layer } from './mlp.ts';
import { onnxFile } from './onnx-file.ts';
import { createRandom, type Random } from './random.ts';

const SEED = 20_261_120;
const WIDTHS = [FEATURES.length, 16, 8, 1];
const TRAINING = 8_000;
const HELD_OUT = 4_000;
const EPOCHS = 30;
const BATCH = 64;
const FIRST_RATE = 0.01;
/** Cases in input.json are this far from the rule's edge, so that the label is not a matter of noise. */
const CLEAR = 1;

/** How the model does on applicants that it was not fitted on. */
export interface Measured {
  /** Share of right answers at a threshold of ½, in 0..1. */
  readonly accuracy: number;
  /** The same for the rule itself, which does not know the noise either: nothing can do better on average. */
  readonly ruleAccuracy: number;
  /** The same for always giving the commoner answer. */
  readonly commonest: number;
  /** Mean negative log likelihood, natural logarithm. */
  readonly logLoss: number;
}

export interface LabelledCase extends Applicant {
  readonly name: string;
}

export interface Trained {
  readonly onnx: Uint8Array;
  readonly layers: readonly Layer[];
  readonly cases: readonly LabelledCase[];
  readonly measured: Measured;
}

/** Draws the applicants, fits the network and measures it. Deterministic; about two seconds. */
export function train(): Trained {
  const random = createRandom(SEED);
  const draw = (count: number): Applicant[] => Array.from({ length: count }, () => drawApplicant(random));
  const training = draw(TRAINING);
  const heldOut = draw(HELD_OUT);
  const layers = toFloat32(fit(training, random));
  const onnx = onnxFile(layers, {
    name: 'credit-score',
    doc: 'Fitted on made-up applicants. Not for decisions about people.',
  });
  return { onnx, layers, cases: clearCases(heldOut), measured: measure(layers, heldOut) };
}

function fit(examples: readonly Applicant[], random: Random): Layer[] {
  const layers = createLayers(WIDTHS, random);
  const optimisers = layers.map(({ weights, bias }) => ({
    weights: createAdam(weights.length),
    bias: createAdam(bias.length),
  }));
  const order = [...examples];
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    shuffle(order, random);
    const rate = FIRST_RATE * (1 - epoch / EPOCHS);
    for (let start = 0; start < order.length; start += BATCH) {
      const batch = order.slice(start, start + BATCH);
      const gradients = layers.map((layer) => ({
        ...layer,
        weights: new Float64Array(layer.weights.length),
        bias: new Float64Array(layer.bias.length),
      }));
      for (const { values, label } of batch) addGradient(layers, values, label, gradients);
      for (const [depth, layer] of layers.entries()) {
        const mean = (sums: Float64Array | undefined): Float64Array =>
          (sums ?? new Float64Array()).map((sum) => sum / batch.length);
        optimisers[depth]?.weights.step(layer.weights, mean(gradients[depth]?.weights), rate);
        optimisers[depth]?.bias.step(layer.bias, mean(gradients[depth]?.bias), rate);
      }
    }
  }
  return layers;
}

/** Fisher–Yates, in place. */
function shuffle(order: Applicant[], random: Random): void {
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const [a, b] = [order[at], order[other]];
    if (a && b) [order[at], order[other]] = [b, a];
  }
}

function measure(layers: readonly Layer[], examples: readonly Applicant[]): Measured {
  const share = (right: (example: Applicant) => boolean): number => examples.filter(right).length / examples.length;
  const repaid = share(({ label }) => label === 1);
  const losses = examples.map(({ values, label }) => {
    const answer = score(layers, values);
    return -Math.log(label === 1 ? answer : 1 - answer);
  });
  return {
    accuracy: share(({ values, label }) => score(layers, values) > 0.5 === (label === 1)),
    ruleAccuracy: share(({ values, label }) => rule(values) > 0 === (label === 1)),
    commonest: Math.max(repaid, 1 - repaid),
    logLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  };
}

/** Six held-out applicants, repaid and not in turn; the label is the rule's, without noise. */
function clearCases(heldOut: readonly Applicant[]): LabelledCase[] {
  const repaid = heldOut.filter(({ values }) => rule(values) > CLEAR);
  const not = heldOut.filter(({ values }) => rule(values) < -CLEAR);
  return [0, 1, 2].flatMap((at) =>
    [repaid[at], not[at]].flatMap((applicant, side) =>
      applicant
        ? [
            {
              name: `made-up applicant ${2 * at + side + 1}`,
              label: side === 0 ? (1 as const) : (0 as const),
              values: applicant.values,
            },
          ]
        : [],
    ),
  );
}

/** input.json, laid out as the formatter of this repository leaves it. */
export function casesJson(cases: readonly LabelledCase[]): string {
  const entries = cases.map(({ name, label, values }) => {
    const lines = [`"name": ${JSON.stringify(name)}`, `"label": ${label}`, `"values": [${values.join(', ')}]`];
    return `  {\n    ${lines.join(',\n    ')}\n  }`;
  });
  return `[\n${entries.join(',\n')}\n]\n`;
}

if (import.meta.main) {
  const { onnx, cases, measured } = train();
  await writeFile(new URL('credit-score.onnx', import.meta.url), onnx);
  await writeFile(new URL('input.json', import.meta.url), casesJson(cases));
  console.log(JSON.stringify({ bytes: onnx.byteLength, ...measured }));
}
