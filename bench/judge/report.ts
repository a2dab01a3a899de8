import { columns } from '../../scripts/demo/wording.ts';
import type { LayerTrial } from './layers.ts';
import type { SampleCounts } from './samples.ts';
import type { WholeTrial } from './whole-trials.ts';

/** Figures of one model. */
export interface ModelFigures {
  /** for each primitive, its dearest instruction */
  readonly dearest: Readonly<Record<string, LayerTrial>>;
  /** a wrong number in the dearest and in the last instruction, with and without a claimant that serves its trace */
  readonly trials: readonly WholeTrial[];
}

export interface JudgeReport {
  readonly hardfork: string;
  readonly sums: Readonly<Record<string, LayerTrial>>;
  readonly models: Readonly<Record<string, ModelFigures>>;
}

/**
 * Gas targets of the design, for whole transactions: `proveElement` with the conviction that it ends with, and whole served
 * trials. What `ruling` says is there to tell where the gas goes, not to be compared.
 */
export const TARGETS: Readonly<Record<string, number>> = {
  'DOT K = 256': 190_000,
  'DOT K = 1,024': 430_000,
  'DOT K = 4,608 (3×3×512)': 1_700_000,
  large_mlp: 130_000,
  'face-detector-rfb-320': 180_000,
  'large_mlp, whole': 500_000,
  'cifar10-resnet_2b, whole': 650_000,
  'ResNet-18 (seeded weights), whole': 2_100_000,
};

const grouped = (gas: number): string => gas.toLocaleString('en-US');

/** The figure, and how it stands against its target. */
function against(figure: number, target: number | undefined): readonly string[] {
  if (target === undefined) return ['', ''];
  const off = figure - target;
  return [`≤ ${grouped(target)}`, off <= 0 ? 'met' : `missed by ${grouped(off)}`];
}

export function sumsTable(sums: JudgeReport['sums']): readonly string[] {
  const rows = Object.entries(sums).map(([name, { ruling, proveElement, calldata }]) => [
    name,
    grouped(proveElement),
    ...against(proveElement, TARGETS[name]),
    grouped(ruling),
    `${grouped(calldata)} B`,
  ]);
  return columns([['', 'proveElement', 'target', '', 'of it ruling', 'calldata'], ...rows]);
}

export function dearestTable(name: string, { dearest }: ModelFigures): readonly string[] {
  const rows = Object.entries(dearest).map(([op, { instruction, opType, window, ruling, proveElement, calldata }]) => [
    op,
    `${instruction} ${opType}`,
    grouped(window),
    grouped(proveElement),
    ...against(proveElement, op === 'DOT' ? undefined : TARGETS[name]),
    grouped(ruling),
    `${grouped(calldata)} B`,
  ]);
  return columns([[name, 'dearest', 'window', 'proveElement', 'target', '', 'of it ruling', 'calldata'], ...rows]);
}

export function trialsTable(models: JudgeReport['models']): readonly string[] {
  const rows = Object.entries(models).flatMap(([name, { trials }]) =>
    trials.map(({ instruction, served, challenger, claimant, total }) => [
      name,
      String(instruction),
      served ? 'served' : 'nothing served',
      `${challenger.transactions}: ${grouped(challenger.gas)}`,
      `${claimant.transactions}: ${grouped(claimant.gas)}`,
      grouped(total),
      ...against(total, served ? TARGETS[`${name}, whole`] : undefined),
    ]),
  );
  return columns([['whole trial', 'wrong at', 'trace', 'challenger', 'claimant', 'total gas', 'target', ''], ...rows]);
}

export function layersTable(trials: readonly LayerTrial[]): readonly string[] {
  const rows = trials.map(({ instruction, op, opType, node, window, ruling, proveElement }) => [
    String(instruction),
    op,
    opType,
    node,
    grouped(window),
    grouped(ruling),
    grouped(proveElement),
  ]);
  return columns([['#', 'op', 'operator', 'node', 'window', 'ruling', 'proveElement'], ...rows]);
}

export function samplesTable(counts: SampleCounts): readonly string[] {
  const { honest, convictedHonest, mutated, missed, equivalent, differing } = counts;
  const mutations = Object.entries(mutated).map(([kind, count]) => `${kind} ${grouped(count)}`);
  const all = Object.values(mutated).reduce((sum, count) => sum + count, 0);
  return [
    `honest elements: ${grouped(honest)}, convicted: ${grouped(convictedHonest)}`,
    `mutations: ${grouped(all)} (${mutations.join(', ')}), missed: ${grouped(missed)}`,
    `mutations that change nothing: ${grouped(equivalent)}; rulings unlike the twin's: ${grouped(differing)}`,
  ];
}
