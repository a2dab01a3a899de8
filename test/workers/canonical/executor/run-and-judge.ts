import { execute } from '../../../../workers/canonical/executor/execute.ts';
import { judgeElement } from '../../../../workers/canonical/judge/judge-element.ts';
import { type Instruction, SPACE } from '../../../../workers/canonical/plan/instruction.ts';
import { sizeOf } from '../../../../workers/canonical/plan/sizes.ts';

/** The vectors that an instruction reads; `before` is the trace below its start. */
export interface Vectors {
  readonly input: Uint32Array;
  readonly weights: Uint32Array;
  readonly before: Uint32Array;
}

/** What the executor writes for one instruction. */
export function executed(instruction: Instruction, { input, weights, before }: Vectors): number[] {
  const trace = new Uint32Array(instruction.start + sizeOf(instruction));
  trace.set(before);
  const plan = {
    instructions: [instruction],
    inputLength: input.length,
    weightsLength: weights.length,
    traceLength: trace.length,
  };
  execute(plan, { input, weights }, { trace });
  return Array.from(trace.subarray(instruction.start));
}

/** What the naive interpreter says, element by element. */
export function judged(instruction: Instruction, { input, weights, before }: Vectors): number[] {
  const spaces = { [SPACE.INPUT]: input, [SPACE.WEIGHT]: weights, [SPACE.TRACE]: before };
  return Array.from({ length: sizeOf(instruction) }, (_, flat) => {
    const read = (space: keyof typeof spaces, address: number): number => {
      const bits = spaces[space][address];
      if (bits === undefined) throw new RangeError(`nothing at ${address} of space ${space}`);
      return bits;
    };
    return judgeElement(instruction, flat, read).bits;
  });
}
