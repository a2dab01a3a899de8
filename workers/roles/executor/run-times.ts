/** How long answers take, by model. */
export interface RunTimes {
  record(modelId: string, ms: number): void;
  /** The time that 95 % of the latest answers stayed within, milliseconds; 0 before the first. */
  p95Ms(modelId: string): number;
}

const KEPT = 100;

export function createRunTimes(): RunTimes {
  const times = new Map<string, number[]>();
  return {
    record(modelId, ms) {
      times.set(modelId, [...(times.get(modelId) ?? []), ms].slice(-KEPT));
    },
    p95Ms(modelId) {
      const sorted = (times.get(modelId) ?? []).toSorted((a, b) => a - b);
      return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
    },
  };
}
