import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../models/credit-score/random.ts';
import { baselines, ewma, score } from '../../../models/volatility/baselines.ts';
import { pricesOfCsv } from '../../../models/volatility/csv.ts';
import { addGradient, createHead, forecast, type Head, qlike } from '../../../models/volatility/head.ts';
import { drawPath } from '../../../models/volatility/paths.ts';
import { casesJson, priceCases, showMeasured, train, type Trained, trainOn } from '../../../models/volatility/train.ts';
import { HORIZON, logReturns, measure, PRICES, samplesOf } from '../../../models/volatility/windows.ts';
import { type CompiledModel, compileModel } from '../../../workers/canonical/compiler/compile-model.ts';
import { execute } from '../../../workers/canonical/executor/execute.ts';
import { bitsOfFloat, floatOfBits } from '../../../workers/protocol/vector.ts';

const file = (name: string): Promise<Buffer> =>
  readFile(new URL(`../../../models/volatility/${name}`, import.meta.url));

let trained: Trained;
let session: InferenceSession;
let compiled: CompiledModel;
beforeAll(async () => {
  trained = train();
  session = await InferenceSession.create(trained.onnx);
  compiled = compileModel(trained.onnx);
});

async function fast(prices: readonly number[]): Promise<number> {
  const outputs = await session.run({ prices: new Tensor('float32', Float32Array.from(prices), [1, PRICES]) });
  return (outputs['volatility']?.data as Float32Array)[0] ?? NaN;
}

/** The answer that the judge would insist on. */
function canonical(prices: readonly number[]): number {
  const { plan, weights, outputs } = compiled;
  const trace = execute(plan, { input: Uint32Array.from(prices, bitsOfFloat), weights });
  return floatOfBits(trace[outputs[0]?.start ?? -1] ?? NaN);
}

/** 32 prices with the same steps, `size` times as large. */
function pathOf(size: number, seed = 3, start = 2_500): number[] {
  const random = createRandom(seed);
  let price = start;
  return Array.from({ length: PRICES }, (_, at) => (at === 0 ? price : (price *= Math.exp(size * random.normal()))));
}

describe('the volatility model', () => {
  it('is made again byte for byte by its script', async () => {
    expect(Buffer.compare(await file('volatility.onnx'), trained.onnx)).toBe(0);
    expect(casesJson(priceCases())).toBe(await file('input.json').then(String));
  });

  it('compiles to a small plan of 32 numbers in and 1 out', () => {
    expect(compiled.plan.inputLength).toBe(32);
    expect(compiled.outputs.map(({ name, shape }) => [name, [...shape]])).toEqual([['volatility', [1, 1]]]);
    expect(compiled.plan.instructions.length).toBeLessThanOrEqual(20);
    expect(trained.onnx.byteLength).toBeLessThan(4_096);
  });

  it('gives in onnxruntime, canonically and in its script the same volatility', async () => {
    const random = createRandom(11);
    const windows = Array.from({ length: 40 }, () => drawPath(random, PRICES).prices);
    for (const prices of [...windows, ...priceCases().map(({ values }) => values)]) {
      const known = canonical(prices);
      expect(Math.abs((await fast(prices)) / known - 1)).toBeLessThan(1e-4);
      const rounded = prices.map(Math.fround);
      expect(Math.abs(forecast(trained.head, measure(logReturns(rounded))) / known - 1)).toBeLessThan(2e-3);
    }
  });

  it('is lower for calmer paths of the same shape, in proportion, at any price', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const answers = [0.0005, 0.001, 0.002, 0.004, 0.008].map((size) => canonical(pathOf(size, seed)));
      for (const [at, answer] of answers.entries()) {
        expect(answer).toBeGreaterThan(0);
        if (at > 0) expect(answer / (answers[at - 1] ?? NaN)).toBeCloseTo(2, 1);
      }
      const [cheap, dear] = [canonical(pathOf(0.002, seed, 0.01)), canonical(pathOf(0.002, seed, 90_000))];
      expect(cheap / dear).toBeCloseTo(1, 2);
    }
  });

  it('gives its cases in a sensible order', () => {
    const of = new Map(priceCases().map(({ name, values }) => [name, canonical(values)]));
    const at = (name: string): number => of.get(name) ?? NaN;
    expect(at('calm')).toBeGreaterThan(0.0005);
    expect(at('calm')).toBeLessThan(0.002);
    expect(at('calm, with one jump of 1 %')).toBeGreaterThan(at('calm'));
    expect(at('calms down')).toBeGreaterThan(at('calm, with one jump of 1 %'));
    expect(at('wakes up')).toBeGreaterThan(at('calms down'));
    expect(at('four times as lively')).toBeGreaterThan(at('wakes up'));
  });

  it('stays positive for a price that never moves, and says NaN for one that is no price', async () => {
    const flat = Array.from({ length: PRICES }, () => 1);
    expect(canonical(flat)).toBeGreaterThan(0);
    expect(canonical(flat)).toBeLessThan(1e-5);
    for (const bad of [-1, NaN]) {
      expect(canonical(flat.with(7, bad))).toBeNaN();
      expect(await fast(flat.with(7, bad))).toBeNaN();
    }
    // A price of 0 on the way is an endless fall and an endless rise.
    expect(Number.isFinite(canonical(flat.with(7, 0)))).toBe(false);
  });

  it('beats every baseline on paths that it was not fitted on, by as much as its README states', async () => {
    const { measured } = trained;
    const model = measured.at(-1);
    expect(model?.name).toBe('this model');
    for (const { qlike: loss, rmse } of measured.slice(0, -1)) {
      expect(model?.qlike).toBeLessThan(loss);
      expect(model?.rmse).toBeLessThan(rmse);
    }
    const readme = String(await file('README.md')).replace(/ +/g, ' ');
    for (const { qlike: loss, rmse, ratio } of measured)
      expect(readme).toContain(`| ${loss.toFixed(4)} | ${rmse.toFixed(4)} | ${ratio.toFixed(3)} |`);
    expect(readme).toContain(`${trained.onnx.byteLength.toLocaleString('en-US')} bytes`);
    for (const count of Object.values(trained.samples)) expect(readme).toContain(count.toLocaleString('en-US'));
    expect(showMeasured(trained)).toContain('this model');
  });
});

