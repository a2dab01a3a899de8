import { createRandom, type Random } from '../../models/credit-score/random.ts';
import { canonicalAnswer, SimWatch, type WatchedJob } from '../../test/support/sim-watch.ts';
import { noisy, questions, wrong } from '../../test/support/watched-answers.ts';
import { bitsOfBytes } from '../../workers/roles/trial/elements.ts';
import { decodeFloats } from '../../workers/protocol/vector.ts';

export interface WatchtowerSoak {
  readonly wrong: number;
  readonly honest: number;
  /** Seconds. */
  readonly window: number;
  readonly seed: number;
}

export interface WatchtowerReport {
  readonly wrong: number;
  readonly honest: number;
  readonly opened: number;
  readonly late: number;
  readonly falseChallenges: number;
  /** Looks of the canonical run at claims that the first look took for wrong, and that it found right. */
  readonly acquitted: number;
  /** Of the window, in percent. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly looks: number;
  readonly blocks: number;
  readonly censoredBlocks: number;
  readonly offlineBlocks: number;
  readonly redisLosses: number;
  readonly restarts: number;
}

const JOBS_PER_BLOCK = 10;
const CAPACITY = 200;
const VANISH = 0.8;
/** Part of its tolerance that an honest engine uses up, as executors assure; a hundredth of the claims use nearly all. */
const USUAL_NOISE = 0.25;
const BOLD_NOISE = 0.95;
const BOLD = 0.01;

/** Wrong and honest answers in random order, while the weather changes. Every wrong one is of the next kind. */
export async function soakWatchtower(
  { wrong: wrongs, honest, window, seed }: WatchtowerSoak,
  say: (line: string) => void,
): Promise<WatchtowerReport> {
  const random = createRandom(seed);
  const uniform = (): number => random.uniform();
  const asked = questions(64, uniform);
  const byInput = new Map(asked.map((question) => [Buffer.from(question.input).toString('hex'), question]));
  const watch = new SimWatch({
    ...{ window, capacity: CAPACITY, uniform },
    own: (input) => {
      const question = byInput.get(Buffer.from(input).toString('hex')) ?? {
        input,
        answer: decodeFloats(canonicalAnswer(bitsOfBytes(input))),
      };
      return noisy(question, USUAL_NOISE, uniform);
    },
  });
  const weather = createWeather(random);
  const guilty = new Set<WatchedJob>();
  const innocent = new Set<WatchedJob>();
  const any = () => asked[random.below(asked.length)] ?? { input: new Uint8Array(), answer: new Float32Array() };
  let blocks = 0;
  const step = async (): Promise<void> => {
    weather.change(watch);
    await watch.step();
    blocks += 1;
  };
  for (let left = wrongs + honest; left > 0; left--) {
    const question = any();
    if (random.below(left) < wrongs - guilty.size) {
      const nth = guilty.size;
      const other = asked[(asked.indexOf(question) + 1) % asked.length] ?? question;
      guilty.add(watch.attest(question.input, wrong(question, nth, other)));
    } else {
      const part = random.uniform() < BOLD ? BOLD_NOISE : USUAL_NOISE;
      innocent.add(watch.attest(question.input, noisy(question, part, uniform)));
    }
    if (left % JOBS_PER_BLOCK === 0) await step();
    if (left % 20_000 === 0) say(`${guilty.size + innocent.size} answers, ${blocks} blocks`);
  }
  for (const end = watch.now + window; watch.now < end;) await step();
  const latencies = [...guilty]
    .flatMap(({ openedAt, attestedAt }) => (openedAt === undefined ? [] : [((openedAt - attestedAt) / window) * 100]))
    .sort((a, b) => a - b);
  const at = (share: number): number => Number((latencies[Math.ceil(latencies.length * share) - 1] ?? 100).toFixed(2));
  const opened = latencies.length;
  return {
    ...{ wrong: guilty.size, honest: innocent.size, opened, late: guilty.size - opened },
    falseChallenges: [...innocent].filter(({ openedAt }) => openedAt !== undefined).length,
    acquitted: watch.acquitted,
    ...{ p50: at(0.5), p99: at(0.99), worst: at(1) },
    ...{ looks: watch.looks, blocks, ...weather.counts },
  };
}

interface WeatherCounts {
  censoredBlocks: number;
  offlineBlocks: number;
  redisLosses: number;
  restarts: number;
}

/** Phases of censorship and of absence, losses of Redis, restarts. */
function createWeather(random: Random) {
  const counts: WeatherCounts = { censoredBlocks: 0, offlineBlocks: 0, redisLosses: 0, restarts: 0 };
  let censored = 0;
  let offline = 0;
  return {
    counts,
    change(watch: SimWatch): void {
      const draw = random.uniform();
      // About a third of the time is censored, in phases of up to an hour; two in a hundred blocks are missed.
      if (censored === 0 && draw < 1 / 300) censored = 50 + random.below(250);
      else if (offline === 0 && draw > 1 - 1 / 600) offline = 5 + random.below(15);
      else if (draw > 0.5 && draw < 0.5 + 1 / 300) {
        watch.loseRedis();
        counts.redisLosses += 1;
      } else if (draw > 0.6 && draw < 0.6 + 1 / 50) {
        watch.restart();
        counts.restarts += 1;
      }
      censored = Math.max(0, censored - 1);
      offline = Math.max(0, offline - 1);
      if (censored > 0) counts.censoredBlocks += 1;
      if (offline > 0) counts.offlineBlocks += 1;
      watch.weather = { vanish: censored > 0 ? VANISH : 0, online: offline === 0 };
    },
  };
}
