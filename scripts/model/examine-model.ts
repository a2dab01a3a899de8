import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createOnnxRunner, type LoadedModel } from '../../workers/inference/model-runner.ts';
import { vetModel } from '../../workers/inference/model-vetting.ts';
import type { BoundTensor } from '../../workers/inference/tensor-layout.ts';
import { contentIdOf, sha256Of, type ContentId } from '../../workers/protocol/content-id.ts';
import type { Hex32 } from '../../workers/protocol/ids.ts';
import type { Clock } from '../../workers/runtime/clock.ts';
import { messageOf, RemitError } from '../../workers/runtime/errors.ts';
import type { Logger } from '../../workers/runtime/logger.ts';

/** A model file that was vetted, loaded and run once. */
export interface ExaminedModel {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: Hex32;
  readonly contentId: ContentId;
  readonly loaded: LoadedModel;
  readonly inputs: readonly BoundTensor[];
  /** As a run gave them: files name output dimensions freely, and some wrongly. */
  readonly outputs: readonly BoundTensor[];
}

export interface ExamineOptions {
  readonly file: string;
  /** Sizes of dynamic dimensions by name; absent ones are 1. */
  readonly bindings?: Readonly<Record<string, number>>;
}

export interface ExamineDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The bytes of a model file, as they are. @throws RemitError `MODEL_FILE_UNREADABLE` */
export async function readModelFile(file: string): Promise<{ readonly path: string; readonly bytes: Uint8Array }> {
  const path = resolve(file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  return { path, bytes };
}

/** @throws RemitError `MODEL_FILE_UNREADABLE`, every `MODEL_…` code of vetting and of the runner, `INPUT_SHAPE` for a dimension that does not exist */
export async function examineModel({ file, bindings = {} }: ExamineOptions, deps: ExamineDeps): Promise<ExaminedModel> {
  const { path, bytes } = await readModelFile(file);
  // In this process first: a refused file is never handed to the engine.
  vetModel(bytes);
  const digest = sha256Of(bytes);
  const runner = await createOnnxRunner({ provider: 'cpu', batch: { maxSize: 1, maxDelayMs: 0 } }, deps);
  try {
    const loaded = await runner.load({ key: digest.slice(2), path, bindings });
    const { inputs, outputs } = loaded.layout;
    if (!outputs) throw unsized(path);
    return { path, bytes, digest, contentId: contentIdOf(digest), loaded, inputs, outputs };
  } finally {
    await runner.close();
  }
}

function unreadable(path: string, cause: unknown): RemitError {
  return new RemitError({
    code: 'MODEL_FILE_UNREADABLE',
    message: `${path} cannot be read: ${messageOf(cause)}`,
    fix: 'check the path and that this user may read it',
    context: { path },
    cause,
  });
}

function unsized(path: string): RemitError {
  return new RemitError({
    code: 'MODEL_OUTPUT_UNSIZED',
    message: `the output of ${path} has no fixed size`,
    fix: 'export the model with fixed output shapes: a job is one input vector and one output vector of known lengths',
    context: { path },
  });
}
