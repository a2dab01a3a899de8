import { forecast, type Head, qlike } from './head.ts';
import { FLOOR, SHORT, type Sample, VOLATILITY_FLOOR } from './windows.ts';

/** A way to forecast the volatility of the rounds ahead. */
export interface Forecaster {
  readonly name: string;
  readonly volatility: (sample: Sample) => number;
}

/** How forecasts did on samples that nothing was fitted on. */
export interface Scored {
  readonly name: string;
  /** mean QLIKE; smaller is better */
  readonly qlike: number;
  /** root mean squared error, as a share of the mean realised volatility of its path */
  readonly rmse: number;
  /** mean of realised over forecast: 1 is unbiased */
  readonly ratio: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const rootMeanSquare = (returns: readonly number[]): number =>
  Math.sqrt(mean(returns.map((value) => value * value)) + FLOOR);

/** Exponentially weighted volatility of the window, weights adding up to 1. */
export function ewma(returns: readonly number[], decay: number): number {
  let [sum, weights] = [0, 0];
  for (const value of returns) [sum, weights] = [decay * sum + value * value, decay * weights + 1];
  return Math.sqrt(sum / weights + FLOOR);
}

/** What anybody would try first. The last one is fitted on `training` like the model: its decay and its scale. */
export function baselines(training: readonly Sample[]): Forecaster[] {
  return [
    { name: `last ${SHORT} rounds`, volatility: ({ returns }) => rootMeanSquare(returns.slice(-SHORT)) },
    { name: 'all 31 rounds', volatility: ({ returns }) => rootMeanSquare(returns) },
    { name: 'EWMA, λ = 0.94', volatility: ({ returns }) => ewma(returns, 0.94) },
    fittedEwma(training),
  ];
}

function fittedEwma(training: readonly Sample[]): Forecaster {
  const tried = Array.from({ length: 30 }, (_, at) => {
    const decay = (70 + at) / 100;
    // For one decay, QLIKE is least at the mean of realised / forecast.
    const scale = mean(training.map(({ returns, realised }) => realised / ewma(returns, decay)));
    const loss = mean(training.map(({ returns, realised }) => qlike(realised, scale * ewma(returns, decay))));
    return { decay, scale, loss };
  });
  const best = tried.reduce((least, one) => (one.loss < least.loss ? one : least));
  return {
    name: `EWMA, fitted: λ = ${best.decay}, × ${best.scale.toFixed(2)}`,
    volatility: ({ returns }) => best.scale * ewma(returns, best.decay),
  };
}

/** The model as a forecaster. */
export function modelForecaster(head: Head): Forecaster {
  return { name: 'this model', volatility: ({ measures }) => forecast(head, measures) };
}

/** Measures forecasters on held-out samples, path by path. */
export function score(forecasters: readonly Forecaster[], paths: readonly (readonly Sample[])[]): Scored[] {
  return forecasters.map(({ name, volatility }) => {
    const rows = paths.flatMap((samples) => {
      const usual = mean(samples.map(({ realised }) => realised)) + VOLATILITY_FLOOR;
      return samples.map((sample) => {
        const given = volatility(sample);
        const { realised } = sample;
        return { loss: qlike(realised, given), error: (realised - given) / usual, ratio: realised / given };
      });
    });
    return {
      name,
      qlike: mean(rows.map(({ loss }) => loss)),
      rmse: Math.sqrt(mean(rows.map(({ error }) => error * error))),
      ratio: mean(rows.map(({ ratio }) => ratio)),
    };
  });
}
