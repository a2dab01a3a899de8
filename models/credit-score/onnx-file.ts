import { encodeMessage } from '../../workers/onnx/proto.ts';
import type { Layer } from './mlp.ts';

// Numbers of the ONNX format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FLOAT = 1;
const ATTRIBUTE_INT = 2;
const IR_VERSION = 8;
const OPSET = 17;

/**
 * The layers as an ONNX file: `features` float32 [batch, inputs] → Gemm, Relu, …, Gemm, Sigmoid → `score` float32
 * [batch, 1]. The same layers always give the same bytes.
 */
export function onnxFile(
  layers: readonly Layer[],
  { name, doc }: { readonly name: string; readonly doc: string },
): Uint8Array {
  const last = layers.length - 1;
  const widths = { input: layers[0]?.inputs ?? 0, output: layers[last]?.outputs ?? 0 };
  return encodeMessage('Model', {
    irVersion: IR_VERSION,
    producerName: Buffer.from('remit'),
    docString: Buffer.from(doc),
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: Buffer.from(name),
      input: [value('features', widths.input)],
      output: [value('score', widths.output)],
      initializer: layers.flatMap(({ inputs, outputs, weights, bias }, depth) => [
        tensor(`weights${depth}`, [outputs, inputs], weights),
        tensor(`bias${depth}`, [outputs], bias),
      ]),
      node: layers.flatMap((_, depth) => [
        {
          opType: 'Gemm',
          name: `gemm${depth}`,
          input: [depth === 0 ? 'features' : `active${depth - 1}`, `weights${depth}`, `bias${depth}`],
          output: [`dense${depth}`],
          // Weights lie as [outputs, inputs], one row per output.
          attribute: [{ name: 'transB', type: ATTRIBUTE_INT, i: 1 }],
        },
        depth < last
          ? { opType: 'Relu', name: `relu${depth}`, input: [`dense${depth}`], output: [`active${depth}`] }
          : { opType: 'Sigmoid', name: 'sigmoid', input: [`dense${depth}`], output: ['score'] },
      ]),
    },
  });
}

function value(name: string, width: number): object {
  return {
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'batch' }, { dimValue: width }] } } },
  };
}

function tensor(name: string, dims: readonly number[], numbers: Float64Array): object {
  const raw = Buffer.alloc(numbers.length * 4);
  // raw_data is little-endian whatever the machine.
  for (const [at, number] of numbers.entries()) raw.writeFloatLE(number, at * 4);
  return { name, dims, dataType: FLOAT, rawData: raw };
}
