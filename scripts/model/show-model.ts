import { type ModelSpec, OutputKind, triable } from '../../workers/protocol/model.ts';
import { floatOfBits } from '../../workers/protocol/vector.ts';
import { contentIdOf } from '../../workers/protocol/content-id.ts';
import type { BoundTensor } from '../../workers/inference/tensor-layout.ts';
import type { ExaminedModel } from './examine-model.ts';

export const NOT_TRIABLE =
  'NOT TRIABLE: no plan is registered, so the chain cannot decide an answer of this model; a wrong answer is reported, not slashed';
export const DECLARED = 'tolerances are declared by the publisher, not calibrated';

type Row = readonly string[];

/** Columns as wide as their longest cell. */
export function table(rows: readonly Row[]): string[] {
  const widths = rows.reduce<number[]>((wide, row) => row.map((cell, at) => Math.max(wide[at] ?? 0, cell.length)), []);
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}

/** What is in a file, and what a run of it gave. */
export function showFile({ path, bytes, digest, contentId, loaded, inputs, outputs }: ExaminedModel): string[] {
  const { opset, nodes, parameters } = loaded.summary;
  return [
    ...table([
      ['file', path],
      ['content id', contentId],
      ['sha-256', digest],
      ['size', `${bytes.length} bytes, ${parameters} parameters, ${nodes} nodes, opset ${opset}`],
      ['first run', `${loaded.warmUpMs.toFixed(1)} ms on the CPU`],
    ]),
    ...table([
      ['', 'name', 'type', 'shape', 'elements', 'start'],
      ...inputs.map((input, at) => tensorRow(`input ${at}`, input)),
      ...outputs.map((output, at) => tensorRow(`output ${at}`, output)),
    ]),
  ];
}

/** What is, or would be, registered. */
export function showSpec(spec: ModelSpec): string[] {
  return [
    ...table([
      ['publisher', spec.publisher],
      ['publisher fee', `${spec.publisherFeeBps} bps of every fee`],
      ['content id', contentIdOf(spec.onnxSha256)],
      ...spec.inputs.map(({ length, lo, hi }, at) => [`input ${at}`, `${length} elements, ${domain(lo, hi)}`]),
      ...spec.outputs.map(({ length, absTol, relTol, kind }, at) => [
        `output ${at}`,
        kind === OutputKind.Index
          ? `${length} whole numbers, exact`
          : `${length} floats, tolerance ${shortest(absTol)} + ${shortest(relTol)} of the value`,
      ]),
    ]),
    `  ${DECLARED}`,
    ...(triable(spec) ? [] : [`  ${NOT_TRIABLE}`]),
  ];
}

function tensorRow(label: string, { name, type, shape, length, start }: BoundTensor): Row {
  return [label, name, type, `[${shape.join(', ')}]`, String(length), String(start)];
}

function domain(lo: number, hi: number): string {
  if (lo === 0 && hi === 0) return 'no bounds declared';
  return `${shortest(lo)} to ${shortest(hi)}`;
}

/** A float32 as people wrote it: 1e-4, not 0.00009999999747378752. */
function shortest(bits: number): string {
  return String(Number(floatOfBits(bits).toPrecision(7)));
}
