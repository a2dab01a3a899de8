// The judge's arithmetic at volume: contract against exact integers, and float64 against exact integers over ranges of all inputs.
import { parseArgs } from 'node:util';
import { network } from 'hardhat';
import { columns } from '../scripts/demo/wording.ts';
import { elementaryCases, powerPairs } from '../test/support/elementary-cases.ts';
import { compareWithContract } from '../test/support/arithmetic-batches.ts';
import { ARITHMETIC } from '../test/support/arithmetic-subjects.ts';
import { compareExact, EXACT } from '../test/support/exact-batches.ts';
import { compareFastPath } from '../workers/canonical/arithmetic/elementary-comparison.ts';
import { pow } from '../workers/canonical/arithmetic/elementary-pow.ts';
import * as elementary from '../workers/canonical/arithmetic/elementary.ts';

const HELP = `usage: ./dev bench arithmetic [--cases N] [--seed N] [--step N] [--json]

Compares every arithmetic function of the judge's contracts with its twin in exact integers, N cases each (default 1,000,000),
and the float64 path of every elementary function with the twin on every --step-th of all 2^32 inputs (default 4,001; 1 takes
hours for each function). Stops at the first difference and names its operands and the seed. The last line is one JSON object.`;

const UNARY = ['exp', 'log', 'tanh', 'erf', 'sigmoid', 'softplus', 'sin', 'cos'] as const;
const FIRST_ELEMENTARY = 16;
const POW = 7;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    step: { type: 'string', default: '4001' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});
const say = (line: string): void => {
  if (!values.json) console.log(line);
};
if (values.help) console.log(HELP);
else await compareAll(Number(values.cases), Number(values.seed), Number(values.step));

async function compareAll(cases: number, seed: number, step: number): Promise<void> {
  const { ethers } = await network.create({
    override: { blockGasLimit: 1_000_000_000_000n, transactionGasCap: false },
  });
  const limit = { gasLimit: 10_000_000n };
  const arithmetic = await ethers.deployContract('JudgeArithmetic', limit);
  const functions = await ethers.deployContract('JudgeElementary', limit);
  let compared = 0;
  const done = (name: string, count: number): void => {
    compared += count;
    say(`${name}: ${count} cases, no difference`);
  };
  for (const { source, subjects } of ARITHMETIC) {
    for (const subject of subjects) {
      await compareWithContract(arithmetic, { subject, source, cases, seed });
      done(subject.name, cases);
    }
  }
  for (const name of EXACT) {
    await compareExact(arithmetic, { name, cases, seed });
    done(name, cases);
  }
  for (const [i, name] of UNARY.entries()) {
    const subject = { name, id: FIRST_ELEMENTARY + i, unary: elementary[name] };
    await compareWithContract(functions, { subject, source: elementaryCases, cases, seed });
    done(name, cases);
  }
  const power = { name: 'pow', id: POW, binary: pow };
  await compareWithContract(functions, { subject: power, source: powerPairs, cases, seed });
  done('pow', cases);
  report(compared, step);
}

function report(compared: number, step: number): void {
  const ranges = UNARY.map((name) => {
    const found = compareFastPath(name, { first: 0, count: Math.floor(2 ** 32 / step), step });
    return { name, compared: found.compared, fallbacks: found.fallbacks, differences: found.differences.length };
  });
  const rows = ranges.map(({ name, ...counts }) => [name, ...Object.values(counts).map(String)]);
  for (const line of columns([['float64 path', 'inputs', 'left to integers', 'different'], ...rows])) say(line);
  console.log(JSON.stringify({ onChain: compared, ranges }));
  if (ranges.some(({ differences }) => differences > 0)) process.exitCode = 1;
}
