import { rm } from 'node:fs/promises';
import { inferenceConfig, runnerOptionsOf } from '../../workers/inference/config.ts';
import { type ElementType, integerRange } from '../../workers/inference/element-type.ts';
import { createOnnxRunner, type LoadedModel } from '../../workers/inference/model-runner.ts';
import { decodeFloats, ELEMENT_BYTES, encodeFloats } from '../../workers/protocol/vector.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { codeOf, messageOf } from '../../workers/runtime/errors.ts';
import type { Logger } from '../../workers/runtime/logger.ts';
import { modelFile, smallModel } from '../../test/support/onnx-builder.ts';
import type { WrittenFile } from './corpus-writer.ts';

/** What an operator may set, as in the environment of a node. */
export interface RoomSettings {
  /** MiB that one child may have. */
  readonly memoryMib: number;
  /** MiB of models that a child keeps loaded. */
  readonly cacheMib: number;
  /** Seconds that one load, and one run, may take. */
  readonly loadSeconds: number;
  readonly runSeconds: number;
}

export interface RoomDeps {
  readonly clock: Clock;
  readonly settings: RoomSettings;
  readonly canaries: { readonly store: string };
}

export interface Tried {
  /** The code of its refusal, `RAN`, or `LOADED` when its input is too long to be sent. */
  readonly ended: string;
  readonly why: string;
  readonly outputs: readonly Uint8Array[];
}

/** A runner with an honest model in it. */
export interface ModelRoom {
  /** Loads the file, runs it once, and removes it. */
  tryFile(file: Pick<WrittenFile, 'key' | 'path' | 'fill'>): Promise<Tried>;
  /** Undefined, or why not. */
  honestWrong(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Elements: 64 MiB. */
const LONGEST_INPUT = 2 ** 24;

/** @param options.heard everything that the runner logs */
export async function createModelRoom(
  { allowControlFlow, heard }: { readonly allowControlFlow: boolean; readonly heard: string[] },
  { clock, settings, canaries }: RoomDeps,
): Promise<ModelRoom> {
  const options = runnerOptionsOf(
    inferenceConfig.parse({
      executionProvider: 'cpu',
      inferenceMemoryMib: String(settings.memoryMib),
      modelCacheMib: String(settings.cacheMib),
      modelLoadTimeout: `${settings.loadSeconds}s`,
      modelRunTimeout: `${settings.runSeconds}s`,
    }),
  );
  const note = (fields: object, message: string): void => void heard.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const runner = await createOnnxRunner({ ...options, limits: { allowControlFlow } }, { clock, logger });
  const never = new AbortController().signal;
  const honest = await runner.load(await modelFile(canaries.store, smallModel()));

  async function runOnce({ key, layout }: LoadedModel, fill: number): Promise<Uint8Array> {
    const input = Buffer.alloc(layout.inputLength * ELEMENT_BYTES);
    for (const { type, start, length } of layout.inputs)
      for (let at = start; at < start + length; at++) {
        if (type === 'float32') input.writeFloatBE(1, at * ELEMENT_BYTES);
        else input.writeInt32BE(clamped(type, fill), at * ELEMENT_BYTES);
      }
    return (await runner.run(key, input, never)).output;
  }

  return {
    async tryFile({ key, path, fill = 0 }) {
      try {
        const model = await runner.load({ key, path });
        const { inputLength } = model.layout;
        // No requester sends more; its load has run it already, on zeros.
        if (inputLength > LONGEST_INPUT) return { ended: 'LOADED', why: `${inputLength} elements`, outputs: [] };
        const output = await runOnce(model, fill);
        return { ended: 'RAN', why: `${output.length} bytes`, outputs: [output] };
      } catch (error) {
        return { ended: codeOf(error), why: messageOf(error), outputs: [] };
      } finally {
        await rm(path);
      }
    },
    async honestWrong() {
      try {
        const { output } = await runner.run(honest.key, encodeFloats([1, 10]), never);
        const answer = decodeFloats(output).join();
        return answer === '21,43' ? undefined : answer;
      } catch (error) {
        return messageOf(error);
      }
    },
    close: () => runner.close(),
  };
}

function clamped(type: Exclude<ElementType, 'float32'>, number: number): number {
  const [low, high] = integerRange[type];
  return Math.min(Math.max(number, low), high);
}
