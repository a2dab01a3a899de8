import { floatOf } from '../../../workers/canonical/arithmetic/float32.ts';
import type { Paper } from '../paper.ts';
import { columns, count, short, tokens } from '../wording.ts';
import type { TrialReport } from './trial-report.ts';

/** The path of every proof, so that the verdict can be derived again by hand (docs/TRIALS.md). */
export function showTrials(paper: Paper, reports: readonly TrialReport[]): void {
  for (const report of reports) showTrial(paper, report);
}

function showTrial(paper: Paper, report: TrialReport): void {
  const { scheme, operator, jobId, lie, steps, decided, ground } = report;
  paper.title(`on trial: ${operator}, who ${scheme}`);
  paper.row('job id', short(jobId));
  paper.row('claimed', `${floatOf(lie.claimed)} for ${floatOf(lie.canonical)}, as the first number of the answer`);
  for (const line of columns(
    steps.map(({ what, transaction, block, gas }) => [what, short(transaction), `block ${block}`, `gas ${count(gas)}`]),
  )) {
    paper.line(`    ${line}`);
  }
  if (decided) {
    const { element, instruction, node, opType, at, claimed, canonical } = decided;
    paper.row('layer', `${opType} ${node}, instruction ${instruction} of the plan, its element ${at}`);
    paper.row('element', `${element} of the trace: claimed ${claimed}, exactly ${canonical}`);
    showSum(paper, decided);
  }
  paper.row('verdict', `${paper.ok} convicted: ${ground}, ${report.seconds} s after the attestation`);
  const { slashed, opener, prover, requester, burned } = report;
  paper.row(
    'money',
    `${tokens(slashed)} slashed = ${tokens(opener)} opener, ${tokens(prover)} prover, ${tokens(requester)} requester, ${tokens(burned)} burned; the fee went back`,
  );
}

const SHOWN = 12;

/** The exact sum that the contract made, for whoever wants to add it up. */
function showSum(paper: Paper, { products, bias }: NonNullable<TrialReport['decided']>): void {
  if (products.length === 0) return;
  const shown = products.slice(0, SHOWN).map(([a, b]) => `${a} · ${b}`);
  const rest = products.length > SHOWN ? [`${products.length - SHOWN} more products`] : [];
  const terms = [...shown, ...rest, ...(bias === undefined ? [] : [`bias ${bias}`])];
  terms.forEach((term, i) => {
    paper.row(i === 0 ? 'because' : '', `${i === 0 ? '  ' : '+ '}${term}`);
  });
}
