import type { JobReport } from './job-report.ts';
import { owned } from './ledger.ts';
import type { Paper } from './paper.ts';
import type { DemoResult } from './run-demo.ts';
import { columns, count, percentile, seconds, short, signed, tokens } from './wording.ts';

/** Everything after the jobs: where it ran, times, gas, balances, and what is not what it would be on a public network. */
export function showResult(paper: Paper, result: DemoResult): void {
  const { jobs, ledger } = result;
  showModel(paper, result);
  paper.title('time after the request was mined');
  table(paper, [['', 'p50', 'p95'], ...latencies(jobs)]);
  paper.title('gas per job, average');
  table(paper, gasTable(jobs));
  paper.title('balances in Settlement');
  table(paper, balanceTable(ledger));
  paper.row('stake', `${tokens(ledger.after.stakeFree)} free, ${tokens(ledger.after.stakeLocked)} locked`);
  showNotes(paper, result);
  showExpectations(paper, result);
}

function showModel(paper: Paper, { model, leftOut, jobs }: DemoResult): void {
  paper.title('model');
  paper.row('model id', short(model.modelId));
  paper.row('file', model.contentId);
  paper.row('engine', model.provider);
  const state = model.triable
    ? 'triable: the chain itself can decide an answer'
    : paper.alarm(
        'NOT TRIABLE: no plan is registered, so nobody can put an answer on trial; the trial comes with the plan compiler',
      );
  paper.row('on the chain', state);
  if (leftOut > 0) paper.row('left out', `${leftOut} more inputs (${jobs.length} asked; --jobs)`);
}

function latencies(jobs: readonly JobReport[]): string[][] {
  const stages = ['seen', 'answered', 'attested', 'verified', 'settled'] as const;
  return stages.map((stage) => {
    const values = jobs.map((job) => job.stages[stage]);
    return [stage, seconds(percentile(values, 0.5)), seconds(percentile(values, 0.95))];
  });
}

function gasTable(jobs: readonly JobReport[]): string[][] {
  const average = (gas: (job: JobReport) => bigint): bigint =>
    jobs.reduce((sum, job) => sum + gas(job), 0n) / BigInt(Math.max(1, jobs.length));
  const rows: [string, bigint][] = [
    ['request', average(({ request }) => request.gas)],
    ['attest', average(({ attestation }) => attestation.gas)],
    ['settle', average(({ settlement }) => settlement.gas)],
  ];
  const total = rows.reduce((sum, [, gas]) => sum + gas, 0n);
  return [...rows, ['total', total] as const].map(([name, gas]) => [name, count(gas)]);
}

function balanceTable({ before, after }: DemoResult['ledger']): string[][] {
  const names = Object.keys(after.balances);
  const row = (name: string, was: bigint, is: bigint): string[] => [name, tokens(was), tokens(is), signed(is - was)];
  return [
    ['', 'before', 'after', 'change'],
    ...names.map((name) => row(name, before.balances[name] ?? 0n, after.balances[name] ?? 0n)),
    ...(after.bond === 0n ? [] : [row('bond of the model', before.bond, after.bond)]),
    row('together', owned(before), owned(after)),
    row('held by Settlement', before.totalHeld, after.totalHeld),
  ];
}

function showNotes(paper: Paper, { model }: DemoResult): void {
  paper.title('only here');
  paper.line('  The chain is a private anvil, its keys are known to everybody, its token is minted freely,');
  paper.line('  and its challenge window is seconds. Contracts, workers, Redis and onnxruntime are the real ones.');
  if (!model.triable) paper.line('  The watchtower compares and reports; without a plan it cannot open a trial.');
}

function showExpectations(paper: Paper, { expectations, setUpMs, jobsMs }: DemoResult): void {
  const failed = expectations.filter(({ held }) => !held);
  const held = expectations.length - failed.length;
  paper.title('result');
  for (const { what, seen } of failed) paper.line(`  ${paper.bad} ${what}${seen === undefined ? '' : `: ${seen}`}`);
  const verdict =
    failed.length === 0 ? `all ${held} expectations held` : `${held} expectations held, ${failed.length} failed`;
  const mark = failed.length === 0 ? paper.ok : paper.bad;
  paper.line(`  ${mark} ${paper.strong(verdict)}; network up in ${seconds(setUpMs)}, jobs done in ${seconds(jobsMs)}`);
}

function table(paper: Paper, rows: readonly (readonly string[])[]): void {
  for (const line of columns(rows)) paper.line(`  ${line}`);
}
