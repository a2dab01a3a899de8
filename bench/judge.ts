// What it costs to prove a wrong number: gas of proofs and of whole trials, with the real judge, on a chain in this process.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../scripts/gen/random.ts';
import { hasModels, type ModelRun, modelRuns, SHARED_MODELS, type SharedModel } from '../test/support/model-runs.ts';
import { type Court, HARDFORK, openCourt } from './judge/court.ts';
import { type LayerTrial, trialsOfLayers } from './judge/layers.ts';
import {
  dearestTable,
  type JudgeReport,
  layersTable,
  type ModelFigures,
  samplesTable,
  sumsTable,
  trialsTable,
} from './judge/report.ts';
import { noCounts, openJudge, type SampleCounts, sampleHonest, sampleMutations } from './judge/samples.ts';
import { convictOnce, residualRun, trialsOfSums } from './judge/synthetic.ts';
import { wholeTrial } from './judge/whole-trials.ts';

const SNAPSHOT = 'bench/snapshots/judge.json';
const WHOLE: readonly SharedModel[] = ['large_mlp', 'cifar10-resnet_2b', 'mnist-net_256x4', 'face-detector-rfb-320'];
/** Inputs of one model that are sampled, at most. */
const INPUTS_MAX = 10;

const HELP = `usage: ./dev bench judge [FOLDER] [--layers] [--honest N] [--mutations M] [--seed S] [--json] [--update]

Gas on a chain in this process (hardfork ${HARDFORK}: the floor price of calldata counts), with the real judge and court. First
proofs of single numbers; then whole trials of the networks in FOLDER/models (default ../shared), played by the role that
operators and watchers run, with a claimant that serves its trace and with one that shows nothing unless demanded.
Targets are for whole transactions. 'ruling' is what of a proof is calldata, hashes and the judge: the gas of a proof that fails
because the number is right; the rest is the conviction. Another conviction came before, so balances are not new. The last line
is one JSON object.
  --layers       also prints a trial for a flipped number in every instruction of every model
  --honest N     puts N right elements of all models before the judge instead: none may be convicted
  --mutations M  puts M wrong ones before it (one unit in the last place, another number, operand, index): none may be missed
  --seed S       of the samples (default 1)
  --json         prints nothing else
  --update       writes ${SNAPSHOT}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    layers: { type: 'boolean', default: false },
    honest: { type: 'string', default: '0' },
    mutations: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    update: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const say = (...lines: readonly string[]): void => {
  if (!values.json) for (const line of lines) console.log(line);
};
const folder = positionals[0] ?? '../shared';
const [honest, mutations] = [Number(values.honest), Number(values.mutations)];
if (values.help) console.log(HELP);
else if (honest + mutations > 0) await sampleAll();
else await measureAll();

async function measureAll(): Promise<void> {
  const court = await openCourt();
  try {
    await convictOnce(court);
    const sums = await trialsOfSums(court);
    say(...sumsTable(sums), '');
    const models: Record<string, ModelFigures> = {};
    const named = hasModels(folder) ? (values.layers ? SHARED_MODELS : WHOLE) : [];
    if (named.length === 0) say(`there is no folder ${folder}/models: networks from files are left out`);
    for (const name of named) {
      const [run] = await modelRuns(folder, name);
      if (run) models[name] = await measureModel(court, run);
    }
    const residual = residualRun();
    models[residual.name] = await measureModel(court, residual);
    say(...trialsTable(models));
    const report: JudgeReport = { hardfork: HARDFORK, sums, models };
    if (values.update) {
      mkdirSync(path.dirname(SNAPSHOT), { recursive: true });
      writeFileSync(SNAPSHOT, `${JSON.stringify(report, null, 2)}\n`);
      say(`written: ${SNAPSHOT}`);
    }
    console.log(JSON.stringify(report));
  } finally {
    await court.close();
  }
}

async function measureModel(court: Court, run: ModelRun): Promise<ModelFigures> {
  const begun = performance.now();
  const layers = await trialsOfLayers(court, run);
  const dearest: Record<string, LayerTrial> = {};
  for (const layer of layers) if (layer.ruling > (dearest[layer.op]?.ruling ?? 0)) dearest[layer.op] = layer;
  const worst = layers.reduce((one, other) => (other.proveElement > one.proveElement ? other : one));
  const trials = [];
  for (const at of [worst.instruction, layers.length - 1])
    for (const served of [true, false]) trials.push(await wholeTrial(court, run, at, served));
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(`${run.name}: ${layers.length} of ${layers.length} instructions convicted, 4 trials played, ${seconds} s`);
  if (values.layers) say(...layersTable(layers));
  say(...dearestTable(run.name, { dearest, trials }), '');
  return { dearest, trials };
}

async function sampleAll(): Promise<void> {
  if (!hasModels(folder)) throw new Error(`there is no folder ${folder}/models`);
  const judge = await openJudge();
  const counts: SampleCounts = noCounts();
  const seeded = new SeededRandom(Number(values.seed));
  const random = (): number => seeded.uniform();
  const share = (of: number, at: number): number =>
    Math.floor(of / SHARED_MODELS.length) + (at < of % SHARED_MODELS.length ? 1 : 0);
  const begun = performance.now();
  try {
    for (const [at, name] of SHARED_MODELS.entries()) {
      const runs = await modelRuns(folder, name, name === 'face-detector-rfb-320' ? 2 : INPUTS_MAX);
      const from = performance.now();
      await sampleHonest(judge, runs, { count: share(honest, at), random, counts });
      await sampleMutations(judge, runs, { count: share(mutations, at), random, counts });
      const ms = (performance.now() - from) / Math.max(1, share(honest, at) + share(mutations, at));
      say(`${name}: ${runs.length} inputs, ${ms.toFixed(2)} ms for each claim`);
    }
  } finally {
    await judge.close();
  }
  const seconds = (performance.now() - begun) / 1000;
  say(...samplesTable(counts), `${seconds.toFixed(0)} s`, ...counts.faults.slice(0, 20));
  console.log(JSON.stringify({ ...counts, seconds: Math.round(seconds) }));
  if (counts.convictedHonest + counts.missed + counts.differing > 0) process.exitCode = 1;
}