describe('fitting', () => {
  it('never looks at what it forecasts', () => {
    const prices = drawPath(createRandom(5), 60).prices;
    const [first] = samplesOf(prices, 1);
    expect(first?.returns).toEqual(logReturns(prices.slice(0, PRICES)));
    const after = logReturns(prices.slice(PRICES - 1, PRICES + HORIZON));
    expect(first?.realised).toBeCloseTo(Math.sqrt(after.reduce((sum, r) => sum + r * r, 0) / HORIZON), 12);
    expect(samplesOf(prices, 1)).toHaveLength(60 - PRICES - HORIZON + 1);
    expect(samplesOf(prices.slice(0, PRICES + HORIZON - 1), 1)).toEqual([]);
  });

  it('has the gradient that finite differences of QLIKE give', () => {
    const head = createHead(createRandom(7));
    const [sample] = samplesOf(drawPath(createRandom(8), 60).prices, 1);
    if (!sample) throw new Error('no sample');
    const gradient = Object.fromEntries(
      Object.entries(head).map(([part, values]) => [part, new Float64Array((values as Float64Array).length)]),
    ) as unknown as Head;
    addGradient(head, sample, gradient);
    const loss = (): number => qlike(sample.realised, forecast(head, sample.measures));
    const step = 1e-6;
    for (const part of ['hidden', 'bias', 'out', 'direct', 'level'] as const) {
      for (const [at, kept] of head[part].entries()) {
        head[part][at] = kept + step;
        const above = loss();
        head[part][at] = kept - step;
        const below = loss();
        head[part][at] = kept;
        expect(gradient[part][at]).toBeCloseTo((above - below) / (2 * step), 6);
      }
    }
  });

  it('weighs baselines as they are known', () => {
    const returns = [0.01, 0.02, 0.03];
    expect(ewma(returns, 0.5) ** 2).toBeCloseTo((0.25 * 1e-4 + 0.5 * 4e-4 + 9e-4) / 1.75, 9);
    const sample = { returns: [...Array.from({ length: 27 }, () => 0), 1, 1, 1, 1], measures: [], realised: 1 };
    const [last] = score(baselines([sample]), [[sample]]);
    expect(last).toMatchObject({ name: 'last 4 rounds' });
    expect(last?.ratio).toBeCloseTo(1, 6);
    expect(last?.rmse).toBeCloseTo(0, 6);
  });

  it('works on a history of prices out of a CSV file, and refuses one that is too short', () => {
    const { prices } = drawPath(createRandom(21), 900);
    const csv = ['time,close,volume', ...prices.map((price, at) => `${at},"${price}",7`), ''].join('\r\n');
    const read = pricesOfCsv(csv, 'close');
    expect(read).toEqual(prices);
    const { samples, onnx } = trainOn(read);
    expect(samples).toEqual({ training: 630 - PRICES - HORIZON + 1, heldOut: 270 - PRICES - HORIZON + 1 });
    expect(compileModel(onnx).plan.inputLength).toBe(PRICES);
    expect(() => trainOn(read.slice(0, 500))).toThrow('500 prices are too few to fit on: give at least 772');
  });

  it('names the line of a CSV file that has no price', () => {
    expect(pricesOfCsv('price\n1\n2.5\n')).toEqual([1, 2.5]);
    expect(() => pricesOfCsv('a,b\n1,2', 'c')).toThrow('no column "c": the header has a, b');
    for (const bad of ['', '0', '-1', 'NaN', 'x', 'Infinity'])
      expect(() => pricesOfCsv(`a,b\n1,2\n3,${bad}`)).toThrow(`line 3 has no price above 0 in column "b": "${bad}"`);
  });
});
