import protobuf from 'protobufjs';
import { onnxFields, type MessageName } from './schema.ts';

/** A 64-bit integer as the decoder hands it out. */
export interface Long {
  toNumber(): number;
  toString(): string;
}

export interface OnnxEntry {
  readonly key?: Uint8Array;
  readonly value?: Uint8Array;
}

export interface OnnxTensor {
  readonly dims?: readonly Long[];
  readonly dataType?: number;
  readonly segment?: object | null;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly Long[];
  readonly name?: string;
  readonly rawData?: Uint8Array;
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Long[];
  readonly externalData?: readonly OnnxEntry[];
  readonly dataLocation?: number;
}

export interface OnnxSparseTensor {
  readonly values?: OnnxTensor | null;
  readonly indices?: OnnxTensor | null;
  readonly dims?: readonly Long[];
}

export interface OnnxDimension {
  readonly dimValue?: Long;
  readonly dimParam?: string;
}

export interface OnnxTensorType {
  readonly elemType?: number;
  readonly shape?: { readonly dim?: readonly OnnxDimension[] } | null;
}

export interface OnnxType {
  readonly tensorType?: OnnxTensorType | null;
}

export interface OnnxValueInfo {
  readonly name?: string;
  readonly type?: OnnxType | null;
}

export interface OnnxAttribute {
  readonly name?: string;
  readonly f?: number;
  readonly i?: Long;
  readonly s?: Uint8Array;
  readonly t?: OnnxTensor | null;
  readonly g?: OnnxGraph | null;
  readonly floats?: readonly number[];
  readonly ints?: readonly Long[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly OnnxTensor[];
  readonly graphs?: readonly OnnxGraph[];
  readonly type?: number;
  readonly sparseTensor?: OnnxSparseTensor | null;
  readonly sparseTensors?: readonly OnnxSparseTensor[];
}

export interface OnnxNode {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly attribute?: readonly OnnxAttribute[];
  readonly domain?: string;
}

export interface OnnxGraph {
  readonly node?: readonly OnnxNode[];
  readonly initializer?: readonly OnnxTensor[];
  readonly input?: readonly OnnxValueInfo[];
  readonly output?: readonly OnnxValueInfo[];
  readonly valueInfo?: readonly OnnxValueInfo[];
  readonly sparseInitializer?: readonly OnnxSparseTensor[];
}

export interface OnnxOperatorSet {
  readonly domain?: string;
  readonly version?: Long;
}

export interface OnnxModel {
  readonly irVersion?: Long;
  readonly graph?: OnnxGraph | null;
  readonly opsetImport?: readonly OnnxOperatorSet[];
  readonly trainingInfo?: readonly object[];
  readonly functions?: readonly { readonly name?: string; readonly domain?: string }[];
}

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    [...onnxFields].map(([message, fields]) => [
      message,
      {
        fields: Object.fromEntries(
          [...fields.values()].map(({ name, id, type, repeated }) => [
            name,
            { id, type, ...(repeated ? { rule: 'repeated' } : {}) },
          ]),
        ),
      },
    ]),
  ),
});

/**
 * Decodes a file that `scanModel` accepted. Views into `bytes` are shared, not copied.
 *
 * @throws Error from the decoder, when the bytes are not what the schema says
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  return root.lookupType('Model').decode(bytes) as unknown as OnnxModel;
}

/** Decodes a tensor file. @throws Error from the decoder */
export function decodeTensor(bytes: Uint8Array): OnnxTensor {
  return root.lookupType('Tensor').decode(bytes) as unknown as OnnxTensor;
}

/** Encodes any message of the schema from a plain object with the schema's field names. */
export function encodeMessage(message: MessageName, fields: Readonly<Record<string, unknown>>): Uint8Array {
  const type = root.lookupType(message);
  return type.encode(type.fromObject({ ...fields })).finish();
}
