import { type Address, ZERO_HEX32 } from '../../workers/protocol/ids.ts';
import { type ModelSpec, OutputKind } from '../../workers/protocol/model.ts';
import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import type { Tolerance } from '../../workers/protocol/tolerance.ts';
import { bitsOfFloat } from '../../workers/protocol/vector.ts';
import { RemitError } from '../../workers/runtime/errors.ts';
import type { ExaminedModel } from './examine-model.ts';
import { leastIntegerTolerance } from './integer-tolerance.ts';
import { outputKindOf } from './model-plan.ts';

/** What a publisher declares about a model beyond its file. */
export interface Declaration {
  readonly publisher: Address;
  /** The publisher's part of every fee, in 1/10,000; at most 3,000. */
  readonly publisherFeeBps: number;
  /** Tolerance of float outputs: `absTol + relTol · |canonical|`. */
  readonly absTol: number;
  readonly relTol: number;
  /** Measured tolerances by output, that take the place of the declared ones. */
  readonly calibrated?: readonly (Tolerance | undefined)[];
  /** Bounds of every input element. */
  readonly lo: number;
  readonly hi: number;
}

export const DECLARED_BY_DEFAULT = { publisherFeeBps: 0, absTol: 1e-4, relTol: 1e-3, lo: -Infinity, hi: Infinity };

const SEMANTICS_VERSION = 1;
const PUBLISHER_FEE_BPS_MAX = 3_000;

/**
 * The spec of a model: triable with the plan that its file compiles to, else without plan and trace. Float outputs are judged by the
 * declared tolerance, rounded to float32; indices by what they point at within the tolerance; other whole numbers must be equal, or
 * a few steps apart where they are quantised floats.
 *
 * @throws RemitError `MODEL_DECLARATION_INVALID` that names the option; `MODEL_PLAN_MISMATCH` when the engine sees other tensors than
 * the compiler
 */
export function buildModelSpec(
  { digest, inputs, outputs }: Pick<ExaminedModel, 'digest' | 'inputs' | 'outputs'>,
  declared: Declaration,
  compiled?: CompiledModel,
): ModelSpec {
  const { publisher, publisherFeeBps, absTol, relTol, calibrated, lo, hi } = declared;
  for (const [option, value] of Object.entries({ 'abs-tol': absTol, 'rel-tol': relTol })) {
    if (!Number.isFinite(value) || value < 0) throw invalid(option, value, 'a number from 0 up');
  }
  if (!(lo <= hi)) throw invalid('lo', lo, `a number up to --hi ${hi}`);
  if (!Number.isInteger(publisherFeeBps) || publisherFeeBps < 0 || publisherFeeBps > PUBLISHER_FEE_BPS_MAX) {
    throw invalid('publisher-fee-bps', publisherFeeBps, `a whole number from 0 to ${PUBLISHER_FEE_BPS_MAX}`);
  }
  if (compiled) requireSameTensors({ inputs, outputs }, compiled);
  return {
    semanticsVersion: SEMANTICS_VERSION,
    planRoot: compiled?.planRoot ?? ZERO_HEX32,
    planLength: compiled?.plan.instructions.length ?? 0,
    weightsRoot: compiled?.weightsRoot ?? ZERO_HEX32,
    traceLength: compiled?.plan.traceLength ?? 0,
    inputs: inputs.map(({ length }) => ({ length, lo: bitsOfFloat(lo), hi: bitsOfFloat(hi) })),
    outputs: outputs.map(({ start, length, type }, at) => {
      const kind = compiled ? outputKindOf(compiled, at) : kindWithoutPlan(type);
      const place = { start: compiled?.outputs[at]?.start ?? start, length, kind };
      if (compiled && kind === OutputKind.Integer) {
        return { ...place, absTol: calibrated?.[at]?.absTol ?? leastIntegerTolerance(compiled, at), relTol: 0 };
      }
      // What an index points at is a float.
      const tolerance = type === 'float32' || (compiled && kind === OutputKind.Index);
      return {
        ...place,
        absTol: tolerance ? bitsOfFloat(calibrated?.[at]?.absTol ?? absTol) : 0,
        relTol: tolerance ? bitsOfFloat(calibrated?.[at]?.relTol ?? relTol) : 0,
      };
    }),
    onnxSha256: digest,
    publisher,
    publisherFeeBps,
  };
}

function kindWithoutPlan(type: string): OutputKind {
  return type === 'float32' ? OutputKind.Continuous : OutputKind.Index;
}

/** @throws RemitError `MODEL_PLAN_MISMATCH` when the engine sees other tensors than the compiler */
export function requireSameTensors(
  engine: Pick<ExaminedModel, 'inputs' | 'outputs'>,
  compiled: Pick<CompiledModel, 'inputs' | 'outputs'>,
): void {
  for (const side of ['inputs', 'outputs'] as const) {
    const [ours, theirs] = [compiled[side], engine[side]].map((all) =>
      all.map(({ name, length }) => `${name} (${length})`),
    );
    if (ours?.join() === theirs?.join()) continue;
    throw new RemitError({
      code: 'MODEL_PLAN_MISMATCH',
      message: `the engine sees the ${side} ${theirs?.join(', ')}, the compiler ${ours?.join(', ')}`,
      fix: 'register the model with --no-plan, and report the file',
      context: { side, engine: theirs, compiled: ours },
    });
  }
}

function invalid(option: string, value: number, expected: string): RemitError {
  return new RemitError({
    code: 'MODEL_DECLARATION_INVALID',
    message: `--${option} is ${value}, expected ${expected}`,
    fix: `give --${option} ${expected}`,
    context: { option, value },
  });
}
