import { defineSoak } from './soak-part.ts';
import { soakJobs } from './jobs.ts';

const JOBS_PER_SECOND_MIN = 300;

export const jobsPart = defineSoak({
  name: 'jobs',
  about: `Jobs of a model that does nothing, through real processes, Redis, chain and onnxruntime, from request to settlement,
while workers are killed, Redis is killed and emptied, transactions are dropped and the chain is reorganised up to
12 blocks deep. Demands: every job settled exactly once, no stake locked, no fee missing, ${JOBS_PER_SECOND_MIN} jobs a
second apart from the time that faults take. --faults 0 measures.`,
  options: {
    jobs: { fallback: 100_000, about: 'how many' },
    faults: { fallback: 60, about: 'how many faults, one after another' },
  },
  async run({ jobs, faults }, { clock, seed, say }) {
    const report = await soakJobs({ jobs, faults, seed }, { clock, say });
    const { lost, doubled, otherwise, lockedStake, missingFees, jobsPerSecondUndisturbed } = report;
    return {
      figures: report,
      targets: {
        'no job lost': lost === 0,
        'no job doubled': doubled === 0,
        'no job ended otherwise': otherwise === 0,
        'no stake locked': lockedStake === '0',
        'no fee missing': missingFees === '0',
        [`${JOBS_PER_SECOND_MIN} jobs a second`]: jobsPerSecondUndisturbed >= JOBS_PER_SECOND_MIN,
      },
    };
  },
});
