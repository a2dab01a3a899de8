import { type ChartRow, type Point, pointsOf, type Series, thinned } from './chart-rows.ts';
import { grouped, numberTicks, padded, type Ticks, timeTicks } from './chart-scale.ts';

export type { ChartRow } from './chart-rows.ts';

/** A stretch of time to shade in all panels, such as one in which the fee was the fallback. */
export interface ChartBand {
  /** Unix seconds */
  readonly from: number;
  readonly to: number;
}

export interface ChartText {
  readonly title: string;
  /** what the price is of, such as "ETH / USD" */
  readonly price: string;
  /** what shaded stretches are; no legend entry when absent */
  readonly band?: string;
}

const WIDTH = 860;
const MARGIN = { top: 62, right: 24, bottom: 46, left: 84 };
const PANEL = 148;
const GAP = 34;
const HEIGHT = MARGIN.top + 3 * PANEL + 2 * GAP + MARGIN.bottom;
const INNER = WIDTH - MARGIN.left - MARGIN.right;
const DOTS_MAX = 80;

interface PanelKind {
  readonly series: Series;
  readonly title: string;
  readonly fromZero: boolean;
  /** in what unit the values are shown */
  readonly scale: number;
  readonly unit: string;
  /** a value holds until the next one */
  readonly stepped: boolean;
}

type Place = (value: number) => number;

/**
 * A picture of a feed, the model that reads it and the fee that follows: three panels above one time axis, as the text of an SVG
 * file. The same rows give the same text. Readable on light and dark, needs nothing but itself, at most 60 KB.
 *
 * @param rows in any order; thinned out where there are more than can be seen
 */
export function feedChart(rows: readonly ChartRow[], text: ChartText, bands: readonly ChartBand[] = []): string {
  const kinds: readonly PanelKind[] = [
    { series: 'price', title: text.price, fromZero: false, scale: 1, unit: '', stepped: false },
    {
      series: 'volatility',
      title: 'Volatility per round, by the model',
      fromZero: true,
      scale: 100,
      unit: ' %',
      stepped: false,
    },
    { series: 'fee', title: 'Swap fee', fromZero: true, scale: 1e-4, unit: ' %', stepped: true },
  ];
  const shown = kinds.map((kind) => ({ kind, points: pointsOf(rows, kind.series) }));
  const times = shown.flatMap(({ points }) => [points[0], points.at(-1)].flatMap((point) => (point ? [point.at] : [])));
  const [start, end] = times.length > 0 ? spread(Math.min(...times), Math.max(...times)) : [0, 1];
  const x: Place = (at) => MARGIN.left + ((at - start) / (end - start)) * INNER;
  const axis = times.length > 0 ? timeTicks(start, end, 8) : { values: [], label: String };
  const shades = bands
    .map(({ from, to }) => ({ from: Math.max(from, start), to: Math.min(to, end) }))
    .filter(({ from, to }) => to > from)
    .slice(0, 100);
  const panels = shown.map(({ kind, points }, at) =>
    panel(kind, points, { top: MARGIN.top + at * (PANEL + GAP), x, axis, end, shades }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(text.title)}</title>`,
    STYLE,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="head" x="${MARGIN.left}" y="26">${escaped(clipped(text.title, 40))}</text>`,
    ...legend(text),
    ...panels.flat(),
    ...axis.values.map(
      (at) => `<text class="tick" x="${fixed(x(at))}" y="${HEIGHT - 26}" text-anchor="middle">${axis.label(at)}</text>`,
    ),
    `<text class="tick" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">time, UTC</text>`,
    '</svg>',
    '',
  ].join('\n');
}

interface Frame {
  readonly top: number;
  readonly x: Place;
  readonly axis: Ticks;
  readonly end: number;
  readonly shades: readonly ChartBand[];
}

function panel(kind: PanelKind, all: readonly Point[], { top, x, axis, end, shades }: Frame): string[] {
  const bottom = top + PANEL;
  const frame = [
    `<text class="label" x="${MARGIN.left}" y="${top - 8}">${escaped(clipped(kind.title, 60))}</text>`,
    ...shades.map(
      ({ from, to }) =>
        `<rect class="band" x="${fixed(x(from))}" y="${top}" width="${fixed(x(to) - x(from))}" height="${PANEL}"/>`,
    ),
    ...axis.values.map((at) => `<path class="grid" d="M${fixed(x(at))} ${top}V${bottom}"/>`),
  ];
  const floor = `<path class="axis" d="M${MARGIN.left} ${bottom}H${WIDTH - MARGIN.right}"/>`;
  const last = all.at(-1);
  if (!last) {
    const middle = `x="${MARGIN.left + INNER / 2}" y="${top + PANEL / 2}" text-anchor="middle"`;
    return [...frame, floor, `<text class="tick" ${middle}>nothing yet</text>`];
  }
  const points = thinned(all).map(({ at, value }) => ({ at, value: value * kind.scale }));
  const [low, high] = padded(
    points.map(({ value }) => value),
    kind.fromZero,
  );
  const y: Place = (value) => bottom - ((value - low) / (high - low)) * PANEL;
  const ticks = numberTicks(low, high, 5);
  const newest = `${precise(last.value * kind.scale)}${kind.unit}`;
  return [
    ...frame,
    ...ticks.values.flatMap((value) => [
      `<path class="grid" d="M${MARGIN.left} ${fixed(y(value))}H${WIDTH - MARGIN.right}"/>`,
      `<text class="tick" x="${MARGIN.left - 8}" y="${fixed(y(value) + 4)}" text-anchor="end">${ticks.label(value)}${kind.unit}</text>`,
    ]),
    floor,
    `<path class="line ${kind.series}" d="${line(points, { x, y, end, stepped: kind.stepped })}"/>`,
    ...(points.length > DOTS_MAX
      ? []
      : points.map(
          ({ at, value }) => `<circle class="${kind.series}" cx="${fixed(x(at))}" cy="${fixed(y(value))}" r="2.2"/>`,
        )),
    `<text class="label ${kind.series}" x="${WIDTH - MARGIN.right}" y="${top - 8}" text-anchor="end">${newest}</text>`,
  ];
}

