import { dataType } from '../../workers/onnx/data-type.ts';
import {
  floats,
  graphAttribute,
  intAttribute,
  int64s,
  intsAttribute,
  node,
  onnxModel,
  tensorAttribute,
  value,
} from './onnx-builder.ts';

type Fields = Readonly<Record<string, unknown>>;
type OrtType = 'float32' | 'int32' | 'int64' | 'bool';

/** A graph input with the numbers that it is given. */
export interface CaseInput {
  readonly name: string;
  readonly type: OrtType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** One small graph around an operator that ONNX publishes no usable case for; onnxruntime says what is right. */
export interface OperatorCase {
  readonly operator: string;
  readonly title: string;
  readonly model: Uint8Array;
  readonly inputs: readonly CaseInput[];
}

interface CaseParts {
  readonly title?: string;
  readonly opset?: number;
  readonly attributes?: readonly Fields[];
  readonly inputs: readonly CaseInput[];
  /** names of the node's inputs when they are not just the graph's, in order; '' for an absent one */
  readonly given?: readonly string[];
  readonly constants?: readonly Fields[];
  /** element types of the node's outputs */
  readonly outputs?: readonly OrtType[];
}

/** Numbers that look like activations: seeded, within ±3, three decimals so that failures read well. */
function sample(count: number, seed: number, scale = 3): readonly number[] {
  let state = (seed * 2_654_435_761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * scale * 1_000) / 1_000;
  });
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

const x = (dims: readonly number[], name = 'x', seed = name.charCodeAt(0)): CaseInput => ({
  name,
  type: 'float32',
  dims,
  values: sample(sizeOf(dims), seed),
});

const given = (type: OrtType, dims: readonly number[], values: readonly number[], name = 'x'): CaseInput => ({
  name,
  type,
  dims,
  values,
});

const float = (name: string, f: number): Fields => ({ name, type: 1, f });
const text = (name: string, s: string): Fields => ({ name, type: 3, s: Buffer.from(s) });
const texts = (name: string, strings: readonly string[]): Fields => ({
  name,
  type: 8,
  strings: strings.map((s) => Buffer.from(s)),
});

/** An output whose shape the graph does not say. */
const untold = (name: string, type: OrtType): Fields => ({ name, type: { tensorType: { elemType: dataType[type] } } });

function single(operator: string, parts: CaseParts): OperatorCase {
  const { title = '', opset = 17, attributes = [], inputs, constants = [], outputs = ['float32'] } = parts;
  const names = outputs.map((_, i) => `y${i}`);
  const model = onnxModel({
    opset,
    node: [node(operator, parts.given ?? [...inputs, ...constants].map(({ name }) => String(name)), names, attributes)],
    input: inputs.map(({ name, dims, type }) => value(name, dims, dataType[type])),
    output: outputs.map((type, i) => untold(names[i] ?? '', type)),
    initializer: constants,
    model: { irVersion: 10 },
  });
  return { operator, title: title === '' ? operator : `${operator} ${title}`, model, inputs };
}

const WIDE = given('float32', [12], [0, -0.001, 0.5, -0.5, 1, -1, 3, -3, 9.5, -9.5, 60, -60]);
const EXTREME = given('float32', [6], [0, Infinity, -Infinity, Number.NaN, 1e38, -1e-40]);

const unary = (operator: string, opset = 17, attributes: readonly Fields[] = []): readonly OperatorCase[] => [
  single(operator, { opset, attributes, inputs: [WIDE] }),
  single(operator, { title: 'in three dimensions', opset, attributes, inputs: [x([2, 3, 4])] }),
];

const reduction = (operator: string, opset: number): readonly OperatorCase[] => [
  single(operator, {
    title: 'all',
    opset,
    inputs: [{ ...x([3, 4]), values: sample(12, 5).map((v) => Math.abs(v) + 0.1) }],
  }),
  single(operator, {
    title: 'over the middle',
    opset,
    attributes: [intAttribute('keepdims', 0)],
    inputs: [{ ...x([2, 3, 4]), values: sample(24, 6).map((v) => Math.abs(v) + 0.1) }],
    constants: [int64s('axes', [1])],
  }),
];

const einsum = (equation: string, ...dims: readonly (readonly number[])[]): OperatorCase =>
  single('Einsum', {
    title: equation,
    attributes: [text('equation', equation)],
    inputs: dims.map((dim, i) => x(dim, 'abc'[i] ?? '')),
  });

