// How fast plans are run canonically on one core: sums of products of several lengths, whole networks with random weights, and
// the networks of the shared folder.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { columns } from '../scripts/demo/wording.ts';
import { compileModel } from '../workers/canonical/compiler/compile-model.ts';
import { addRunTotals, newRunTotals } from '../workers/canonical/executor/counters.ts';
import { type PlanInputs, execute } from '../workers/canonical/executor/execute.ts';
import { type Plan, checkPlan } from '../workers/canonical/plan/plan.ts';
import { VectorTree } from '../workers/canonical/tree/vector-tree.ts';
import { RemitError } from '../workers/runtime/errors.ts';
import { denseLayer, faceDetector320, residual18 } from './canonical/networks.ts';
import { gaussian } from './canonical/random-numbers.ts';

const SNAPSHOT = 'bench/snapshots/canonical.json';

const HELP = `usage: ./dev bench canonical [FOLDER] [--runs N] [--json] [--update]

Runs plans with seeded random inputs through the canonical executor, in one thread, N times each (default 3), and prints the
best time, products per second, the shares of sums that float64 left to the compensated sum and to integers, the elements of the
trace, and how long its Merkle tree takes. First layers
and networks with random weights, then every ONNX file of FOLDER/models (default ../shared). The last line is one JSON object.
  --json    prints nothing else
  --update  writes ${SNAPSHOT}, without the files`;

interface Figures {
  readonly seconds: number;
  /** multiplications with an addition */
  readonly macs: number;
  readonly macsPerSecond: number;
  /** shares of the sums */
  readonly compensated: number;
  readonly exact: number;
  /** elements of the trace, and how long its Merkle tree takes */
  readonly traceLength: number;
  readonly hashSeconds: number;
}

type Report = Readonly<Record<string, Figures>>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    update: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const say = (line: string): void => {
  if (!values.json) console.log(line);
};
if (values.help) console.log(HELP);
else measureAll(Number(values.runs), positionals[0] ?? '../shared');

function measureAll(runs: number, folder: string): void {
  const networks = measureNetworks(runs);
  const files = measureFiles(runs, path.join(folder, 'models'));
  for (const line of table({ ...networks, ...files })) say(line);
  if (values.update) {
    mkdirSync(path.dirname(SNAPSHOT), { recursive: true });
    writeFileSync(SNAPSHOT, `${JSON.stringify(networks, null, 2)}\n`);
    say(`written: ${SNAPSHOT}`);
  }
  console.log(JSON.stringify({ networks, files }));
}

function measureNetworks(runs: number): Report {
  const plans: Readonly<Record<string, Plan>> = {
    'dense 1024 × 1024 × 1024': denseLayer(1024, 1024, 1024),
    'dense 512 × 512 × 64': denseLayer(512, 512, 64),
    'dense 512 × 512 × 512': denseLayer(512, 512, 512),
    'dense 512 × 512 × 4608': denseLayer(512, 512, 4608),
    'dense 1 × 4096 × 4096': denseLayer(1, 4096, 4096),
    'face detector, 320 × 240': faceDetector320(),
    'ResNet-18': residual18(),
  };
  // weights small enough for deep networks to stay in range
  const figures = (plan: Plan) => measure(plan, gaussian(plan.weightsLength, 2, 0.05), runs);
  return Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, figures(plan)]));
}

function measureFiles(runs: number, folder: string): Report {
  if (!existsSync(folder)) {
    say(`there is no folder ${folder}: networks from files are left out`);
    return {};
  }
  const report: Record<string, Figures> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.onnx'))) {
    try {
      const { plan, weights } = compileModel(readFileSync(path.join(folder, file)));
      report[file] = measure(plan, weights, runs);
    } catch (error) {
      if (!(error instanceof RemitError)) throw error;
      say(`${file} is left out: ${error.code}: ${error.message}`);
    }
  }
  return report;
}

function measure(plan: Plan, weights: PlanInputs['weights'], runs: number): Figures {
  checkPlan(plan);
  const input = gaussian(plan.inputLength, 1, 1);
  let seconds = Infinity;
  let totals = newRunTotals();
  let trace: Uint32Array = new Uint32Array(0);
  for (let run = 0; run < runs; run++) {
    totals = newRunTotals();
    const begun = performance.now();
    trace = execute(plan, { input, weights }, { onInstruction: (report) => addRunTotals(totals, report) });
    seconds = Math.min(seconds, (performance.now() - begun) / 1000);
  }
  const hashing = performance.now();
  const { length: traceLength } = new VectorTree(trace);
  const hashSeconds = Number(((performance.now() - hashing) / 1000).toFixed(4));
  const { macs, direct, compensated, exact } = totals;
  const sums = Math.max(1, direct + compensated + exact);
  return {
    seconds: Number(seconds.toFixed(4)),
    macs,
    macsPerSecond: Math.round(macs / seconds),
    compensated: compensated / sums,
    exact: exact / sums,
    traceLength,
    hashSeconds,
  };
}

function table(report: Report): readonly string[] {
  const rows = Object.entries(report).map(([name, { seconds, macs, macsPerSecond, compensated, exact, ...rest }]) => [
    name,
    `${seconds.toFixed(3)} s`,
    `${(macs / 1e6).toFixed(1)} M`,
    `${(macsPerSecond / 1e9).toFixed(2)} G/s`,
    compensated.toExponential(1),
    exact.toExponential(1),
    `${(rest.traceLength / 1e6).toFixed(2)} M`,
    `${rest.hashSeconds.toFixed(3)} s`,
  ]);
  return columns([
    ['plan', 'best time', 'products', 'products/s', 'compensated', 'integers', 'trace', 'hashing'],
    ...rows,
  ]);
}
