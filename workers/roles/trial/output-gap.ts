import { type ReadElement, readOperand } from '../../canonical/judge/read-operand.ts';
import { FOLD, type Instruction, OP, SPACE, TYPE } from '../../canonical/plan/instruction.ts';
import { instructionAt, type Plan } from '../../canonical/plan/plan.ts';
import { unravel, windowSize } from '../../canonical/plan/sizes.ts';
import { type ModelSpec, OutputKind, type OutputSpec } from '../../protocol/model.ts';
import { gapRatio } from '../../protocol/tolerance.ts';
import { Ground } from '../../protocol/trial.ts';
import { alignedStarts, floatOfBits } from '../../protocol/vector.ts';

/** What is needed to judge an answer by a trace. */
export interface GapSources {
  readonly spec: Pick<ModelSpec, 'outputs'>;
  readonly plan: Pick<Plan, 'instructions'>;
  /** Of input, weights and the trace by which it is judged. */
  readonly read: ReadElement;
  /** Bit pattern of an element of the claimed output vector. */
  readonly claimedAt: (element: number) => number;
}

/** How far one element of an answer is off, the way the court sees it. */
export interface OutputGap {
  /** In the output vector. */
  readonly element: number;
  /** Of the canonical number, in the trace. */
  readonly place: number;
  /** Bit patterns. */
  readonly claimed: number;
  readonly canonical: number;
  /** In tolerances; of what both indices point at, for an index. */
  readonly ratio: number;
  readonly ground: Ground;
  readonly kind: OutputKind;
}

/** A claim further off than this many tolerances convicts; below, it only marks. */
const WIDE = 16;

/** The element that is furthest off; undefined when all are within their tolerances. */
export function worstGap(sources: GapSources): OutputGap | undefined {
  const { starts } = alignedStarts(sources.spec.outputs.map(({ length }) => length));
  let worst: OutputGap | undefined;
  sources.spec.outputs.forEach(({ length }, at) => {
    for (let i = 0; i < length; i++) {
      const gap = gapOf((starts[at] ?? 0) + i, sources);
      if (gap.ratio > 1 && gap.ratio > (worst?.ratio ?? 0)) worst = gap;
    }
  });
  return worst;
}

/** @param element of the output vector; not between two outputs */
export function gapOf(element: number, { spec, plan, read, claimedAt }: GapSources): OutputGap {
  const { starts } = alignedStarts(spec.outputs.map(({ length }) => length));
  const at = starts.findLastIndex((start) => start <= element);
  const output = spec.outputs[at];
  if (!output) throw new RangeError(`no output has element ${element}`);
  const place = output.start + element - (starts[at] ?? 0);
  const [claimed, canonical] = [claimedAt(element), read(SPACE.TRACE, place)];
  const base = { element, place, claimed, canonical, kind: output.kind };
  switch (output.kind) {
    case OutputKind.Index:
      return { ...base, ...indexDistance(claimed, canonical, { plan, place, read, output }) };
    case OutputKind.Integer:
      return { ...base, ...graded(Math.abs((claimed | 0) - (canonical | 0)) / output.absTol || 0, true) };
    default:
      return { ...base, ...floatDistance(claimed, canonical, output) };
  }
}

type Distance = Pick<OutputGap, 'ratio' | 'ground'>;

function floatDistance(claimed: number, canonical: number, { absTol, relTol }: OutputSpec): Distance {
  const [one, other] = [floatOfBits(claimed), floatOfBits(canonical)];
  const tolerance = { absTol: floatOfBits(absTol), relTol: floatOfBits(relTol) };
  return graded(gapRatio(one, other, tolerance), Number.isFinite(other));
}

function indexDistance(
  claimed: number,
  canonical: number,
  { plan, place, read, output }: Pick<GapSources, 'plan' | 'read'> & { place: number; output: OutputSpec },
): Distance {
  if (claimed === canonical) return graded(0, true);
  const instruction = plan.instructions[instructionAt(plan, place).index];
  // The court compares nothing else; what no instruction ranks, it cannot judge.
  if (!instruction || !isRanking(instruction)) return graded(0, true);
  if (claimed >= windowSize(instruction)) return graded(Infinity, true);
  const pointed = [claimed, canonical].map((k) => pointedAt(instruction, place, k, read));
  const [one = 0, other = 0] = pointed;
  if (instruction.operands[0]?.type === TYPE.F32) return floatDistance(one, other, output);
  const tolerance = { absTol: floatOfBits(output.absTol), relTol: floatOfBits(output.relTol) };
  return graded(gapRatio(one | 0, other | 0, tolerance), true);
}

/** What an index answered at `place` of the trace points at, as a bit pattern. */
export function pointedAt(instruction: Instruction, place: number, k: number, read: ReadElement): number {
  const [ranked] = instruction.operands;
  if (!ranked) throw new RangeError(`the instruction at ${instruction.start} ranks nothing`);
  const index = [...unravel(place - instruction.start, instruction.dims), ...unravel(k, instruction.window)];
  return readOperand(ranked, index, read);
}

function isRanking({ op, fn }: Instruction): boolean {
  return op === OP.RANK || (op === OP.FOLD && (fn === FOLD.ARGMAX || fn === FOLD.ARGMIN));
}

function graded(ratio: number, comparable: boolean): Distance {
  if (ratio <= 1) return { ratio, ground: Ground.None };
  if (!comparable) return { ratio, ground: Ground.NotComparable };
  return { ratio, ground: ratio > WIDE ? Ground.WideGap : Ground.NarrowGap };
}
