import { type ModelSpec, OutputKind, triable } from '../../workers/protocol/model.ts';
import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import type { Plan } from '../../workers/canonical/plan/plan.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import { ELEMENT_BYTES, floatOfBits } from '../../workers/protocol/vector.ts';
import { contentIdOf } from '../../workers/protocol/content-id.ts';
import type { BoundTensor } from '../../workers/inference/tensor-layout.ts';
import type { ExaminedModel } from './examine-model.ts';
import type { ModelPlan } from './model-plan.ts';
import { type Row, table } from '../chain/table.ts';

export const NOT_TRIABLE =
  'NOT TRIABLE: without a registered plan the chain cannot decide an answer of this model; a wrong answer is reported, not slashed';
export const TRIABLE = 'TRIABLE: its plan is registered, so a wrong answer can be proven on the chain, and is slashed';
export const UNBOUNDED =
  'an input has no bounds; a requester can send numbers so large that engines honestly differ from the canonical run: declare --lo and --hi';
const DECLARED = 'tolerances are declared by the publisher, not calibrated';

export interface PlanFacts extends Omit<Plan, 'instructions'> {
  readonly planRoot: Hex32;
  readonly weightsRoot: Hex32;
  readonly instructions: number;
  /** why nodes should answer from the canonical run; empty when they need not */
  readonly canonicalOnly: readonly string[];
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
export function showSpec(spec: ModelSpec, { calibrated = false }: { readonly calibrated?: boolean } = {}): string[] {
  return [
    ...table([
      ['publisher', spec.publisher],
      ['publisher fee', `${spec.publisherFeeBps} bps of every fee`],
      ['content id', contentIdOf(spec.onnxSha256)],
      ...(triable(spec)
        ? [
            ['plan', `${spec.planLength} instructions, trace of ${spec.traceLength} elements`],
            ['plan root', spec.planRoot],
            ['weights root', spec.weightsRoot],
          ]
        : []),
      ...spec.inputs.map(({ length, lo, hi }, at) => [`input ${at}`, `${length} elements, ${domain(lo, hi)}`]),
      ...spec.outputs.map(({ length, absTol, relTol, kind }, at) => [
        `output ${at}`,
        kind === OutputKind.Integer || (kind === OutputKind.Index && !triable(spec))
          ? `${length} whole numbers, ${absTol === 0 ? 'exact' : `within ${absTol}`}`
          : `${length} ${kind === OutputKind.Index ? 'indices of numbers' : 'floats'}, tolerance ${shortest(absTol)} + ${shortest(relTol)} of the value`,
      ]),
    ]),
    ...(calibrated ? [] : [`  ${DECLARED}`]),
    `  ${triable(spec) ? TRIABLE : NOT_TRIABLE}`,
    ...warningsOf(spec).map((warning) => `  WARNING: ${warning}`),
  ];
}

/** What there is to know of a plan in a few numbers. */
export function planFacts({ plan, planRoot, weightsRoot, canonicalOnly }: CompiledModel): PlanFacts {
  const { instructions, inputLength, weightsLength, traceLength } = plan;
  return {
    planRoot,
    weightsRoot,
    instructions: instructions.length,
    inputLength,
    weightsLength,
    traceLength,
    canonicalOnly,
  };
}

/** A plan's roots and sizes, or why there is none. */
export function showPlan(plan: ModelPlan): string[] {
  if (!plan.compiled) return [`  ${NOT_TRIABLE}`, `  ${plan.refusal.code}: ${plan.refusal.message}`];
  const { planRoot, weightsRoot, instructions, weightsLength, traceLength, canonicalOnly } = planFacts(plan.compiled);
  return [
    ...table([
      ['plan root', planRoot],
      ['weights root', weightsRoot],
      ['instructions', String(instructions)],
      ['weights', sized(weightsLength)],
      ['trace', sized(traceLength)],
    ]),
    ...canonicalOnly.map((reason) => `  answer from the canonical run: ${reason}`),
  ];
}

const sized = (elements: number): string => `${elements} elements, ${((elements * ELEMENT_BYTES) / 1e6).toFixed(2)} MB`;

/** What a publisher should think about before requests come. */
export function warningsOf(spec: ModelSpec): string[] {
  return triable(spec) && spec.inputs.some(isUnbounded) ? [UNBOUNDED] : [];
}

function isUnbounded({ lo, hi }: ModelSpec['inputs'][number]): boolean {
  return !Number.isFinite(floatOfBits(lo)) || !Number.isFinite(floatOfBits(hi));
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
