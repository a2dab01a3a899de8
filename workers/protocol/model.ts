import { AbiCoder, keccak256 } from 'ethers';
import { FieldReader, type FieldTable, tupleOf, valuesOf } from './fields.ts';
import { type Address, type Hex32, type ModelId, ZERO_HEX32 } from './ids.ts';
import { alignedStarts } from './vector.ts';

/** Twin of `ModelStatus` in `contracts/types/Model.sol`. */
export const ModelStatus = { None: 0, Active: 1, Retired: 2, Condemned: 3 } as const;
export type ModelStatus = (typeof ModelStatus)[keyof typeof ModelStatus];

/**
 * How an output's elements are judged: `Continuous` are float32 within a tolerance, `Index` are int32 judged by what they point at,
 * `Integer` are int32 within `absTol`, an integer there.
 */
export const OutputKind = { None: 0, Continuous: 1, Index: 2, Integer: 3 } as const;
export type OutputKind = (typeof OutputKind)[keyof typeof OutputKind];

/** One graph input: its length in elements, and the float32 bit patterns that bound every element. */
export interface InputSpec {
  readonly length: number;
  readonly lo: number;
  readonly hi: number;
}

/** One graph output: start and length in elements; the tolerances are float32 bit patterns. */
export interface OutputSpec {
  readonly start: number;
  readonly length: number;
  readonly absTol: number;
  readonly relTol: number;
  readonly kind: OutputKind;
}

/** Everything that makes an answer right or wrong; twin of `ModelSpec` in `contracts/types/Model.sol`. Lengths in elements. */
export interface ModelSpec {
  readonly semanticsVersion: number;
  readonly planRoot: Hex32;
  readonly planLength: number;
  readonly weightsRoot: Hex32;
  readonly traceLength: number;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  readonly onnxSha256: Hex32;
  readonly publisher: Address;
  readonly publisherFeeBps: number;
}

const INPUT_FIELDS: FieldTable<InputSpec> = [
  ['length', 'uint64'],
  ['lo', 'uint32'],
  ['hi', 'uint32'],
];
const OUTPUT_FIELDS: FieldTable<OutputSpec> = [
  ['start', 'uint64'],
  ['length', 'uint64'],
  ['absTol', 'uint32'],
  ['relTol', 'uint32'],
  ['kind', 'uint8'],
];
const SPEC_TUPLE =
  'tuple(uint32 semanticsVersion,bytes32 planRoot,uint32 planLength,bytes32 weightsRoot,uint64 traceLength,' +
  `${tupleOf(INPUT_FIELDS)}[] inputs,${tupleOf(OUTPUT_FIELDS)}[] outputs,` +
  'bytes32 onnxSha256,address publisher,uint16 publisherFeeBps)';

/** Identity of a model: `keccak256(abi.encode(spec))`. */
export function modelIdOf(spec: ModelSpec): ModelId {
  const values = {
    ...spec,
    inputs: spec.inputs.map((input) => valuesOf(input, INPUT_FIELDS)),
    outputs: spec.outputs.map((output) => valuesOf(output, OUTPUT_FIELDS)),
  };
  return keccak256(AbiCoder.defaultAbiCoder().encode([SPEC_TUPLE], [values])) as ModelId;
}

/** Elements of the whole input vector: every graph input in order, each aligned to 64 elements. */
export function inputLength(spec: Pick<ModelSpec, 'inputs'>): number {
  return alignedStarts(spec.inputs.map(({ length }) => length)).length;
}

/** Elements of the whole output vector: every graph output in order, each aligned to 64 elements. */
export function outputLength(spec: { readonly outputs: readonly Pick<OutputSpec, 'length'>[] }): number {
  return alignedStarts(spec.outputs.map(({ length }) => length)).length;
}

/** True when the chain itself can decide an answer of this model: its plan is registered. */
export function triable(spec: Pick<ModelSpec, 'planRoot'>): boolean {
  return spec.planRoot !== ZERO_HEX32;
}

/** A spec out of JSON or of a decoded event; a spec of our own is its own JSON. @throws MalformedError `RECORD_MALFORMED`, naming the field. */
export function parseModelSpec(value: unknown): ModelSpec {
  const spec = new FieldReader('spec', value);
  return {
    semanticsVersion: spec.number('semanticsVersion', 32),
    planRoot: spec.hex32('planRoot'),
    planLength: spec.number('planLength', 32),
    weightsRoot: spec.hex32('weightsRoot'),
    traceLength: spec.number('traceLength', 64),
    inputs: spec.list('inputs', (input) => ({
      length: input.number('length', 64),
      lo: input.number('lo', 32),
      hi: input.number('hi', 32),
    })),
    outputs: spec.list('outputs', (output) => ({
      start: output.number('start', 64),
      length: output.number('length', 64),
      absTol: output.number('absTol', 32),
      relTol: output.number('relTol', 32),
      kind: output.member('kind', OutputKind),
    })),
    onnxSha256: spec.hex32('onnxSha256'),
    publisher: spec.address('publisher'),
    publisherFeeBps: spec.number('publisherFeeBps', 16),
  };
}
