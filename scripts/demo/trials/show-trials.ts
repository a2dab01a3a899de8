import type { Paper } from '../paper.ts';
import { columns, count, short, tokens } from '../wording.ts';
import { floatOf } from './cheat.ts';
import type { TrialReport } from './trial-report.ts';

/** The path of every proof, so that the verdict can be derived again by hand (docs/TRIALS.md). */
export function showTrials(paper: Paper, reports: readonly TrialReport[]): void {
  for (const report of reports) showTrial(paper, report);
}

function showTrial(paper: Paper, report: TrialReport): void {
  const { scheme, operator, jobId, lie, steps, decided, ground } = report;
  paper.title(`on trial: ${operator}, who ${scheme}`);
  paper.row('job id', short(jobId));
  paper.row(
    'claimed',
    `${floatOf(lie.claimed)} as element ${lie.element} of the answer; canonical ${floatOf(lie.canonical)}`,
  );
  for (const line of columns(
    steps.map(({ what, transaction, block, gas }) => [what, short(transaction), `block ${block}`, `gas ${count(gas)}`]),
  )) {
    paper.line(`    ${line}`);
  }
  if (decided) {
    const { element, instruction, node, opType, at, claimed, canonical } = decided;
    paper.row('layer', `${opType} ${node}, instruction ${instruction} of the plan, its element ${at}`);
    paper.row('element', `${element} of the trace: claimed ${claimed}, exactly ${canonical}`);
  }
  paper.row('verdict', `${paper.ok} convicted: ${ground}, ${report.seconds} s after the attestation`);
  const { slashed, opener, prover, requester, burned } = report;
  paper.row(
    'money',
    `${tokens(slashed)} slashed = ${tokens(opener)} opener, ${tokens(prover)} prover, ${tokens(requester)} requester, ${tokens(burned)} burned; the fee went back`,
  );
}
