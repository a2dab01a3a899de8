// Makes volatility.onnx and input.json from nothing but this repository: `node models/volatility/train.ts`. Running it again
// gives the same bytes. On your own prices: `node models/volatility/train.ts --csv prices.csv --column close --out mine.onnx`.
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '../credit-score/random.ts';
import { baselines, modelForecaster, score, type Scored } from './baselines.ts';
import { pricesOfCsv } from './csv.ts';
import { fitHead, type Head } from './head.ts';
import { onnxFile } from './onnx-file.ts';
import { drawPath } from './paths.ts';
import { HORIZON, PRICES, type Sample, samplesOf } from './windows.ts';

const SEED = 20_261_121;
const ROUNDS = 240;
const TRAINING_PATHS = 400;
const HELD_OUT_PATHS = 300;
const STRIDE = 7;
/** Share of a price history that is fitted on; the rest, which is later, is held out. */
const TRAINING_SHARE = 0.7;
const SAMPLES_MIN = 500;

/** A case of input.json. */
export interface PriceCase {
  readonly name: string;
  /** 32 prices, oldest first */
  readonly values: readonly number[];
}

export interface Trained {
  readonly onnx: Uint8Array;
  readonly head: Head;
  /** how many windows were fitted on and held out */
  readonly samples: { readonly training: number; readonly heldOut: number };
  /** on the windows that were held out, baselines first */
  readonly measured: readonly Scored[];
}

/** Draws made-up prices, fits the model and measures it on other paths. Deterministic; a few seconds. */
export function train(): Trained {
  const random = createRandom(SEED);
  const draw = (paths: number): Sample[][] =>
    Array.from({ length: paths }, () => samplesOf(drawPath(random, ROUNDS).prices, STRIDE));
  return fit(draw(TRAINING_PATHS).flat(), draw(HELD_OUT_PATHS));
}

/**
 * Fits the model on a history of prices and measures it on the last three tenths of it, with no overlap.
 *
 * @throws Error for a history that is too short
 */
export function trainOn(prices: readonly number[]): Trained {
  const cut = Math.floor(prices.length * TRAINING_SHARE);
  const training = samplesOf(prices.slice(0, cut), 1);
  const heldOut = samplesOf(prices.slice(cut), 1);
  if (training.length < SAMPLES_MIN || heldOut.length === 0) {
    const needed = Math.ceil((SAMPLES_MIN + PRICES + HORIZON) / TRAINING_SHARE);
    throw new Error(`${prices.length} prices are too few to fit on: give at least ${needed}`);
  }
  return fit(training, [heldOut]);
}

function fit(training: readonly Sample[], heldOut: readonly (readonly Sample[])[]): Trained {
  const head = fitHead(training, createRandom(SEED + 1));
  const measured = score([...baselines(training), modelForecaster(head)], heldOut);
  return {
    onnx: onnxFile(head),
    head,
    samples: { training: training.length, heldOut: heldOut.flat().length },
    measured,
  };
}

/** A calm market, the same one moving four times as much, one that wakes up, one that calms down, and one with a jump. */
export function priceCases(): PriceCase[] {
  const random = createRandom(SEED + 2);
  const steps = Array.from({ length: PRICES - 1 }, () => random.normal());
  const path = (name: string, size: (round: number) => number, jump = -1): PriceCase => {
    let price = 3_000;
    const values = [price];
    for (const [round, step] of steps.entries()) {
      price *= Math.exp(size(round) * step + (round === jump ? 0.01 : 0));
      values.push(Math.round(price * 100) / 100);
    }
    return { name, values };
  };
  return [
    path('calm', () => 0.001),
    path('four times as lively', () => 0.004),
    path('wakes up', (round) => (round < 23 ? 0.001 : 0.004)),
    path('calms down', (round) => (round < 23 ? 0.004 : 0.001)),
    path('calm, with one jump of 1 %', () => 0.001, 15),
  ];
}

const LINE_WIDTH = 120;

/** input.json, laid out as the formatter of this repository leaves it. */
export function casesJson(cases: readonly PriceCase[]): string {
  const entries = cases.map(({ name, values }) => {
    const lines = [''];
    for (const [at, value] of values.entries()) {
      const text = at < values.length - 1 ? `${value},` : String(value);
      const line = lines.at(-1) ?? '';
      if (line === '') lines[lines.length - 1] = `      ${text}`;
      else if (line.length + 1 + text.length <= LINE_WIDTH) lines[lines.length - 1] = `${line} ${text}`;
      else lines.push(`      ${text}`);
    }
    return `  {\n    "name": ${JSON.stringify(name)},\n    "values": [\n${lines.join('\n')}\n    ]\n  }`;
  });
  return `[\n${entries.join(',\n')}\n]\n`;
}

/** The comparison as a table. */
export function showMeasured({ samples, measured }: Trained): string {
  const rows = measured.map(({ name, qlike, rmse, ratio }) =>
    [name.padEnd(34), qlike.toFixed(4), rmse.toFixed(4), ratio.toFixed(3)].join('  '),
  );
  return [
    `fitted on ${samples.training} windows, measured on ${samples.heldOut} others`,
    ['forecast of the next 8 rounds'.padEnd(34), 'QLIKE ', 'RMSE  ', 'realised / forecast'].join('  '),
    ...rows,
  ].join('\n');
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { csv: { type: 'string' }, column: { type: 'string' }, out: { type: 'string' } },
  });
  if (values.csv !== undefined && values.out === undefined) throw new Error('--csv needs --out: where the model goes');
  const trained =
    values.csv === undefined ? train() : trainOn(pricesOfCsv(await readFile(values.csv, 'utf8'), values.column));
  await writeFile(values.out ?? new URL('volatility.onnx', import.meta.url), trained.onnx);
  if (values.out === undefined) await writeFile(new URL('input.json', import.meta.url), casesJson(priceCases()));
  console.log(showMeasured(trained));
  console.log(`${trained.onnx.byteLength} bytes`);
}
