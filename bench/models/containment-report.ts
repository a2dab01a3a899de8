import type { Containment } from './contain-models.ts';

const WALL_MS = 15_000;
const PEAK_BYTES = 2 * 2 ** 30;
const HOST_GROWTH_BYTES = 256 * 2 ** 20;
const MIB = 2 ** 20;

interface FamilyFigures {
  files: number;
  worstMs: number;
  worstMib: number;
  /** Files by how they ended. */
  readonly ends: Record<string, number>;
}

export interface ContainmentReport {
  /** Returns the demands that this file missed. */
  add(one: Containment): string[];
  end(): { readonly figures: object; readonly missed: readonly string[] };
}

export function createContainmentReport({ watchesReads }: { readonly watchesReads: boolean }): ContainmentReport {
  const families: Record<string, FamilyFigures> = {};
  const missed: string[] = [];
  const before = process.memoryUsage.rss();
  let hostPeak = before;
  let files = 0;
  let reads = 0;
  let leaks = 0;
  return {
    add(one) {
      const { family, nth, ended, wallMs, peakBytes, leaked, read, honestWrong, hostBytes } = one;
      const figures = (families[family] ??= { files: 0, worstMs: 0, worstMib: 0, ends: {} });
      files += 1;
      figures.files += 1;
      figures.worstMs = Math.max(figures.worstMs, Math.round(wallMs));
      figures.worstMib = Math.max(figures.worstMib, Math.round(peakBytes / MIB));
      figures.ends[ended] = (figures.ends[ended] ?? 0) + 1;
      hostPeak = Math.max(hostPeak, hostBytes);
      reads += read.length;
      if (leaked) leaks += 1;
      const misses = [
        ...read.map((path) => `read ${path}`),
        ...(leaked ? ['showed a secret'] : []),
        // What it would have answered with is not its own.
        ...(family.startsWith('external-') && ended === 'RAN' ? ['ran with bytes from outside'] : []),
        ...(wallMs > WALL_MS ? [`took ${Math.round(wallMs)} ms`] : []),
        ...(peakBytes > PEAK_BYTES ? [`took ${Math.round(peakBytes / MIB)} MiB`] : []),
        ...(honestWrong === undefined ? [] : [`an honest model was not answered afterwards: ${honestWrong}`]),
      ];
      missed.push(...misses.map((miss) => `${family} ${nth}: ${miss}`));
      return misses;
    },
    end() {
      const hostGrowth = hostPeak - before;
      if (hostGrowth > HOST_GROWTH_BYTES) missed.push(`the host grew by ${Math.round(hostGrowth / MIB)} MiB`);
      if (files === 0) missed.push('no file was tried');
      const all = Object.values(families);
      return {
        missed,
        figures: {
          files,
          families,
          worstMs: Math.max(0, ...all.map(({ worstMs }) => worstMs)),
          worstMib: Math.max(0, ...all.map(({ worstMib }) => worstMib)),
          hostGrowthMib: Math.round(hostGrowth / MIB),
          ...{ reads, leaks, watchesReads },
        },
      };
    },
  };
}
