import type { JobReport, Step, VectorFacts } from './job-report.ts';
import type { Paper } from './paper.ts';
import { bytes, count, milliseconds, seconds, short, tokens } from './wording.ts';

/** The life of every job, a few lines each. */
export function showJobs(paper: Paper, jobs: readonly JobReport[]): void {
  jobs.forEach((job, at) => {
    showJob(paper, job, `job ${at + 1} of ${jobs.length}`);
  });
}

function showJob(paper: Paper, job: JobReport, heading: string): void {
  const { request, attestation, settlement, callback, watchtower, money, stages, answer } = job;
  paper.title(`${heading}: ${job.name}`);
  paper.row('job id', short(job.jobId));
  paper.row('request', transaction(request));
  paper.row('input', vector(job.input, 'root'));
  paper.row('output', vector(job.output, 'root'));
  paper.row('answer', `${paper.strong(answer.text)}${agreement(paper, answer)}`);
  paper.row('attestation', `${transaction(attestation)}, operator ${short(attestation.operator)}`);
  paper.row('callback', `${mark(paper, callback.delivered)} ${callback.phase}: ${callback.text}`);
  paper.row('watchtower', `${mark(paper, watchtower.verdict === 'agrees')} ${verdict(watchtower)}`);
  paper.row(
    'settlement',
    `${transaction(settlement)}${settlement.jobs > 1 ? ` (its part of one for ${settlement.jobs} jobs)` : ''}`,
  );
  const parts = `${tokens(money.operator)} operator, ${tokens(money.publisher)} publisher, ${tokens(money.treasury)} treasury`;
  paper.row('money', `fee ${tokens(money.fee)} = ${parts}`);
  const run = job.runMs === undefined ? '' : ` (run ${milliseconds(job.runMs)})`;
  const times = [
    `seen ${seconds(stages.seen)}`,
    `answered ${seconds(stages.answered)}${run}`,
    `attested ${seconds(stages.attested)}`,
    `verified ${seconds(stages.verified)}`,
    `settled ${seconds(stages.settled)}`,
  ];
  paper.row('after request', times.join(' · '));
  if (job.picture !== undefined) paper.row('picture', job.picture);
}

function transaction({ transaction: hash, block, gas }: Step): string {
  return `${short(hash)}  block ${block}  gas ${count(gas)}`;
}

function vector({ root, bytes: size, contentId }: VectorFacts, what: string): string {
  const where = contentId === undefined ? 'calldata' : `blob ${contentId.slice(0, 12)}…${contentId.slice(-6)}`;
  return `${short(root)}  ${what} of ${bytes(size)} in ${where}`;
}

function agreement(paper: Paper, { label, agrees }: JobReport['answer']): string {
  if (agrees === undefined) return '';
  return ` ${mark(paper, agrees)} ${agrees ? `label ${label ?? '?'}` : `but its label is ${label ?? '?'}`}`;
}

function verdict({ verdict: found, worstGapRatio }: JobReport['watchtower']): string {
  if (found !== 'agrees') return found;
  return worstGapRatio === 0 || worstGapRatio === null
    ? 'ran it again: the same to the bit'
    : `ran it again: agrees, at most ${(worstGapRatio * 100).toPrecision(2)} % of the tolerance used`;
}

function mark(paper: Paper, good: boolean): string {
  return good ? paper.ok : paper.bad;
}
