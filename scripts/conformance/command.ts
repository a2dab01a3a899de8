// Runs the single-operator cases that ONNX publishes through compiler, executor and judge.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { columns } from '../demo/wording.ts';
import { SeededRandom } from '../gen/random.ts';
import { deployJudge } from './judge-on-chain.ts';
import { judgeSamples } from './judge-samples.ts';
import { type CaseResult, runCase } from './run-case.ts';

const HELP = `usage: ./dev conformance [FOLDER] [--only TEXT] [--samples N] [--json]

Compiles every case of FOLDER (default ../shared/onnx-node-tests), runs it, compares with the published output (1e-4 relative,
1e-5 absolute; whole numbers exactly), and puts N sampled elements of each instruction (default 2) before the judge's contract: as they
are, off by one unit in the last place, and with an operand changed. The last line is one JSON object.
  --only TEXT   cases whose name contains TEXT
  --samples 0   does not ask the judge
  --json        prints nothing else`;

const SEED = 20_260_101;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    samples: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});

type Outcome = CaseResult['outcome'];

if (values.help) console.log(HELP);
else process.exitCode = await main(resolve(positionals[0] ?? '../shared/onnx-node-tests'), Number(values.samples));

async function main(folder: string, samples: number): Promise<number> {
  if (!existsSync(folder)) {
    console.error(
      `there is no folder ${folder}\n  fix: name the folder with ONNX's node tests: ./dev conformance FOLDER`,
    );
    return 69;
  }
  const names = readdirSync(folder).filter((name) => name.includes(values.only));
  const chain = samples > 0 ? await deployJudge() : undefined;
  const judged = { honest: 0, mutated: 0, equivalent: 0 };
  const results: CaseResult[] = [];
  for (const name of names.sort()) {
    const result = await runCase(join(folder, name), async ({ model, input, trace }) => {
      if (!chain) return;
      const run = { input, weights: model.weights, trace };
      const random = new SeededRandom(SEED);
      const counts = await judgeSamples(model.plan, run, chain.judge, {
        perInstruction: samples,
        random: () => random.uniform(),
      });
      judged.honest += counts.honest;
      judged.mutated += counts.mutated;
      judged.equivalent += counts.equivalent;
    });
    results.push(result);
    if (result.outcome !== 'passed' && !values.json) console.log(`${result.outcome}  ${name}: ${result.why ?? ''}`);
  }
  await chain?.close();
  return report(results, judged);
}

function report(results: readonly CaseResult[], judged: Readonly<Record<string, number>>): number {
  const operators: Record<string, Record<Outcome, number>> = {};
  for (const { operator, outcome } of results) {
    const row = (operators[operator] ??= { passed: 0, refused: 0, failed: 0 });
    row[outcome] += 1;
  }
  const total = (outcome: Outcome): number => results.filter((result) => result.outcome === outcome).length;
  const totals = { passed: total('passed'), refused: total('refused'), failed: total('failed') };
  if (!values.json) {
    const sorted = Object.entries(operators).sort(([one], [other]) => (one < other ? -1 : 1));
    const rows = [...sorted, ['all', totals] as const].map(([name, row]) => [
      name,
      ...[row.passed, row.refused, row.failed].map(String),
    ]);
    for (const line of columns([['operator', 'passed', 'refused', 'failed'], ...rows])) console.log(line);
    console.log(`judged on chain: ${judged['honest']} right elements, ${judged['mutated']} wrong ones, none mistaken`);
  }
  console.log(JSON.stringify({ ...totals, judged, operators }));
  return totals.failed === 0 ? 0 : 1;
}
