import protobuf from 'protobufjs';
import { decodeModel } from '../onnx/proto.ts';

const GRAPH = 7;
const INPUT = 11;
const DELIMITED = 2;

interface Field {
  readonly id: number;
  readonly start: number;
  /** Where the content of a length-delimited field begins. */
  readonly content: number;
  readonly end: number;
}

/**
 * Takes weights out of the list of graph inputs, where files of IR version 3 had to name them.
 *
 * There they mean "may be overridden", and onnxruntime then neither folds constants nor fuses layers: a face detector
 * takes three times as long. A node never overrides a weight, so the function that is computed stays the same. The
 * declarations are cut out of the bytes; everything else is left as it is.
 *
 * @param bytes a file that `vetModel` accepted
 * @returns the same array when there is nothing to cut
 */
export function withoutWeightInputs(bytes: Uint8Array): Uint8Array {
  const graph = decodeModel(bytes).graph;
  const weights = new Set((graph?.initializer ?? []).map((tensor) => tensor.name));
  const overridable = (graph?.input ?? []).map((input) => weights.has(input.name));
  const field = fieldsOf(bytes, 0, bytes.length).find(({ id }) => id === GRAPH);
  if (!field || !overridable.includes(true)) return bytes;
  // The decoder keeps the inputs in file order.
  let position = 0;
  const kept = fieldsOf(bytes, field.content, field.end).filter(({ id }) => id !== INPUT || !overridable[position++]);
  const content = Buffer.concat(kept.map(({ start, end }) => bytes.subarray(start, end)));
  const head = protobuf.Writer.create()
    .uint32((GRAPH << 3) | DELIMITED)
    .uint32(content.length)
    .finish();
  return Buffer.concat([bytes.subarray(0, field.start), head, content, bytes.subarray(field.end)]);
}

function fieldsOf(bytes: Uint8Array, from: number, to: number): Field[] {
  const reader = protobuf.Reader.create(bytes);
  reader.pos = from;
  const fields: Field[] = [];
  while (reader.pos < to) {
    const start = reader.pos;
    const tag = reader.uint32();
    let content = reader.pos;
    if ((tag & 7) === DELIMITED) {
      const length = reader.uint32();
      content = reader.pos;
      reader.skip(length);
    } else {
      reader.skipType(tag & 7);
    }
    fields.push({ id: tag >>> 3, start, content, end: reader.pos });
  }
  return fields;
}
