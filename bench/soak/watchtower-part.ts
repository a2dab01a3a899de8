import { defineSoak } from './soak-part.ts';
import { soakWatchtower } from './watchtower.ts';

const P99_MAX = 20;

export const watchtowerPart = defineSoak({
  name: 'watchtower',
  about: `Wrong answers of nine kinds among honest ones whose numbers are off by noise within the tolerance. The handlers of
watchtower and trial, their comparison and the canonical run are the real ones; chain, clock, Redis, engine and the
publishing of transactions are simulated, while four in five transactions vanish for up to an hour, Redis loses
everything, the tower restarts or is away. Demands: every wrong answer on trial before its window ends, 99 of 100
within ${P99_MAX} % of it, and no honest one ever.`,
  options: {
    wrong: { fallback: 1_000, about: 'wrong answers' },
    honest: { fallback: 100_000, about: 'honest answers' },
    window: { fallback: 3_600, about: 'the window, seconds' },
  },
  async run({ wrong, honest, window }, { seed, say }) {
    const report = await soakWatchtower({ wrong, honest, window, seed }, say);
    const { opened, falseChallenges, p99, censoredBlocks, redisLosses, restarts, acquitted } = report;
    return {
      figures: report,
      targets: {
        [`${wrong} of ${wrong} wrong answers on trial in time`]: opened === wrong && report.wrong === wrong,
        [`99 of 100 within ${P99_MAX} % of the window`]: p99 <= P99_MAX,
        [`0 of ${honest} honest answers on trial`]: falseChallenges === 0 && report.honest === honest,
        'there was something to withstand': censoredBlocks > 0 && redisLosses > 0 && restarts > 0,
        'the canonical run had honest answers to acquit': acquitted > 0,
      },
    };
  },
});
