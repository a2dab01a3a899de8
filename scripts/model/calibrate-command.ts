import type { CompiledModel } from '../../workers/canonical/compiler/compile-model.ts';
import { TYPE } from '../../workers/canonical/plan/instruction.ts';
import type { Tolerance } from '../../workers/protocol/tolerance.ts';
import { SeededRandom } from '../gen/random.ts';
import { type Calibration, calibrateModel } from './calibrate-model.ts';
import type { CommandDeps, CommandResult } from '../chain/command-result.ts';
import { examineModel, type ExaminedModel } from './examine-model.ts';
import { planOf } from './model-plan.ts';
import { namedInputs, type NamedInput } from './named-inputs.ts';
import { type Domain, sampleInput } from './sample-inputs.ts';
import { table } from '../chain/table.ts';
import { UNBOUNDED } from './show-model.ts';

export type CalibrateArguments = Domain & {
  readonly samples: number;
  /** A file of inputs that are compared as well. */
  readonly input?: string;
};

export const DEFAULT_SAMPLES = 64;
const SEED = 1;
/** What a child needs to find a graphics device. */
const GRAPHICS_VARIABLES = ['VK_ICD_FILENAMES', 'XDG_RUNTIME_DIR', 'LD_LIBRARY_PATH'];

/** Gaps between the engines of this machine and the canonical run, and the tolerances that they ask for. Needs no chain. */
export async function calibrateCommand(
  file: string,
  given: CalibrateArguments,
  deps: CommandDeps,
): Promise<CommandResult> {
  const examined = await examineModel({ file }, deps);
  const { compiled, refusal } = planOf(examined.bytes);
  if (!compiled) throw refusal;
  const calibration = await calibrate(examined, compiled, given, deps);
  return { lines: showCalibration(calibration, compiled), json: { ...calibration } };
}

/** What `model register --calibrate` does as well. @throws RemitError what `calibrateModel` and `namedInputs` throw */
export async function calibrate(
  examined: ExaminedModel,
  compiled: CompiledModel,
  { samples, input, lo, hi }: CalibrateArguments,
  deps: CommandDeps,
): Promise<Calibration> {
  const { inputs, plan } = compiled;
  const random = new SeededRandom(SEED);
  const drawn = Array.from({ length: samples }, (_, sample): NamedInput => {
    const vector = sampleInput({ inputs, length: plan.inputLength }, { lo, hi }, { sample, random });
    return { name: `sample ${sample}`, vector };
  });
  const given = input === undefined ? [] : await namedInputs(input, compiled, examined.path);
  const environment = Object.fromEntries(
    GRAPHICS_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ) as Record<string, string>;
  const found = await calibrateModel(examined, compiled, [...drawn, ...given], { ...deps, environment });
  const bounded = Number.isFinite(lo) && Number.isFinite(hi);
  return bounded ? found : { ...found, warnings: [UNBOUNDED, ...found.warnings] };
}

export function showCalibration(
  { samples, engines, unavailable, tolerances, warnings }: Calibration,
  { outputs }: Pick<CompiledModel, 'outputs'>,
): string[] {
  const proposal = (type: number | undefined, tolerance: Tolerance | undefined): string => {
    if (!tolerance) return 'indices, judged by what they point at';
    if (type !== TYPE.F32) return `whole numbers within ${tolerance.absTol}, when registered with --calibrate`;
    return `--abs-tol ${tolerance.absTol} --rel-tol ${tolerance.relTol}`;
  };
  const short = (value: number): string => value.toExponential(2);
  const rows = engines.flatMap(({ name, outputs: gaps }) =>
    gaps.map(({ absolute, relative, worst }, at) => [
      name,
      outputs[at]?.name ?? '',
      ...[absolute, relative].map(({ max, p999, mean }) => [max, p999, mean].map(short).join(' ')),
      worst ? `${worst.sample}, element ${worst.index}: ${worst.engine} for ${worst.canonical}` : 'equal',
    ]),
  );
  return [
    `  gaps to the canonical run over ${samples} samples: max, p99.9, mean`,
    ...table([['engine', 'output', 'absolute', 'relative', 'worst'], ...rows]),
    ...unavailable.map((reason) => `  not at hand: ${reason}`),
    ...table(outputs.map(({ name, type }, at) => [name, proposal(type, tolerances[at])])),
    ...warnings.map((warning) => `  WARNING: ${warning}`),
  ];
}