const cast = (to: OrtType, input: CaseInput, title: string): OperatorCase =>
  single('Cast', { title, attributes: [intAttribute('to', dataType[to])], inputs: [input], outputs: [to] });

const recurrent = (
  operator: 'RNN' | 'GRU' | 'LSTM',
  gates: number,
  direction: string,
  extra: readonly Fields[] = [],
) => {
  const directions = direction === 'bidirectional' ? 2 : 1;
  const [steps, batch, width, hidden] = [3, 2, 4, 5];
  return single(operator, {
    title: `${direction} ${extra.map(({ name }) => String(name)).join(' ')}`.trim(),
    attributes: [intAttribute('hidden_size', hidden), text('direction', direction), ...extra],
    inputs: [x([steps, batch, width])],
    constants: [
      floats('w', [directions, gates * hidden, width], sample(directions * gates * hidden * width, 11, 0.6)),
      floats('r', [directions, gates * hidden, hidden], sample(directions * gates * hidden * hidden, 12, 0.6)),
      floats('b', [directions, 2 * gates * hidden], sample(directions * 2 * gates * hidden, 13, 0.3)),
    ],
    outputs: operator === 'LSTM' ? ['float32', 'float32', 'float32'] : ['float32', 'float32'],
  });
};

const attention = (title: string, attributes: readonly Fields[], heads: number, keys = heads): OperatorCase =>
  single('Attention', {
    title,
    opset: 23,
    attributes,
    inputs: [x([1, heads, 3, 4], 'q'), x([1, keys, 5, 4], 'k'), x([1, keys, 5, 4], 'v')],
  });

const branch = (name: string, operator: string, output: string): Fields =>
  graphAttribute(name, {
    name: Buffer.from(name),
    node: [node(operator, ['x'], [output])],
    output: [untold(output, 'float32')],
  });

const truth = (name: string, isTrue: boolean): Fields =>
  node(
    'Constant',
    [],
    [name],
    [tensorAttribute('value', { dataType: dataType.bool, dims: [], int32Data: [isTrue ? 1 : 0] })],
  );

function chosenBranch(isTrue: boolean): OperatorCase {
  const input = x([2, 3]);
  return {
    operator: 'If',
    title: `If with a constant ${isTrue ? 'true' : 'false'}`,
    model: onnxModel({
      node: [
        truth('c', isTrue),
        node('If', ['c'], ['y'], [branch('then_branch', 'Relu', 'a'), branch('else_branch', 'Neg', 'b')]),
      ],
      input: [value('x', [2, 3])],
      output: [untold('y', 'float32')],
    }),
    inputs: [input],
  };
}

/** Doubles `x` a constant number of times and keeps every step. */
function countedLoop(): OperatorCase {
  const body = {
    name: Buffer.from('body'),
    node: [node('Identity', ['go'], ['go2']), node('Add', ['a', 'a'], ['a2']), node('Identity', ['a2'], ['kept'])],
    input: [value('i', [], dataType.int64), value('go', [], dataType.bool), value('a', [2])],
    output: [value('go2', [], dataType.bool), value('a2', [2]), value('kept', [2])],
  };
  return {
    operator: 'Loop',
    title: 'Loop with a constant count',
    model: onnxModel({
      node: [truth('c', true), node('Loop', ['n', 'c', 'x'], ['y', 'all'], [graphAttribute('body', body)])],
      input: [value('x', [2])],
      output: [untold('y', 'float32'), untold('all', 'float32')],
      initializer: [int64s('n', [3], [])],
    }),
    inputs: [x([2])],
  };
}

/** Running sums along the first axis. */
function runningSum(): OperatorCase {
  const body = {
    name: Buffer.from('body'),
    node: [node('Add', ['s', 'e'], ['s2']), node('Identity', ['s2'], ['o'])],
    input: [value('s', [2]), value('e', [2])],
    output: [value('s2', [2]), value('o', [2])],
  };
  return {
    operator: 'Scan',
    title: 'Scan of running sums',
    model: onnxModel({
      node: [
        node(
          'Scan',
          ['zero', 'x'],
          ['last', 'all'],
          [graphAttribute('body', body), intAttribute('num_scan_inputs', 1)],
        ),
      ],
      input: [value('x', [4, 2])],
      output: [untold('last', 'float32'), untold('all', 'float32')],
      initializer: [floats('zero', [2], [0, 0])],
    }),
    inputs: [x([4, 2])],
  };
}

