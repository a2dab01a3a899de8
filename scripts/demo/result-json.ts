import type { DemoResult } from './run-demo.ts';

/** One line of JSON; amounts and gas as decimal strings. */
export function toJson(result: DemoResult): string {
  const { expectations, ...rest } = result;
  const failed = expectations.filter(({ held }) => !held);
  const summary = { held: expectations.length - failed.length, failed };
  return JSON.stringify({ ...rest, expectations: summary, ok: failed.length === 0 }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
