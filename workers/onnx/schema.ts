/**
 * The ONNX file format as field numbers, from the published `onnx.proto` (onnx 1.22, IR version 13). One table drives
 * the decoder (`proto.ts`) and the strict scan (`wire.ts`), so the two cannot disagree about a field.
 */
export type ScalarType = 'bytes' | 'double' | 'float' | 'int32' | 'int64' | 'string' | 'uint64';
export interface SchemaField {
  readonly name: string;
  readonly id: number;
  /** A scalar, or the name of another message of the schema. */
  readonly type: ScalarType | MessageName;
  readonly repeated: boolean;
}

const one = (id: number, type: ScalarType | MessageName): Omit<SchemaField, 'name'> => ({ id, type, repeated: false });
const many = (id: number, type: ScalarType | MessageName): Omit<SchemaField, 'name'> => ({ id, type, repeated: true });

export type MessageName =
  | 'Attribute'
  | 'Dimension'
  | 'Entry'
  | 'Function'
  | 'Graph'
  | 'MapType'
  | 'Model'
  | 'NestedType'
  | 'Node'
  | 'OpaqueType'
  | 'OperatorSet'
  | 'Segment'
  | 'Shape'
  | 'SparseTensor'
  | 'Tensor'
  | 'TensorAnnotation'
  | 'TensorType'
  | 'TrainingInfo'
  | 'Type'
  | 'ValueInfo';

const messages: Readonly<Record<MessageName, Readonly<Record<string, Omit<SchemaField, 'name'>>>>> = {
  Attribute: {
    name: one(1, 'string'),
    f: one(2, 'float'),
    i: one(3, 'int64'),
    s: one(4, 'bytes'),
    t: one(5, 'Tensor'),
    g: one(6, 'Graph'),
    floats: many(7, 'float'),
    ints: many(8, 'int64'),
    strings: many(9, 'bytes'),
    tensors: many(10, 'Tensor'),
    graphs: many(11, 'Graph'),
    docString: one(13, 'bytes'),
    tp: one(14, 'Type'),
    typeProtos: many(15, 'Type'),
    type: one(20, 'int32'),
    refAttrName: one(21, 'string'),
    sparseTensor: one(22, 'SparseTensor'),
    sparseTensors: many(23, 'SparseTensor'),
  },
  Dimension: { dimValue: one(1, 'int64'), dimParam: one(2, 'string'), denotation: one(3, 'bytes') },
  Entry: { key: one(1, 'bytes'), value: one(2, 'bytes') },
  Function: {
    name: one(1, 'string'),
    input: many(4, 'string'),
    output: many(5, 'string'),
    attribute: many(6, 'string'),
    node: many(7, 'Node'),
    docString: one(8, 'bytes'),
    opsetImport: many(9, 'OperatorSet'),
    domain: one(10, 'string'),
    attributeProto: many(11, 'Attribute'),
    valueInfo: many(12, 'ValueInfo'),
    overload: one(13, 'string'),
    metadataProps: many(14, 'Entry'),
  },
  Graph: {
    node: many(1, 'Node'),
    name: one(2, 'bytes'),
    initializer: many(5, 'Tensor'),
    docString: one(10, 'bytes'),
    input: many(11, 'ValueInfo'),
    output: many(12, 'ValueInfo'),
    valueInfo: many(13, 'ValueInfo'),
    quantizationAnnotation: many(14, 'TensorAnnotation'),
    sparseInitializer: many(15, 'SparseTensor'),
    metadataProps: many(16, 'Entry'),
  },
  MapType: { keyType: one(1, 'int32'), valueType: one(2, 'Type') },
  Model: {
    irVersion: one(1, 'int64'),
    producerName: one(2, 'bytes'),
    producerVersion: one(3, 'bytes'),
    domain: one(4, 'bytes'),
    modelVersion: one(5, 'int64'),
    docString: one(6, 'bytes'),
    graph: one(7, 'Graph'),
    opsetImport: many(8, 'OperatorSet'),
    metadataProps: many(14, 'Entry'),
    trainingInfo: many(20, 'TrainingInfo'),
    functions: many(25, 'Function'),
    // Device placement hints carry no tensors and no code: kept opaque.
    configuration: many(26, 'bytes'),
  },
  NestedType: { elemType: one(1, 'Type') },
  Node: {
    input: many(1, 'string'),
    output: many(2, 'string'),
    name: one(3, 'string'),
    opType: one(4, 'string'),
    attribute: many(5, 'Attribute'),
    docString: one(6, 'bytes'),
    domain: one(7, 'string'),
    overload: one(8, 'string'),
    metadataProps: many(9, 'Entry'),
    deviceConfigurations: many(10, 'bytes'),
  },
  OpaqueType: { domain: one(1, 'bytes'), name: one(2, 'bytes') },
  OperatorSet: { domain: one(1, 'string'), version: one(2, 'int64') },
  Segment: { begin: one(1, 'int64'), end: one(2, 'int64') },
  Shape: { dim: many(1, 'Dimension') },
  SparseTensor: { values: one(1, 'Tensor'), indices: one(2, 'Tensor'), dims: many(3, 'int64') },
  Tensor: {
    dims: many(1, 'int64'),
    dataType: one(2, 'int32'),
    segment: one(3, 'Segment'),
    floatData: many(4, 'float'),
    int32Data: many(5, 'int32'),
    stringData: many(6, 'bytes'),
    int64Data: many(7, 'int64'),
    name: one(8, 'string'),
    rawData: one(9, 'bytes'),
    doubleData: many(10, 'double'),
    uint64Data: many(11, 'uint64'),
    docString: one(12, 'bytes'),
    externalData: many(13, 'Entry'),
    dataLocation: one(14, 'int32'),
    metadataProps: many(16, 'Entry'),
  },
  TensorAnnotation: { tensorName: one(1, 'string'), quantParameterTensorNames: many(2, 'Entry') },
  TensorType: { elemType: one(1, 'int32'), shape: one(2, 'Shape') },
  TrainingInfo: {
    initialization: one(1, 'Graph'),
    algorithm: one(2, 'Graph'),
    initializationBinding: many(3, 'Entry'),
    updateBinding: many(4, 'Entry'),
  },
  Type: {
    tensorType: one(1, 'TensorType'),
    sequenceType: one(4, 'NestedType'),
    mapType: one(5, 'MapType'),
    denotation: one(6, 'bytes'),
    opaqueType: one(7, 'OpaqueType'),
    sparseTensorType: one(8, 'TensorType'),
    optionalType: one(9, 'NestedType'),
  },
  ValueInfo: {
    name: one(1, 'string'),
    type: one(2, 'Type'),
    docString: one(3, 'bytes'),
    metadataProps: many(4, 'Entry'),
  },
};

/** Every message's fields by field number. */
export const onnxFields: ReadonlyMap<MessageName, ReadonlyMap<number, SchemaField>> = new Map(
  Object.entries(messages).map(([message, fields]) => [
    message as MessageName,
    new Map(Object.entries(fields).map(([name, field]) => [field.id, { name, ...field }])),
  ]),
);

const scalars: ReadonlySet<string> = new Set<ScalarType>([
  'bytes',
  'double',
  'float',
  'int32',
  'int64',
  'string',
  'uint64',
]);

/** True when a field's type is one of the wire format's own types, not a message. */
export function isScalar(type: ScalarType | MessageName): type is ScalarType {
  return scalars.has(type);
}
