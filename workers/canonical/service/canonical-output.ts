import type { OutputSpec } from '../../protocol/model.ts';
import { alignedStarts, encodeInts } from '../../protocol/vector.ts';

/** The output vector inside a canonical trace. @param trace bit patterns in host order */
export function canonicalOutput(
  { outputs }: { readonly outputs: readonly Pick<OutputSpec, 'start' | 'length'>[] },
  trace: Uint32Array,
): Uint8Array {
  const { starts, length } = alignedStarts(outputs.map((output) => output.length));
  const bits = new Uint32Array(length);
  outputs.forEach((output, at) => {
    bits.set(trace.subarray(output.start, output.start + output.length), starts[at] ?? 0);
  });
  return encodeInts(new Int32Array(bits.buffer));
}
