// Gas of every step of a job, whole transactions in the steady state, on an in-process chain with the current hardfork.
// Exact: times, salts and keys are fixed, so two runs of the same code print the same numbers.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CallbackPhase } from '../workers/protocol/job.ts';
import { measureJobs } from './gas/job-flow.ts';
import { measureSingles } from './gas/single-steps.ts';
import { openStage } from './gas/stage.ts';
import { type GasReport, gasTable } from './gas/table.ts';

const SNAPSHOT = 'bench/snapshots/gas.json';
const SMALL = { input: 10, output: 1 };
const KIB = { input: 256, output: 256 };

const HELP = `usage: ./dev bench gas [--update]

Measures the gas of request, attest and settle (whole transactions, steady state), prints a table and, as the last line,
one JSON object. total = request + attest + settle10; settle10 is a batch of 10 divided by 10; settle50Marginal is
(batch of 50 − batch of 10) / 40.
  small     40 bytes in, 4 bytes out, named operator, stored callback result
  kib       the same with 1 KiB in and out
  open      small, answered over the sortition ladder
  offer     small, with an operator's signed offer
  onFinal   small, callback after the challenge window
  --update  writes ${SNAPSHOT}, which ./dev check compares with`;

const { values } = parseArgs({ options: { update: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(HELP);
} else {
  const report = await measure();
  console.log(gasTable(report));
  if (values.update) {
    mkdirSync(path.dirname(SNAPSHOT), { recursive: true });
    writeFileSync(SNAPSHOT, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`written: ${SNAPSHOT}`);
  }
  console.log(JSON.stringify(report));
}

async function measure(): Promise<GasReport> {
  const stage = await openStage();
  const small = await measureJobs(stage, { ...SMALL, batch: 50 });
  const kib = await measureJobs(stage, { ...KIB });
  const open = await measureJobs(stage, { ...SMALL, asked: 'open' });
  const offer = await measureJobs(stage, { ...SMALL, asked: 'offer' });
  const onFinal = await measureJobs(stage, { ...SMALL, phase: CallbackPhase.OnFinal });
  const singles = await measureSingles(stage, SMALL);
  return {
    small: small.flow,
    kib: kib.flow,
    settle50Marginal: small.marginal,
    open: open.flow,
    offer: offer.flow,
    onFinal: onFinal.flow,
    ...singles,
  };
}
