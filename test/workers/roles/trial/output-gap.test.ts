import { describe, expect, it } from 'vitest';
import { FOLD, type Instruction, OP, SPACE, TYPE } from '../../../../workers/canonical/plan/instruction.ts';
import { OutputKind } from '../../../../workers/protocol/model.ts';
import { Ground } from '../../../../workers/protocol/trial.ts';
import { bitsOfFloat } from '../../../../workers/protocol/vector.ts';
import { type GapSources, worstGap } from '../../../../workers/roles/trial/output-gap.ts';

/** Scores in the trace, and the index of the largest behind them. */
const SCORES = [1, 3, 2.9, 2.5, Number.NaN];
const ARGMAX: Instruction = {
  ...{ op: OP.FOLD, fn: FOLD.ARGMAX, type: TYPE.I32, start: 64, a: 0, b: 0, dims: [1], window: [5] },
  operands: [{ space: SPACE.TRACE, type: TYPE.F32, base: 0, steps: [0, 1], coordinates: [], pad: 0 }],
};
const trace = new Map<number, number>([...SCORES.entries()].map(([at, score]) => [at, bitsOfFloat(score)]));

function judge(kind: OutputKind, canonical: number, claimed: number, absTol: number) {
  const sources: GapSources = {
    spec: { outputs: [{ start: 64, length: 1, absTol, relTol: 0, kind }] },
    plan: { instructions: [ARGMAX] },
    read: (_, address) => (address === 64 ? canonical : (trace.get(address) ?? 0)),
    claimedAt: () => claimed,
  };
  return worstGap(sources);
}

describe('an index', () => {
  const index = (claimed: number) => judge(OutputKind.Index, 1, claimed, bitsOfFloat(0.2));

  it('is right when what it points at is nearly as good', () => {
    expect(index(1)).toBeUndefined();
    expect(index(2)).toBeUndefined();
  });

  it('is off by what it points at, in tolerances', () => {
    expect(index(3)).toMatchObject({ element: 0, place: 64, claimed: 3, canonical: 1, ground: Ground.NarrowGap });
    expect(index(3)?.ratio).toBeCloseTo(2.5, 5);
    expect(judge(OutputKind.Index, 1, 0, bitsOfFloat(0.1))).toMatchObject({ ground: Ground.WideGap });
  });

  it('is as far off as can be when it points at nothing', () => {
    expect(index(5)).toMatchObject({ ratio: Infinity, ground: Ground.WideGap });
  });
});

describe('a float', () => {
  const float = (canonical: number, claimed: number) =>
    judge(OutputKind.Continuous, bitsOfFloat(canonical), bitsOfFloat(claimed), bitsOfFloat(0.5));

  it('is judged by its tolerance, and convicts beyond sixteen of them', () => {
    expect(float(1, 1.5)).toBeUndefined();
    expect(float(1, 2)).toMatchObject({ ratio: 2, ground: Ground.NarrowGap });
    expect(float(1, 9)).toMatchObject({ ratio: 16, ground: Ground.NarrowGap });
    expect(float(1, 9.5)).toMatchObject({ ratio: 17, ground: Ground.WideGap });
  });

  it('convicts when only the claim is not finite, and only marks when the canonical one is not', () => {
    expect(float(1, Infinity)).toMatchObject({ ground: Ground.WideGap });
    expect(float(Infinity, 1)).toMatchObject({ ground: Ground.NotComparable });
    expect(float(Number.NaN, Number.NaN)).toBeUndefined();
  });
});

it('an integer is judged by its difference', () => {
  const integer = (claimed: number) => judge(OutputKind.Integer, -3 >>> 0, claimed >>> 0, 2);
  expect(integer(-5)).toBeUndefined();
  expect(integer(0)).toMatchObject({ ratio: 1.5, ground: Ground.NarrowGap });
  expect(integer(60)).toMatchObject({ ground: Ground.WideGap });
  expect(judge(OutputKind.Integer, 7, 7, 0)).toBeUndefined();
  expect(judge(OutputKind.Integer, 7, 8, 0)).toMatchObject({ ground: Ground.WideGap });
});