const axis = (name: string, at: number): Fields => int64s(name, [at], []);
const PADS = intsAttribute('pads', [1, 1, 1, 1]);

/** Every operator of the compiler's list that `../shared/onnx-node-tests` has no case for, and variants it lacks. */
export const operatorCases: readonly OperatorCase[] = [
  ...['Erf', 'Sin', 'Cos', 'Exp', 'Tanh', 'Sigmoid', 'Softplus', 'HardSwish'].flatMap((operator) => unary(operator)),
  ...unary('Celu', 17, [float('alpha', 2)]),
  ...unary('Mish', 18),
  ...unary('Elu', 17, [float('alpha', 0.7)]),
  ...unary('Gelu', 20),
  single('Log', { inputs: [given('float32', [5], [0, 1, 1e-40, 3.5, 1e38])] }),
  single('Sqrt', { inputs: [given('float32', [4], [0, 1e-40, 2, 1e38])] }),
  single('Mean', { inputs: [x([2, 3], 'a'), x([3], 'b'), x([2, 1], 'c')] }),
  single('Sum', { title: 'of three, broadcast', inputs: [x([2, 3], 'a'), x([3], 'b'), x([2, 1], 'c')] }),
  single('LpPool', { opset: 18, attributes: [intsAttribute('kernel_shape', [2, 2])], inputs: [x([1, 2, 5, 5])] }),
  single('LpPool', {
    title: 'p = 1, padded, strided',
    opset: 18,
    attributes: [intsAttribute('kernel_shape', [3, 3]), intAttribute('p', 1), PADS, intsAttribute('strides', [2, 2])],
    inputs: [x([1, 2, 5, 5])],
  }),
  single('GlobalAveragePool', { inputs: [x([2, 3, 4, 5])] }),
  single('GlobalMaxPool', { inputs: [x([2, 3, 7])] }),
  single('LRN', { attributes: [intAttribute('size', 3)], inputs: [x([1, 5, 2, 2])] }),
  single('LRN', {
    title: 'with all attributes',
    attributes: [intAttribute('size', 5), float('alpha', 0.02), float('beta', 0.5), float('bias', 2)],
    inputs: [x([2, 6, 3, 1])],
  }),
  single('CumSum', { inputs: [x([3, 5])], constants: [axis('axis', 1)] }),
  single('CumSum', {
    title: 'exclusive, reverse',
    attributes: [intAttribute('exclusive', 1), intAttribute('reverse', 1)],
    inputs: [x([3, 5])],
    constants: [axis('axis', 0)],
  }),
  single('CumSum', {
    title: 'of int32',
    inputs: [given('int32', [4], [5, -7, 11, 2])],
    constants: [axis('axis', 0)],
    outputs: ['int32'],
  }),
  einsum('ij,jk->ik', [2, 3], [3, 4]),
  einsum('bij,bjk->bik', [2, 2, 3], [2, 3, 2]),
  einsum('ij->ji', [2, 3]),
  einsum('ii->i', [3, 3]),
  einsum('ij->', [2, 3]),
  einsum('bhid,bhjd->bhij', [1, 2, 3, 4], [1, 2, 5, 4]),
  einsum('i,j->ij', [3], [2]),
  single('IsInf', { inputs: [EXTREME], outputs: ['bool'] }),
  single('IsInf', {
    title: 'negative only',
    attributes: [intAttribute('detect_positive', 0)],
    inputs: [EXTREME],
    outputs: ['bool'],
  }),
  single('IsNaN', { inputs: [EXTREME], outputs: ['bool'] }),
  single('ArgMin', { attributes: [intAttribute('axis', 1)], inputs: [x([3, 4])], outputs: ['int64'] }),
  single('ArgMin', {
    title: 'last of equals',
    opset: 13,
    attributes: [intAttribute('select_last_index', 1), intAttribute('keepdims', 0)],
    inputs: [given('float32', [3, 2], [1, 2, 1, 1, 3, 1])],
    outputs: ['int64'],
  }),
  cast('int32', given('float32', [5], [0, 1.9, -1.9, 100.5, -7]), 'float to int32'),
  cast('bool', given('float32', [4], [0, 0.5, -2, 1]), 'float to bool'),
  cast('float32', given('int32', [4], [0, 7, -123_456_789, 16_777_217]), 'int32 to float'),
  cast('float32', given('bool', [3], [1, 0, 1]), 'bool to float'),
  cast('int64', given('float32', [3], [2.5, -2.5, 1e6]), 'float to int64'),
  single('Size', { inputs: [x([3, 4, 2])], outputs: ['int64'] }),
  single('Range', {
    inputs: [],
    constants: [int64s('start', [10], []), int64s('limit', [3], []), int64s('delta', [-2], [])],
    outputs: ['int64'],
  }),
  single('OneHot', {
    inputs: [given('int64', [2, 3], [0, 2, 1, -1, 3, 5])],
    constants: [axis('depth', 4), floats('values', [2], [0.25, 2])],
  }),
  single('OneHot', {
    title: 'first axis',
    attributes: [intAttribute('axis', 0)],
    inputs: [given('int64', [3], [1, 0, 2])],
    constants: [axis('depth', 3), floats('values', [2], [0, 1])],
  }),
  recurrent('RNN', 1, 'forward'),
  recurrent('RNN', 1, 'reverse'),
  recurrent('RNN', 1, 'bidirectional', [texts('activations', ['Relu', 'Tanh'])]),
  recurrent('GRU', 3, 'forward'),
  recurrent('GRU', 3, 'bidirectional', [intAttribute('linear_before_reset', 1)]),
  recurrent('LSTM', 4, 'forward'),
  recurrent('LSTM', 4, 'bidirectional'),
  attention('of two heads', [], 2),
  attention('with a scale, causal', [float('scale', 0.3), intAttribute('is_causal', 1)], 2),
  attention('with grouped keys', [], 4, 2),
  ...[
    'ReduceLogSum',
    'ReduceLogSumExp',
    'ReduceL1',
    'ReduceL2',
    'ReduceSumSquare',
    'ReduceProd',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
  ].flatMap((operator) => reduction(operator, 18)),
  single('TopK', { inputs: [x([2, 6])], constants: [int64s('k', [3])], outputs: ['float32', 'int64'] }),
  single('TopK', {
    title: 'smallest along the first axis',
    attributes: [intAttribute('axis', 0), intAttribute('largest', 0)],
    inputs: [x([5, 2])],
    constants: [int64s('k', [2])],
    outputs: ['float32', 'int64'],
  }),
  single('GatherElements', {
    attributes: [intAttribute('axis', 0)],
    inputs: [x([3, 2]), given('int64', [2, 2], [2, -1, 0, 1], 'i')],
  }),
  single('Gather', { title: 'rows', inputs: [x([5, 3]), given('int64', [2, 2], [4, -5, 0, 2], 'i')] }),
  single('Mod', {
    title: 'of int32',
    inputs: [given('int32', [5], [7, -7, 7, -7, 0], 'a'), given('int32', [5], [3, 3, -3, -3, 5], 'b')],
    outputs: ['int32'],
  }),
  single('Conv', {
    title: 'depthwise',
    attributes: [
      intsAttribute('kernel_shape', [3, 3]),
      PADS,
      intAttribute('group', 4),
      intsAttribute('strides', [2, 1]),
    ],
    inputs: [x([2, 4, 5, 6])],
    constants: [floats('w', [4, 1, 3, 3], sample(36, 21)), floats('b', [4], sample(4, 22))],
  }),
  single('Conv', {
    title: 'grouped, dilated',
    attributes: [intAttribute('group', 2), intsAttribute('dilations', [2, 1])],
    inputs: [x([1, 4, 6, 5])],
    constants: [floats('w', [6, 2, 2, 3], sample(72, 23))],
  }),
  single('MatMul', { title: 'of two activations', inputs: [x([2, 3, 4], 'a'), x([2, 4, 5], 'b')] }),
  single('BatchNormalization', {
    inputs: [x([2, 3, 4])],
    constants: [
      floats('scale', [3], [1, 0.5, -2]),
      floats('b', [3], [0, 1, 2]),
      floats('mean', [3], [0.1, -0.2, 0.3]),
      floats('var', [3], [1, 0.5, 2]),
    ],
  }),
  chosenBranch(true),
  chosenBranch(false),
  countedLoop(),
  runningSum(),
];