function line(
  points: readonly Point[],
  { x, y, end, stepped }: { readonly x: Place; readonly y: Place; readonly end: number; readonly stepped: boolean },
): string {
  const drawn = points.map(({ at, value }, index) => {
    if (index === 0) return `M${fixed(x(at))} ${fixed(y(value))}`;
    return stepped ? `H${fixed(x(at))}V${fixed(y(value))}` : `L${fixed(x(at))} ${fixed(y(value))}`;
  });
  // What holds until the next value holds until now.
  return [...drawn, ...(stepped ? [`H${fixed(x(end))}`] : [])].join('');
}

function legend({ price, band }: ChartText): string[] {
  const entries = [
    ['price', price],
    ['volatility', 'model output'],
    ['fee', 'fee'],
    ...(band === undefined ? [] : [['band', band]]),
  ] as const;
  let right = WIDTH - MARGIN.right;
  return entries.toReversed().flatMap(([kind, label = '']) => {
    // Widths of letters are not known here: room for wide ones.
    const from = right - Math.min(label.length, 16) * 7 - 22;
    right = from - 14;
    return [
      kind === 'band'
        ? `<rect class="band" x="${from}" y="15" width="16" height="12"/>`
        : `<path class="line ${kind}" d="M${from} 21H${from + 16}"/>`,
      `<text class="tick" x="${from + 21}" y="25">${escaped(clipped(label, 16))}</text>`,
    ];
  });
}

/** A range of more than nothing. */
function spread(start: number, end: number): readonly [number, number] {
  return end > start ? [start, end] : [start - 30, end + 30];
}

const fixed = (value: number): string => String(Math.round(value * 10) / 10 + 0);

/** About four digits that count. */
function precise(value: number): string {
  const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return grouped(value, Math.min(12, Math.max(size > 2 ? 2 : 0, 3 - size)));
}

/** The start of a text that has no room. */
function clipped(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  // Control characters are not allowed in XML at all.
  return text.replace(/[\u0000-\u001f\ufffe\uffff]/g, ' ').replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? '');
}

interface Colours {
  readonly page: string;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly axis: string;
  readonly price: string;
  readonly volatility: string;
  readonly fee: string;
  readonly band: string;
}

const LIGHT: Colours = {
  page: '#fff',
  ink: '#1f2933',
  soft: '#5f6b7a',
  grid: '#e6e9ee',
  axis: '#9aa5b1',
  price: '#1d6fb8',
  volatility: '#b4531a',
  fee: '#1a7f4b',
  band: '#f4d35e',
};
const DARK: Colours = {
  page: '#12161c',
  ink: '#e8ecf1',
  soft: '#a3afbd',
  grid: '#252c36',
  axis: '#5a6675',
  price: '#6bb5f5',
  volatility: '#f0955a',
  fee: '#57cc8a',
  band: '#8a6d1a',
};

/** Colours by their values: viewers that know no variables of style sheets, and no dark mode, show the light ones. */
const paint = ({ page, ink, soft, grid, axis, band, ...series }: Colours): string =>
  [
    `.page{fill:${page}}`,
    `.head,.label{fill:${ink}}`,
    `.tick{fill:${soft}}`,
    `.grid{stroke:${grid}}`,
    `.axis{stroke:${axis}}`,
    `.band{fill:${band}}`,
    ...Object.entries(series).map(
      ([name, colour]) => `.line.${name}{stroke:${colour}}circle.${name},text.${name}{fill:${colour}}`,
    ),
  ].join('');

const STYLE = `<style>
text{font-family:system-ui,sans-serif}
.head{font-size:16px;font-weight:600}
.label{font-size:13px;font-weight:600}
.tick{font-size:11px}
.grid,.axis{fill:none}
.band{opacity:.35}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
${paint(LIGHT)}
@media (prefers-color-scheme:dark){${paint(DARK)}}
</style>`;
