import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type ChartRow, POINTS_MAX, pointsOf, thinned } from '../../../../scripts/demo/feed/chart-rows.ts';
import { grouped, numberTicks, padded, timeTicks } from '../../../../scripts/demo/feed/chart-scale.ts';
import { feedChart } from '../../../../scripts/demo/feed/chart.ts';
import { createRandom } from '../../../../models/credit-score/random.ts';

const START = 1_790_000_000;
const TEXT = { title: 'A pool', price: 'ETH / USD' };
const few: readonly ChartRow[] = [
  { at: START, price: 2_500, fee: 3_000 },
  { at: START + 60, price: 2_510, volatility: 0.004, fee: 5_000 },
  { at: START + 120, price: 2_490 },
];

function many(count: number): ChartRow[] {
  const random = createRandom(9);
  return Array.from({ length: count }, (_, at) => ({
    at: START + at,
    price: 2_500 + random.normal(),
    volatility: random.uniform() / 100,
    fee: random.below(10_000),
  }));
}

const lineOf = (svg: string, series: string): string =>
  new RegExp(`<path class="line ${series}" d="([^"]+)"/>\n(?!<text class="tick" x="[0-9]+" y="25")`).exec(svg)?.[1] ??
  '';

describe('the chart of a feed', () => {
  it('draws a line per panel: straight for prices, in steps up to now for fees', () => {
    const svg = feedChart(few, TEXT);
    expect(lineOf(svg, 'price').match(/[ML]/g)).toEqual(['M', 'L', 'L']);
    expect(lineOf(svg, 'volatility')).toMatch(/^M460 /);
    expect(lineOf(svg, 'fee')).toMatch(/^M84 [\d.]+H460V[\d.]+H836$/);
  });

  it('puts higher values higher and later ones further right', () => {
    const points = [...lineOf(feedChart(few, TEXT), 'price').matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(points.map(([x]) => x)).toEqual([84, 460, 836]);
    const heights = points.map(([, y]) => y ?? NaN);
    expect(heights[1]).toBeLessThan(heights[0] ?? NaN);
    expect(heights[2]).toBeGreaterThan(heights[0] ?? NaN);
  });

  it('names panels, units, times and the newest values', () => {
    const svg = feedChart(few, { ...TEXT, band: 'fallback' }, [{ from: START, to: START + 60 }]);
    for (const text of [
      'A pool',
      'ETH / USD',
      'Swap fee',
      'model output',
      'fallback',
      'time, UTC',
      '2,490.00',
      '0.5000 %',
      '0.4000 %',
    ])
      expect(svg).toContain(`>${text}</text>`);
    expect(svg).toMatch(/>1[0-9]:[0-9]{2}:[0-9]{2}<\/text>/);
    expect(svg.match(/<rect class="band" x="84" y="\d+" width="376" height="148"\/>/g)).toHaveLength(3);
  });

  it('is the same text for the same rows in any order', () => {
    expect(feedChart(few.toReversed(), TEXT)).toBe(feedChart(few, TEXT));
  });

  it('stays below 60 KB for any number of rows and bands', () => {
    const bands = Array.from({ length: 5_000 }, (_, at) => ({ from: START + 2 * at, to: START + 2 * at + 1 }));
    const svg = feedChart(
      many(20_000),
      { title: 'x'.repeat(500), price: '<'.repeat(500), band: '&'.repeat(500) },
      bands,
    );
    expect(Buffer.byteLength(svg)).toBeLessThan(60 * 1_024);
  });

  for (const [what, rows] of [
    ['nothing', []],
    ['one row', few.slice(0, 1)],
    ['prices only', few.map(({ at, price }) => ({ at, ...(price === undefined ? {} : { price }) }))],
    ['equal values', few.map(({ at }) => ({ at, price: 5, volatility: 0, fee: 0 }))],
    [
      'hostile values',
      [
        { at: NaN, price: 1 },
        { at: START, price: Infinity, fee: NaN, volatility: -1e300 },
        { at: 1e300, fee: 1 },
      ],
    ],
    [
      'tiny and negative values',
      [
        { at: START, price: -1e-12, volatility: 1e-9 },
        { at: START + 1, price: 1e-12 },
      ],
    ],
    ['many rows', many(3_000)],
  ] as const) {
    it(`is a picture without a broken number for ${what}`, async () => {
      const svg = feedChart(rows, TEXT);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg.includes('nothing yet')).toBe(!['equal values', 'many rows'].includes(what));
      const { width, height } = await sharp(Buffer.from(svg)).metadata();
      expect([width, height]).toEqual([860, 620]);
    });
  }

  it('lets no text leave its place', async () => {
    const svg = feedChart(few, { title: '</title><script>"&\u0000', price: '"><image href="x"/>' });
    expect(svg).not.toMatch(/<script|<image|\u0000/);
    expect(svg).toContain('&lt;/title&gt;&lt;script&gt;&quot;&amp;');
    await sharp(Buffer.from(svg)).metadata();
  });

  it('needs nothing from elsewhere, and has colours for light and dark', () => {
    const svg = feedChart(few, TEXT);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|href|@import/);
    expect(svg).toContain('prefers-color-scheme:dark');
    const [light, dark] = [...svg.matchAll(/svg\{([^}]*)\}/g)].map(([, names]) => names?.match(/--[a-z]+/g));
    expect(dark).toEqual(light);
    for (const [, name] of svg.matchAll(/var\((--[a-z]+)\)/g)) expect(light).toContain(name);
  });
});

