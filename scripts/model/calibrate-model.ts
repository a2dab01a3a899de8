import { setImmediate } from 'node:timers/promises';
import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { execute } from '../../workers/canonical/executor/execute.ts';
import { TYPE } from '../../workers/canonical/plan/instruction.ts';
import { canonicalOutput } from '../../workers/canonical/service/canonical-output.ts';
import { OutputKind } from '../../workers/protocol/model.ts';
import type { Tolerance } from '../../workers/protocol/tolerance.ts';
import { alignedStarts, decodeFloats, decodeInts, ELEMENT_BYTES } from '../../workers/protocol/vector.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { CommandDeps } from '../chain/command-result.ts';
import { ENGINES, type EngineOutput, runEngine } from './engine-runs.ts';
import type { ExaminedModel } from './examine-model.ts';
import {
  gapsOf,
  type OutputGaps,
  proposedIntegerTolerance,
  proposedTolerance,
  type SamplePair,
} from './gap-statistics.ts';
import { leastIntegerTolerance } from './integer-tolerance.ts';
import { outputKindOf } from './model-plan.ts';
import { requireSameTensors } from './model-spec.ts';
import type { NamedInput } from './named-inputs.ts';

export interface Calibration {
  readonly samples: number;
  readonly engines: readonly { readonly name: string; readonly outputs: readonly OutputGaps[] }[];
  /** Engines that this machine does not have, and why. */
  readonly unavailable: readonly string[];
  /** By output: whole numbers for integers; undefined for indices, which are judged by what they point at. */
  readonly tolerances: readonly (Tolerance | undefined)[];
  readonly warnings: readonly string[];
}

type Values = Float32Array | Int32Array;

/**
 * Compares every engine of this machine with the canonical run, on all inputs.
 *
 * @throws RemitError `MODEL_CALIBRATION_UNSTABLE` when no finite tolerance holds; `MODEL_PLAN_MISMATCH`, `MODEL_…` of the engine
 */
export async function calibrateModel(
  examined: Pick<ExaminedModel, 'digest' | 'path' | 'inputs' | 'outputs'>,
  compiled: CompiledModel,
  inputs: readonly NamedInput[],
  deps: CommandDeps & { readonly environment: Readonly<Record<string, string>> },
): Promise<Calibration> {
  requireSameTensors(examined, compiled);
  const canonical: (readonly Values[])[] = [];
  for (const { vector } of inputs) {
    const trace = execute(compiled.plan, { input: vector, weights: compiled.weights }, { signal: deps.signal });
    canonical.push(valuesOf(compiled, canonicalOutput(compiled, trace)));
    // signals are only heard between runs
    await setImmediate();
  }
  const warnings = new Set<string>();
  const engines: { name: string; outputs: readonly OutputGaps[] }[] = [];
  const unavailable: string[] = [];
  for (const engine of ENGINES) {
    const run = await runEngine(engine, examined, inputs, deps);
    if ('unavailable' in run) unavailable.push(run.unavailable);
    else {
      const pairs = pairsOf({ compiled, inputs, canonical, answers: run.outputs, warnings });
      engines.push({ name: engine.name, outputs: pairs.map(gapsOf) });
    }
  }
  const sound = engines.filter(({ outputs }) => !isBroken(outputs, engines));
  for (const { name } of engines.filter((engine) => !sound.includes(engine))) warnings.add(broken(name));
  const tolerances = compiled.outputs.map((output, at) => {
    const gaps = sound.flatMap(({ outputs }) => outputs[at] ?? []);
    for (const warning of warningsOf(output.name, gaps)) warnings.add(warning);
    const kind = outputKindOf(compiled, at);
    if (kind === OutputKind.Continuous) return requireFinite(output.name, gaps);
    return kind === OutputKind.Integer ? integerTolerance(compiled, at, gaps) : undefined;
  });
  for (const reason of compiled.canonicalOnly) warnings.add(`answer from the canonical run: ${reason}`);
  return { samples: inputs.length, engines, unavailable, tolerances, warnings: [...warnings] };
}

/** A gap that no rounding explains, as long as another engine of this machine stays so much closer. */
const BROKEN_SHARE = 1e-3;
const BROKEN_FACTOR = 1_000;

