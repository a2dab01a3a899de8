import { createOnnxRunner } from '../../workers/inference/model-runner.ts';
import type { Optimization } from '../../workers/inference/optimization.ts';
import { encodeInts } from '../../workers/protocol/vector.ts';
import { codeOf, messageOf } from '../../workers/runtime/errors.ts';
import type { CommandDeps } from '../chain/command-result.ts';
import type { ExaminedModel } from './examine-model.ts';
import type { NamedInput } from './named-inputs.ts';

/** A way to run a model that nodes could use. */
export interface Engine {
  readonly name: string;
  readonly provider: string;
  readonly optimization: Optimization;
}

export const ENGINES: readonly Engine[] = [
  { name: 'cpu, optimised', provider: 'cpu', optimization: 'all' },
  { name: 'cpu, as exported', provider: 'cpu', optimization: 'disabled' },
  { name: 'webgpu', provider: 'webgpu', optimization: 'all' },
];

/** The output vector of a sample, or the code and words of what happened instead. */
export type EngineOutput = { readonly output: Uint8Array } | { readonly code: string; readonly reason: string };

/** What an engine answered, in the order of the inputs; undefined where this machine does not have the engine. */
export async function runEngine(
  { name, provider, optimization }: Engine,
  { digest, path }: Pick<ExaminedModel, 'digest' | 'path'>,
  inputs: readonly NamedInput[],
  { environment, ...deps }: CommandDeps & { readonly environment: Readonly<Record<string, string>> },
): Promise<{ readonly outputs: readonly EngineOutput[] } | { readonly unavailable: string }> {
  const runner = await createOnnxRunner(
    { provider: [provider], optimization, environment, batch: { maxSize: 1, maxDelayMs: 0 } },
    deps,
  );
  const key = digest.slice(2);
  try {
    try {
      await runner.load({ key, path });
    } catch (error) {
      if (provider === 'cpu') throw error;
      return { unavailable: `${name}: ${messageOf(error)}` };
    }
    const outputs: EngineOutput[] = [];
    for (const { vector } of inputs) {
      try {
        const encoded = encodeInts(new Int32Array(vector.buffer, vector.byteOffset, vector.length));
        outputs.push({ output: (await runner.run(key, encoded, deps.signal)).output });
      } catch (error) {
        deps.signal.throwIfAborted();
        outputs.push({ code: codeOf(error), reason: messageOf(error) });
      }
    }
    return { outputs };
  } finally {
    await runner.close();
  }
}