describe('points', () => {
  it('come in order of time', () => {
    expect(pointsOf(few.toReversed(), 'fee').map(({ value }) => value)).toEqual([3_000, 5_000]);
  });

  it('are thinned out to the ends and the extremes between them', () => {
    const points = many(10_000).map(({ at, price = 0 }) => ({ at, value: price }));
    points[5_000] = { at: START + 5_000, value: 9_000 };
    points[7_001] = { at: START + 7_001, value: -9_000 };
    const kept = thinned(points);
    expect(kept.length).toBeLessThanOrEqual(POINTS_MAX);
    expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
    for (const at of [5_000, 7_001]) expect(kept).toContainEqual(points[at]);
    expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).toSorted((a, b) => a - b));
    const short = points.slice(0, POINTS_MAX);
    expect(thinned(short)).toBe(short);
  });
});

describe('ticks', () => {
  for (const [low, high, labels] of [
    [0, 1, ['0.0', '0.5', '1.0']],
    [-0.9, 1.2, ['0', '1']],
    [2_430, 2_570, ['2,450', '2,500', '2,550']],
    [0, 0.0043, ['0.000', '0.002', '0.004']],
    [-3, 3, ['−2', '0', '2']],
    [99_999, 1_300_000, ['500,000', '1,000,000']],
  ] as const) {
    it(`of ${low} to ${high} are ${labels.join(', ')}`, () => {
      const ticks = numberTicks(low, high, 4);
      expect(ticks.values.map((value) => ticks.label(value))).toEqual(labels);
    });
  }

  for (const [seconds, labels] of [
    [40, ['14:13:30', '14:13:45', '14:14:00']],
    [3_600, ['14:30', '15:00']],
    [4 * 86_400, ['09-22', '09-24']],
  ] as const) {
    it(`of ${seconds} seconds are times in UTC`, () => {
      const ticks = timeTicks(START + 5, START + 5 + seconds, 4);
      expect(ticks.values.map((value) => ticks.label(value))).toEqual(labels);
    });
  }

  it('lie on an axis with room around the values', () => {
    expect(padded([10, 20], false)).toEqual([9.2, 20.8]);
    expect(padded([10, 20], true)).toEqual([0, 21.6]);
    expect(padded([0], true)).toEqual([0, 1]);
    expect(padded([200], false)).toEqual([198, 202]);
    expect(grouped(-1_234_567.891, 2)).toBe('−1,234,567.89');
  });
});
