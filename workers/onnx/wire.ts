import { RemitError } from '../runtime/errors.ts';
import { isScalar, onnxFields, type MessageName, type ScalarType, type SchemaField } from './schema.ts';

export interface WireLimits {
  /** Message nesting: a plain model uses about 8, each subgraph adds 3. */
  readonly maxDepth: number;
  readonly maxNodes: number;
  /** Fields and packed 64-bit integers together: what a decoder would have to allocate objects for. */
  readonly maxFields: number;
}

interface Scan {
  readonly bytes: Uint8Array;
  readonly limits: WireLimits;
  position: number;
  nodes: number;
  fields: number;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

const wireOf: Readonly<Record<ScalarType, number>> = {
  bytes: DELIMITED,
  string: DELIMITED,
  float: FIXED32,
  double: FIXED64,
  int32: VARINT,
  int64: VARINT,
  uint64: VARINT,
};

/**
 * Walks the whole file once, allocating nothing, before any decoder sees it.
 *
 * Two parsers of one protobuf may disagree: C++ merges a submessage that occurs twice, others keep the last; unknown
 * fields are dropped by one and read by another. A file could then show a harmless graph here and another to the
 * engine. So the scan accepts only files that have one reading: known fields, right wire types, singular messages once.
 *
 * @throws RemitError `MODEL_MALFORMED`, `MODEL_TOO_LARGE`, `MODEL_TOO_DEEP`
 */
export function scanModel(bytes: Uint8Array, limits: WireLimits): { nodes: number } {
  const scan: Scan = { bytes, limits, position: 0, nodes: 0, fields: 0 };
  if (bytes.length === 0) throw malformed(scan, 'the file is empty');
  scanMessage(scan, 'Model', bytes.length, 1);
  return { nodes: scan.nodes };
}

function scanMessage(scan: Scan, message: MessageName, end: number, depth: number): void {
  if (depth > scan.limits.maxDepth) {
    throw new RemitError({
      code: 'MODEL_TOO_DEEP',
      message: `the model nests more than ${scan.limits.maxDepth} messages`,
      fix: 'Flatten nested subgraphs before exporting the model.',
      context: { maxDepth: scan.limits.maxDepth, position: scan.position },
    });
  }
  if (message === 'Node') count(scan, 'nodes', scan.limits.maxNodes);
  const fields = onnxFields.get(message) ?? new Map<number, SchemaField>();
  let seen = 0n;
  while (scan.position < end) {
    count(scan, 'fields', scan.limits.maxFields);
    const tag = varint(scan, end);
    const field = fields.get(Math.floor(tag / 8));
    if (!field) throw malformed(scan, `${message} has an unknown field ${Math.floor(tag / 8)}`);
    if (!isScalar(field.type) && !field.repeated) {
      const bit = 1n << BigInt(field.id);
      if (seen & bit) throw malformed(scan, `${message}.${field.name} occurs twice`);
      seen |= bit;
    }
    scanField(scan, message, field, tag % 8, end, depth);
  }
}

function scanField(
  scan: Scan,
  message: MessageName,
  field: SchemaField,
  wire: number,
  end: number,
  depth: number,
): void {
  const type = field.type;
  const expected = isScalar(type) ? wireOf[type] : DELIMITED;
  if (wire !== expected && !(wire === DELIMITED && field.repeated)) {
    throw malformed(scan, `${message}.${field.name} has wire type ${wire}, expected ${expected}`);
  }
  if (wire === VARINT) return void varint(scan, end);
  if (wire === FIXED32) return skip(scan, 4, end);
  if (wire === FIXED64) return skip(scan, 8, end);
  const length = varint(scan, end);
  const stop = scan.position + length;
  if (stop > end) throw malformed(scan, `${message}.${field.name} runs past its container by ${stop - end} bytes`);
  if (!isScalar(type)) return scanMessage(scan, type, stop, depth + 1);
  if (expected === VARINT) return scanPacked(scan, stop);
  if ((expected === FIXED32 && length % 4) || (expected === FIXED64 && length % 8)) {
    throw malformed(scan, `${message}.${field.name} packs a broken number`);
  }
  scan.position = stop;
}

function scanPacked(scan: Scan, end: number): void {
  while (scan.position < end) {
    count(scan, 'fields', scan.limits.maxFields);
    varint(scan, end);
  }
}

function count(scan: Scan, what: 'nodes' | 'fields', limit: number): void {
  scan[what] += 1;
  if (scan[what] <= limit) return;
  throw new RemitError({
    code: 'MODEL_TOO_LARGE',
    message: `the model has more than ${limit} ${what}`,
    fix: 'Export a smaller or simplified model, or raise the operator limit if you trust its publisher.',
    context: { what, limit },
  });
}

function varint(scan: Scan, end: number): number {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = scan.bytes[scan.position];
    if (byte === undefined || scan.position >= end) throw malformed(scan, 'the file ends inside a number');
    scan.position += 1;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw malformed(scan, 'a number is longer than 10 bytes');
}

function skip(scan: Scan, length: number, end: number): void {
  if (scan.position + length > end) throw malformed(scan, 'the file ends inside a number');
  scan.position += length;
}

function malformed(scan: Scan, reason: string): RemitError {
  return new RemitError({
    code: 'MODEL_MALFORMED',
    message: `not a well-formed ONNX file: ${reason} (byte ${scan.position} of ${scan.bytes.length})`,
    fix: 'Check that the file is a complete ONNX model and export it again.',
    context: { position: scan.position, bytes: scan.bytes.length },
  });
}
