/** How much of one file was reached. */
export interface Reached {
  readonly lines: { readonly total: number; readonly covered: number };
  readonly branches: { readonly total: number; readonly covered: number };
  /** One-based lines that no test reached. */
  readonly missed: readonly number[];
}

/** Reads an lcov tracefile: file → what was reached. Records of the same file are the runner's own sum. */
export function parseLcov(text: string): Map<string, Reached> {
  const records = text.split('end_of_record').filter((record) => record.includes('SF:'));
  return new Map(
    records.map((record): [string, Reached] => {
      const hits = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(
        ([, line, count]) => [Number(line), Number(count)] as const,
      );
      const branches = [...record.matchAll(/^BRDA:\d+,\d+,[^,]+,(-|\d+)/gm)].map(([, taken]) => taken);
      return [
        /^SF:(.*)$/m.exec(record)?.[1] ?? '',
        {
          lines: { total: hits.length, covered: hits.filter(([, count]) => count > 0).length },
          branches: {
            total: branches.length,
            covered: branches.filter((taken) => taken !== '-' && taken !== '0').length,
          },
          missed: hits.filter(([, count]) => count === 0).map(([line]) => line),
        },
      ];
    }),
  );
}
