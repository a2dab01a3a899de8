import {
  type Coordinate,
  FOLD,
  type Instruction,
  MAP,
  OP,
  type Operand,
  type Reference,
  SPACE,
  TYPE,
  ZIP,
} from '../../workers/canonical/plan/instruction.ts';
import type { Plan } from '../../workers/canonical/plan/plan.ts';
import { nextStart, sizeOf } from '../../workers/canonical/plan/sizes.ts';

/** A picture, channels last, somewhere in the input or the trace. */
export interface Picture {
  readonly space: Reference['space'];
  readonly base: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface Convolution {
  readonly size: number;
  readonly channels: number;
  readonly stride?: number;
  readonly dilation?: number;
  /** one filter per channel */
  readonly depthwise?: boolean;
}

const LITERAL_ZERO: Operand = { space: SPACE.LITERAL, type: TYPE.F32, bits: 0 };
const MINUS_INFINITY = 0xff800000;

/** Puts plans of convolutional networks together, as a compiler would lay them out. Weights are given out in order. */
export class PlanBuilder {
  readonly #instructions: Instruction[] = [];
  readonly #inputLength: number;
  readonly picture: Picture;
  #weights = 0;

  constructor(height: number, width: number, channels: number) {
    this.picture = { space: SPACE.INPUT, base: 0, height, width, channels };
    this.#inputLength = height * width * channels;
  }

  plan(): Plan {
    const last = this.#instructions.at(-1);
    return {
      instructions: this.#instructions,
      inputLength: this.#inputLength,
      weightsLength: this.#weights,
      traceLength: last ? last.start + sizeOf(last) : 0,
    };
  }

  convolution(from: Picture, { size, channels, stride = 1, dilation = 1, depthwise = false }: Convolution): Picture {
    const [height, width] = [Math.ceil(from.height / stride), Math.ceil(from.width / stride)];
    const window = depthwise ? [size, size] : [size, size, from.channels];
    const length = window.reduce((product, dim) => product * dim, 1);
    const coordinates = positions(from, { size, stride, dilation, rank: 3 });
    const patch = depthwise ? [0, 0, 1, 0, 0] : [0, 0, 0, 0, 0, 1];
    const filter = depthwise ? [0, 0, length, size, 1] : [0, 0, length, size * from.channels, from.channels, 1];
    const operands = [
      { ...reference(from, patch), coordinates },
      this.#weight(channels * length, filter),
      this.#weight(channels, [0, 0, 1]),
    ];
    return this.#add({ op: OP.DOT, a: 1, dims: [height, width, channels], window, operands });
  }

  rectified(from: Picture): Picture {
    return this.#add({ op: OP.ZIP, fn: ZIP.MAX, dims: shape(from), operands: [flat(from), LITERAL_ZERO] });
  }

  sum(a: Picture, b: Picture): Picture {
    return this.#add({ op: OP.ZIP, fn: ZIP.ADD, dims: shape(a), operands: [flat(a), flat(b)] });
  }

  largest(from: Picture, size: number, stride: number): Picture {
    const dims = [Math.ceil(from.height / stride), Math.ceil(from.width / stride), from.channels];
    const coordinates = positions(from, { size, stride, dilation: 1, rank: 3 });
    const operand = { ...reference(from, [0, 0, 1, 0, 0]), coordinates, pad: MINUS_INFINITY };
    return this.#add({ op: OP.FOLD, fn: FOLD.MAX, dims, window: [size, size], operands: [operand] });
  }

  mean(from: Picture): Picture {
    const { height, width, channels } = from;
    const operands: Operand[] = [
      reference(from, [0, 0, 1, width * channels, channels]),
      { space: SPACE.LITERAL, type: TYPE.F32, bits: 0x3f800000 },
    ];
    const window = [height, width];
    return this.#add({ op: OP.DOT, a: height * width, dims: [1, 1, channels], window, operands });
  }

  dense(from: Picture, outputs: number): Picture {
    const length = from.height * from.width * from.channels;
    const operands = [
      reference(from, [0, 0, 0, 1]),
      this.#weight(outputs * length, [0, 0, length, 1]),
      this.#weight(outputs, [0, 0, 1]),
    ];
    return this.#add({ op: OP.DOT, a: 1, dims: [1, 1, outputs], window: [length], operands });
  }

  sigmoid(from: Picture): Picture {
    return this.#add({ op: OP.MAP, fn: MAP.SIGMOID, dims: shape(from), operands: [flat(from)] });
  }

  #weight(length: number, steps: readonly number[]): Reference {
    const base = this.#weights;
    this.#weights += length;
    return { space: SPACE.WEIGHT, type: TYPE.F32, base, steps, coordinates: [], pad: 0 };
  }

  #add(parts: Partial<Instruction> & Pick<Instruction, 'op' | 'dims' | 'operands'>): Picture {
    const last = this.#instructions.at(-1);
    const start = last ? nextStart(last) : 0;
    this.#instructions.push({ fn: 0, type: TYPE.F32, start, a: 0, b: 0, window: [], ...parts });
    const [height = 1, width = 1, channels = 1] = parts.dims;
    return { space: SPACE.TRACE, base: start, height, width, channels };
  }
}

const shape = ({ height, width, channels }: Picture): number[] => [height, width, channels];

function reference({ space, base }: Picture, steps: readonly number[]): Reference {
  return { space, type: TYPE.F32, base, steps, coordinates: [], pad: 0 };
}

function flat(picture: Picture): Reference {
  return reference(picture, [picture.width * picture.channels, picture.channels, 1]);
}

interface Windowing {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** output dimensions before the window's */
  readonly rank: number;
}

/** The row and the column of a window's element, outside of the picture at its rim. */
function positions({ height, width, channels }: Picture, { size, stride, dilation, rank }: Windowing): Coordinate[] {
  const offset = -Math.floor(((size - 1) * dilation) / 2);
  return [
    { size: height, stride: width * channels },
    { size: width, stride: channels },
  ].map((axis, i) => ({
    ...axis,
    divisor: 1,
    offset,
    terms: [
      { dimension: i, coefficient: stride },
      { dimension: rank + i, coefficient: dilation },
    ],
  }));
}