/** Whether an engine computes something else: its gap is large, and a thousand times that of the best engine. */
function isBroken(
  outputs: readonly OutputGaps[],
  engines: readonly { readonly outputs: readonly OutputGaps[] }[],
): boolean {
  return outputs.some(({ relative }, at) => {
    const best = Math.min(...engines.map((engine) => engine.outputs[at]?.relative.max ?? Infinity));
    return relative.max > BROKEN_SHARE && relative.max > BROKEN_FACTOR * best;
  });
}

const broken = (name: string): string =>
  `${name} computes this model wrong on this machine: whoever answers with it is convicted. It is left out of the proposal`;

/** By output, what the engine and the canonical run made of every sample that both could run. */
function pairsOf(facts: {
  readonly compiled: CompiledModel;
  readonly inputs: readonly NamedInput[];
  readonly canonical: readonly (readonly Values[])[];
  readonly answers: readonly EngineOutput[];
  readonly warnings: Set<string>;
}): readonly SamplePair[][] {
  const { compiled, inputs, canonical, answers, warnings } = facts;
  const pairs = compiled.outputs.map((): SamplePair[] => []);
  answers.forEach((answer, i) => {
    const [sample, ours = []] = [inputs[i]?.name ?? '', canonical[i]];
    if (!('output' in answer) && answer.code !== 'OUTPUT_NOT_FINITE') {
      warnings.add(`${sample} could not be run: ${answer.reason}`);
      return;
    }
    if (!ours.every((values) => values.every(Number.isFinite))) {
      warnings.add(`${sample} gives numbers that are not finite in the canonical run: narrow the domain`);
      return;
    }
    const theirs = 'output' in answer ? valuesOf(compiled, answer.output) : undefined;
    ours.forEach((values, at) => {
      pairs[at]?.push({ sample, canonical: values, engine: theirs?.[at] ?? values.map(() => NaN) });
    });
  });
  return pairs;
}

function valuesOf({ outputs }: Pick<CompiledModel, 'outputs'>, vector: Uint8Array): readonly Values[] {
  const { starts } = alignedStarts(outputs.map(({ length }) => length));
  return outputs.map(({ length, type }, at) => {
    const from = (starts[at] ?? 0) * ELEMENT_BYTES;
    const part = vector.subarray(from, from + length * ELEMENT_BYTES);
    return type === TYPE.F32 ? decodeFloats(part) : decodeInts(part);
  });
}

function warningsOf(name: string, gaps: readonly OutputGaps[]): string[] {
  return [
    ...(gaps.some(({ unstable }) => unstable)
      ? [`output ${name} is unstable: one sample is more than 8 times further apart than the others; take more samples`]
      : []),
    ...(gaps.some(({ nonFinite }) => nonFinite > 0)
      ? [`output ${name} is not finite on an engine where the canonical run is`]
      : []),
  ];
}

/** Nodes that answer from the canonical run have no gap, whatever their engine does. */
function integerTolerance(compiled: CompiledModel, at: number, gaps: readonly OutputGaps[]): Tolerance {
  const least = leastIntegerTolerance(compiled, at);
  const absTol = compiled.canonicalOnly.length > 0 ? least : Math.max(least, proposedIntegerTolerance(gaps));
  return { absTol, relTol: 0 };
}

function requireFinite(name: string, gaps: readonly OutputGaps[]): Tolerance {
  const compared = gaps.reduce((sum, { elements }) => sum + elements, 0);
  const tolerance = proposedTolerance(gaps);
  const holds = Number.isFinite(Math.fround(tolerance.absTol)) && Number.isFinite(Math.fround(tolerance.relTol));
  if (compared > 0 && holds) return tolerance;
  throw new RemitError({
    code: 'MODEL_CALIBRATION_UNSTABLE',
    message:
      compared === 0
        ? `no sample gave finite numbers for output ${name} on any engine`
        : `no finite tolerance holds for output ${name}: engines and the canonical run differ without bounds`,
    fix: 'declare a narrower domain with --lo and --hi, or inputs of the model’s own kind with --input',
    context: { output: name },
  });
}
