import { readFileSync } from 'node:fs';
import { runCommand } from '../process/command.ts';
import type { Problems } from './step.ts';

const SNAPSHOT = 'bench/snapshots/gas.json';
/** A rise of more than this share fails. */
const RISE_ALLOWED = 0.02;

type Gas = number | { readonly [flow: string]: Gas };

/** Every number of a nested record by its path, for example `small.request`. */
function leaves(gas: Gas, at = ''): [flow: string, gas: number][] {
  if (typeof gas === 'number') return [[at, gas]];
  return Object.entries(gas).flatMap(([key, value]) => leaves(value, at === '' ? key : `${at}.${key}`));
}

/** Flows that cost more than the snapshot allows, and flows that one side does not know. */
export function compareGas(snapshot: Gas, measured: Gas): string[] {
  const now = new Map(leaves(measured));
  const then = new Map(leaves(snapshot));
  return [
    ...[...then].flatMap(([flow, before]) => {
      const after = now.get(flow);
      if (after === undefined) return [`${flow} is in ${SNAPSHOT} and no longer measured`];
      if (after <= before * (1 + RISE_ALLOWED)) return [];
      const rise = ((after / before - 1) * 100).toFixed(1);
      return [
        `${flow}: ${after} gas, ${rise} % over the snapshot's ${before}: save the gas, or accept it with ./dev bench gas --update`,
      ];
    }),
    ...[...now.keys()]
      .filter((flow) => !then.has(flow))
      .map((flow) => `${flow} is not in ${SNAPSHOT}: ./dev bench gas --update`),
  ];
}

/** Measures now and compares with the committed snapshot. Gas is exact, so two runs of the same code agree. */
export async function checkGasSnapshot(): Promise<Problems> {
  let snapshot: Gas;
  try {
    snapshot = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as Gas;
  } catch {
    return [`${SNAPSHOT} is missing: run ./dev bench gas --update`];
  }
  const { exitCode, stdout, stderr } = await runCommand('node', ['bench/gas.ts']);
  if (exitCode !== 0) return ['bench/gas.ts failed:', ...`${stdout}\n${stderr}`.trim().split('\n').slice(-10)];
  return compareGas(snapshot, JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Gas);
}
