// How fast plans are run canonically on one core: sums of products of several lengths, and whole networks with random weights.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { columns } from '../scripts/demo/wording.ts';
import { addRunTotals, newRunTotals } from '../workers/canonical/executor/counters.ts';
import { execute } from '../workers/canonical/executor/execute.ts';
import { type Plan, checkPlan } from '../workers/canonical/plan/plan.ts';
import { denseLayer, faceDetector320, residual18 } from './canonical/networks.ts';
import { gaussian } from './canonical/random-numbers.ts';

const SNAPSHOT = 'bench/snapshots/canonical.json';

const HELP = `usage: ./dev bench canonical [--runs N] [--update]

Runs plans with seeded random weights and inputs through the canonical executor, in this thread, N times each (default 3), and
prints the best time, multiplications per second, and how many sums float64 left to the compensated sum and to integers. The last
line is one JSON object.
  --update  writes ${SNAPSHOT}`;

interface Figures {
  readonly seconds: number;
  readonly macs: number;
  readonly macsPerSecond: number;
  /** shares of the sums */
  readonly compensated: number;
  readonly exact: number;
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    update: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) console.log(HELP);
else measureAll(Number(values.runs ?? 3));

function measureAll(runs: number): void {
  const plans: Readonly<Record<string, Plan>> = {
    'dense 1024 × 1024 × 1024': denseLayer(1024, 1024, 1024),
    'dense 512 × 512 × 64': denseLayer(512, 512, 64),
    'dense 512 × 512 × 512': denseLayer(512, 512, 512),
    'dense 512 × 512 × 4608': denseLayer(512, 512, 4608),
    'dense 1 × 4096 × 4096': denseLayer(1, 4096, 4096),
    'face detector, 320 × 240': faceDetector320(),
    'ResNet-18': residual18(),
  };
  const report = Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, measure(plan, runs)]));
  const rows = Object.entries(report).map(([name, { seconds, macs, macsPerSecond, compensated, exact }]) => [
    name,
    `${seconds.toFixed(3)} s`,
    `${(macs / 1e6).toFixed(0)} M`,
    `${(macsPerSecond / 1e9).toFixed(2)} G/s`,
    compensated.toExponential(1),
    exact.toExponential(1),
  ]);
  const heading = ['plan', 'best time', 'products', 'products/s', 'compensated', 'integers'];
  for (const line of columns([heading, ...rows])) console.log(line);
  if (values.update) {
    mkdirSync(path.dirname(SNAPSHOT), { recursive: true });
    writeFileSync(SNAPSHOT, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`written: ${SNAPSHOT}`);
  }
  console.log(JSON.stringify(report));
}

function measure(plan: Plan, runs: number): Figures {
  checkPlan(plan);
  const input = gaussian(plan.inputLength, 1, 1);
  // small enough for deep networks to stay in range
  const weights = gaussian(plan.weightsLength, 2, 0.05);
  let seconds = Infinity;
  let totals = newRunTotals();
  for (let run = 0; run < runs; run++) {
    totals = newRunTotals();
    const begun = performance.now();
    execute(plan, { input, weights }, { onInstruction: (report) => addRunTotals(totals, report) });
    seconds = Math.min(seconds, (performance.now() - begun) / 1000);
  }
  const { macs, direct, compensated, exact } = totals;
  const sums = direct + compensated + exact;
  return {
    seconds: Number(seconds.toFixed(4)),
    macs,
    macsPerSecond: Math.round(macs / seconds),
    compensated: compensated / sums,
    exact: exact / sums,
  };
}
