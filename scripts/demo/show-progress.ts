import type { StackStep } from '../stack/stack.ts';
import type { Paper } from './paper.ts';
import type { DemoListener } from './run-demo.ts';
import type { Progress } from './run-jobs.ts';
import { seconds } from './wording.ts';

const STAGES = [
  'requested',
  'answered',
  'attested',
  'verified',
  'settled',
] as const satisfies readonly (keyof Progress)[];

/** Says what happens while it happens: one line per finished step, and a line that moves while jobs run. */
export function showProgress(paper: Paper, { now }: { readonly now: () => number }): DemoListener {
  const complete = new Set<string>();
  let asked: number | undefined;
  return {
    onStep({ name, ms, detail }: StackStep) {
      if (ms === undefined) paper.live(`  … ${name}`);
      else paper.row(name, [`${paper.ok} ${seconds(ms).padStart(6)}`, detail].filter(Boolean).join('  '));
    },
    onProgress(progress, jobs) {
      if (asked === undefined) {
        asked = now();
        paper.title(`${jobs} ${jobs === 1 ? 'job' : 'jobs'}, asked at once`);
      }
      for (const stage of STAGES) {
        if (progress[stage] < jobs || complete.has(stage)) continue;
        complete.add(stage);
        paper.row(stage, `${paper.ok} ${seconds(now() - asked).padStart(6)}`);
      }
      if (complete.size < STAGES.length)
        paper.live(`  … ${STAGES.map((stage) => `${progress[stage]} ${stage}`).join(' · ')}`);
    },
  };
}
