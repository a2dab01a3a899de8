import { encodeMessage } from '../../workers/onnx/proto.ts';
import { type Head, INPUTS, UNITS } from './head.ts';
import { FLOOR, MEASURES, MEASURING, PRICES, RETURNS } from './windows.ts';

// Numbers of the ONNX format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INT = 2;
const IR_VERSION = 8;
const OPSET = 17;

const AXIS = [{ name: 'axis', type: ATTRIBUTE_INT, i: 1 }];
/** Weights lie as [outputs, inputs], one row per output. */
const TRANSPOSED = [{ name: 'transB', type: ATTRIBUTE_INT, i: 1 }];

/**
 * The model as an ONNX file: `prices` float32 [1, 32], oldest first → `volatility` float32 [1, 1]. The same head always
 * gives the same bytes.
 */
export function onnxFile(head: Head): Uint8Array {
  return encodeMessage('Model', {
    irVersion: IR_VERSION,
    producerName: Buffer.from('remit'),
    docString: Buffer.from('Volatility per round of the next rounds of a price feed. Fitted on made-up prices.'),
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: Buffer.from('volatility'),
      input: [value('prices', PRICES)],
      output: [value('volatility', 1)],
      initializer: [...constants(), ...fitted(head)],
      node: [
        // log returns
        node('Slice', 'later', ['prices', 'first_later', 'last_later', 'columns']),
        node('Slice', 'earlier', ['prices', 'first_earlier', 'last_earlier', 'columns']),
        node('Div', 'ratio', ['later', 'earlier']),
        node('Log', 'returns', ['ratio']),
        // squares, and products of neighbouring magnitudes
        node('Mul', 'squares', ['returns', 'returns']),
        node('Abs', 'magnitudes', ['returns']),
        node('Slice', 'later_magnitudes', ['magnitudes', 'first_later', 'last_later', 'columns']),
        node('Slice', 'earlier_magnitudes', ['magnitudes', 'first_earlier', 'before_last', 'columns']),
        node('Mul', 'products', ['later_magnitudes', 'earlier_magnitudes']),
        node('Concat', 'moves', ['squares', 'products'], AXIS),
        // variances of the windows, as logarithms
        node('MatMul', 'variances', ['moves', 'measuring']),
        node('Add', 'floored', ['variances', 'floor']),
        node('Log', 'measures', ['floored']),
        // the fitted head; half of the logarithm of a variance is that of its volatility
        node('Gemm', 'dense', ['measures', 'hidden', 'hidden_bias'], TRANSPOSED),
        node('Relu', 'active', ['dense']),
        node('Concat', 'known', ['active', 'measures'], AXIS),
        node('Gemm', 'log_volatility', ['known', 'out', 'out_bias'], TRANSPOSED),
        node('Exp', 'volatility', ['log_volatility']),
      ],
    },
  });
}

function constants(): object[] {
  return [
    indices('first_earlier', 0),
    indices('last_earlier', PRICES - 1),
    indices('first_later', 1),
    indices('last_later', PRICES),
    indices('before_last', RETURNS - 1),
    indices('columns', 1),
    tensor('measuring', [2 * RETURNS - 1, MEASURES.length], MEASURING),
    tensor('floor', [1], [FLOOR]),
  ];
}

/** The comparison with the long measure is folded into the weights: a weight of each measure, and less their sum of the long. */
function fitted({ hidden, bias, out, direct, level }: Head): object[] {
  const rows = Array.from(bias.keys()).flatMap((unit) => compare(hidden.slice(unit * INPUTS, (unit + 1) * INPUTS)));
  const straight = compare(direct).map((weight, at) => (at === INPUTS ? 1 + weight : weight));
  const half = (values: ArrayLike<number>): number[] => Array.from(values, (weight) => weight / 2);
  return [
    tensor('hidden', [UNITS, MEASURES.length], rows),
    tensor('hidden_bias', [UNITS], bias),
    tensor('out', [1, UNITS + MEASURES.length], [...half(out), ...half(straight)]),
    tensor('out_bias', [1], half(level)),
  ];
}

const compare = (weights: Float64Array): number[] => [...weights, -weights.reduce((sum, weight) => sum + weight, 0)];

/** A node that is called like its one output. */
function node(opType: string, name: string, input: readonly string[], attribute: readonly object[] = []): object {
  return { opType, name, input, output: [name], attribute };
}

function value(name: string, width: number): object {
  return {
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: 1 }, { dimValue: width }] } } },
  };
}

/** A constant list of one whole number. */
function indices(name: string, index: number): object {
  const raw = Buffer.alloc(8);
  raw.writeBigInt64LE(BigInt(index));
  return { name, dims: [1], dataType: INT64, rawData: raw };
}

function tensor(name: string, dims: readonly number[], numbers: ArrayLike<number>): object {
  const raw = Buffer.alloc(numbers.length * 4);
  // raw_data is little-endian whatever the machine.
  for (const [at, number] of Array.from(numbers).entries()) raw.writeFloatLE(number, at * 4);
  return { name, dims, dataType: FLOAT, rawData: raw };
}
