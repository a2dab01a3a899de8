import { dataTypeName } from '../../onnx/data-type.ts';
import { alignedStarts } from '../../protocol/vector.ts';
import { RemitError } from '../../runtime/errors.ts';
import { type ElementType, SPACE } from '../plan/instruction.ts';
import { integerRangeOf, judgeTypeOf } from './element-types.ts';
import type { Declared, Graph } from './graph.ts';
import type { PlanLimits } from './plan-builder.ts';
import { bitsOfConstant, elementCount, isConstant, rowMajor, type Value } from './value.ts';

export interface CompileOptions {
  /** sizes of dynamic dimensions by their names, or all dimensions of an input by its name; a name that is not here is 1 */
  readonly shapes?: Readonly<Record<string, number | readonly number[]>>;
  /** graph inputs that are parameters of the plan: they become constants and leave the input vector */
  readonly bind?: Readonly<Record<string, Value>>;
  readonly limits?: Partial<PlanLimits>;
}

/** A graph input or output of a compiled model. Starts and lengths in elements. */
export interface CompiledTensor {
  readonly name: string;
  readonly onnxType: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** in `INPUT`, or in `TRACE` for an output */
  readonly start: number;
  readonly length: number;
}

/**
 * Gives every graph input that is not bound its place in `INPUT`, in graph order, and its value.
 *
 * @param values gets the inputs and what is bound
 * @throws RemitError `MODEL_SHAPE_UNBOUND`, `MODEL_SHAPE_INVALID`, `MODEL_TENSOR_REFUSED`
 */
export function placeInputs(
  graph: Pick<Graph, 'inputs'>,
  { shapes = {}, bind = {} }: CompileOptions,
  values: Map<string, Value>,
): { readonly inputs: readonly CompiledTensor[]; readonly inputLength: number } {
  requireKnown(graph.inputs, shapes, bind);
  const run = graph.inputs.filter((input) => {
    const bound = own(bind, input.name);
    if (bound) values.set(input.name, requireFitting(input, bound));
    return !bound;
  });
  const sized = run.map((input) => ({ input, shape: shapeOf(input, shapes), type: typeOf(input) }));
  const { starts, length } = alignedStarts(sized.map(({ shape }) => elementCount(shape)));
  const inputs = sized.map(({ input: { name, onnxType }, shape, type }, i) => {
    const start = starts[i] ?? 0;
    const source = { kind: 'space', space: SPACE.INPUT } as const;
    values.set(name, { shape, onnxType, type, source, base: start, steps: rowMajor(shape) });
    return { name, onnxType, type, shape, start, length: elementCount(shape) };
  });
  return { inputs, inputLength: length };
}

/** What a record holds itself: names come from files, and `constructor` is a name. */
function own<Item>(record: Readonly<Record<string, Item>>, name: string): Item | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function requireKnown(
  inputs: readonly Declared[],
  shapes: NonNullable<CompileOptions['shapes']>,
  bind: NonNullable<CompileOptions['bind']>,
): void {
  const names = inputs.map(({ name }) => name);
  const symbols = inputs.flatMap(({ dims }) => (dims ?? []).filter((dim) => typeof dim === 'string' && dim !== ''));
  for (const [name, size] of Object.entries(shapes)) {
    if (typeof size === 'number' ? symbols.includes(name) : names.includes(name)) continue;
    const known =
      typeof size === 'number' ? `dynamic dimensions: ${symbols.join(', ')}` : `inputs: ${names.join(', ')}`;
    throw shapeInvalid(`${name} is given a size, and the model has no such name`, known);
  }
  for (const name of Object.keys(bind)) {
    if (!names.includes(name)) throw shapeInvalid(`${name} is bound, and no input has that name`, names.join(', '));
  }
}

function requireFitting({ name, onnxType, dims }: Declared, bound: Value): Value {
  const fits =
    !dims || (dims.length === bound.shape.length && dims.every((dim, d) => !isFixed(dim) || dim === bound.shape[d]));
  const [low, high] = integerRangeOf(onnxType) ?? [-Infinity, Infinity];
  const inRange =
    isConstant(bound) &&
    (low === -Infinity || bitsOfConstant(bound).every((bits) => (bits | 0) >= low && (bits | 0) <= high));
  if (fits && inRange && judgeTypeOf(onnxType) === bound.type) return { ...bound, onnxType };
  const found = `[${bound.shape.join(', ')}] of ${dataTypeName(bound.onnxType)}`;
  const wanted = `[${(dims ?? ['?']).join(', ')}] of ${dataTypeName(onnxType)}`;
  throw shapeInvalid(`${name} is bound to ${found} and declared as ${wanted}`, wanted);
}

/** Exporters write 0 and −1 for a dimension that they do not know. */
const isFixed = (dim: number | string): dim is number => typeof dim === 'number' && dim > 0;

function shapeOf({ name, dims }: Declared, shapes: NonNullable<CompileOptions['shapes']>): readonly number[] {
  const whole = own(shapes, name);
  if (whole !== undefined && typeof whole !== 'number') {
    const fits = !dims || (dims.length === whole.length && dims.every((dim, d) => !isFixed(dim) || dim === whole[d]));
    if (fits) return whole.map((size) => requireSize(name, size));
    throw shapeInvalid(
      `${name} is to be [${whole.join(', ')}] and is declared as [${dims.join(', ')}]`,
      dims.join(', '),
    );
  }
  if (!dims) throw unbound(name, 'no shape at all', `--shape ${name}=1,3,224,224`);
  return dims.map((dim) => {
    if (isFixed(dim)) return dim;
    const bound = typeof dim === 'string' ? own(shapes, dim) : undefined;
    return typeof bound === 'number' ? requireSize(dim, bound) : 1;
  });
}

function requireSize(name: string, size: number): number {
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw shapeInvalid(`${name} is given the size ${size}`, 'positive whole numbers');
}

function shapeInvalid(what: string, known: string): RemitError {
  return new RemitError({
    code: 'MODEL_SHAPE_INVALID',
    message: `the model cannot be compiled like this: ${what}`,
    fix: `say what the model declares (${known})`,
  });
}

function unbound(name: string, what: string, fix: string): RemitError {
  return new RemitError({
    code: 'MODEL_SHAPE_UNBOUND',
    message: `input ${name} of the model declares ${what}`,
    fix: `say its size: ${fix}`,
    context: { input: name },
  });
}

function typeOf({ name, onnxType }: Declared): ElementType {
  const type = judgeTypeOf(onnxType);
  if (type !== undefined) return type;
  throw new RemitError({
    code: 'MODEL_TENSOR_REFUSED',
    message: `input ${name} of the model is ${dataTypeName(onnxType)}`,
    fix: 'export the model with float32, int or bool inputs',
    context: { name, onnxType },
  });
}
